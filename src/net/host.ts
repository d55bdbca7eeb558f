// A host at the end of a wire: a network stack of its own, whose clock stands at the time of the event in hand. The load
// generator and the host gateway are such hosts; so is the peer in tests.
//
// Readiness is gathered while the stack works and handed out when it is done, so that `onReady` may call endpoints freely.

import { formatMac, type MacAddress, parseAddress } from '../kernel/net/ip/address.ts';
import type { Endpoint } from '../kernel/net/ip/environment.ts';
import { seededRandom } from '../kernel/net/ip/environment.ts';
import { NetworkInterface } from '../kernel/net/ip/interface.ts';
import type { NetworkSettings } from '../kernel/net/ip/settings.ts';
import { NetworkStack } from '../kernel/net/stack.ts';
import type { LinkPort } from './link.ts';

/** QEMU's user networking, which people know: the guest is 10.0.2.15, the world 10.0.2.2. */
export const GUEST_ADDRESS = parseAddress('10.0.2.15');
export const GATEWAY_ADDRESS = parseAddress('10.0.2.2');
export const NETWORK_PREFIX = 24;
export const GUEST_MAC: MacAddress = Uint8Array.of(0x52, 0x54, 0x00, 0x12, 0x34, 0x56);
export const GATEWAY_MAC: MacAddress = Uint8Array.of(0x52, 0x55, 0x0a, 0x00, 0x02, 0x02);

/** Something on the wire that acts at times of its own. */
export interface WireParticipant {
  /** When it acts next, guest nanoseconds; Infinity if it waits for others. */
  nextEvent(): number;
  /** Does what is due at `now`, which is `nextEvent()` or earlier. */
  advance(now: number): void;
}

export interface HostOptions {
  readonly port: LinkPort;
  readonly address: number;
  readonly mac: MacAddress;
  readonly prefixLength?: number;
  /** Default route, if any. */
  readonly gateway?: number;
  readonly mtu?: number;
  readonly seed?: number;
  readonly settings?: Partial<NetworkSettings>;
  /** Called with each endpoint whose readiness changed, after the stack has done its work. */
  readonly onReady?: (endpoint: Endpoint, events: number) => void;
}

export class Host implements WireParticipant {
  readonly stack: NetworkStack;
  readonly networkInterface: NetworkInterface;
  readonly #ready = new Map<Endpoint, number>();
  readonly #onReady: ((endpoint: Endpoint, events: number) => void) | null;
  #time = 0;

  constructor(options: HostOptions) {
    const { port } = options;
    this.#onReady = options.onReady ?? null;
    const onReady = this.#onReady;
    this.stack = new NetworkStack({
      clock: { now: () => this.#time },
      random: seededRandom(options.seed ?? 1),
      ...(options.settings === undefined ? {} : { settings: options.settings }),
      hooks:
        onReady === null
          ? {}
          : { wake: (endpoint, events) => this.#ready.set(endpoint, (this.#ready.get(endpoint) ?? 0) | events) },
    });
    this.networkInterface = new NetworkInterface({
      name: 'eth0',
      mac: options.mac,
      mtu: options.mtu ?? 1500,
      addresses: [{ address: options.address, prefixLength: options.prefixLength ?? NETWORK_PREFIX }],
      transmit: (packet) => {
        const sent = port.send(packet.view(), this.#time);
        if (sent) this.stack.release(packet);
        return sent;
      },
    });
    this.stack.addInterface(this.networkInterface);
    if (options.gateway !== undefined) this.stack.addGateway(0, 0, options.gateway, this.networkInterface);
    port.onFrame = (frame, now) => {
      this.setTime(now);
      this.stack.inputFrame(this.networkInterface, frame);
      this.settle();
    };
  }

  get now(): number {
    return this.#time;
  }

  /** Moves the clock forward; every call from outside must say what time it is. */
  setTime(now: number): void {
    if (now > this.#time) this.#time = now;
  }

  nextEvent(): number {
    return this.stack.nextDeadline();
  }

  advance(now: number): void {
    this.setTime(now);
    this.stack.onTimer(now);
    this.settle();
  }

  /** Hands out the readiness gathered; call it after using endpoints from outside. */
  settle(): void {
    const onReady = this.#onReady;
    if (onReady === null) return;
    while (this.#ready.size > 0) {
      const batch = [...this.#ready];
      this.#ready.clear();
      for (const [endpoint, events] of batch) onReady(endpoint, events);
    }
  }

  toString(): string {
    return `host ${formatMac(this.networkInterface.mac)}`;
  }
}
