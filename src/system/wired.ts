// A system on a wire: a virtio network card, a link, and what stands at its far end. Addresses are those of QEMU's user network.

import { VirtioNetDriver } from '../kernel/drivers/virtio-net.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { GATEWAY_ADDRESS, GUEST_ADDRESS, GUEST_MAC, NETWORK_PREFIX } from '../net/host.ts';
import { Link, type LinkOptions, type LinkPort } from '../net/link.ts';
import { VirtioNetDevice } from '../net/virtio-net-device.ts';
import { Wire } from '../net/wire.ts';

export interface Attachment {
  readonly wire: Wire;
  /** The far end's port of the link. */
  readonly port: LinkPort;
  readonly device: VirtioNetDevice;
}

export interface AttachOptions extends LinkOptions {
  readonly address?: number;
  readonly mac?: Uint8Array;
}

/** Plugs a card into the first transport, brings up eth0 with the default route, and registers the wire as an event source. */
export function attachNetwork(kernel: Kernel, options: AttachOptions = {}): Attachment {
  const link = new Link({ latency: 50_000, bandwidth: 1e9, ...options });
  const wire = new Wire();
  wire.addLink(link);
  const device = new VirtioNetDevice(kernel.machine, 0, options.mac ?? GUEST_MAC, link.a, wire);
  kernel.eventSources.push(device);
  const driver = VirtioNetDriver.probe(kernel, 0, 'eth0', [
    { address: options.address ?? GUEST_ADDRESS, prefixLength: NETWORK_PREFIX },
  ]);
  if (driver === null) throw new Error('the network card was not found');
  kernel.network.stack.addGateway(0, 0, GATEWAY_ADDRESS, driver.interface);
  return { wire, port: link.b, device };
}
