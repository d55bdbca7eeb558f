// Driver of a virtio network card on virtio-mmio (VIRTIO 1.2, sections 4.2 and 5.1): one receive and one transmit queue, interrupts
// for received packets only; sent buffers are given back when the next packet is sent, as Linux's driver does.

import { driverRoutines } from '../cost/routines/drivers.ts';
import type { Kernel } from '../kernel.ts';
import type { BufferMemory } from '../net/ip/environment.ts';
import {
  IFF_BROADCAST,
  IFF_MULTICAST,
  IFF_RUNNING,
  IFF_UP,
  type InterfaceAddress,
  NetworkInterface,
} from '../net/ip/interface.ts';
import type { PacketBuffer } from '../net/ip/packet.ts';
import { requestInterrupt } from './plic.ts';
import { Virtqueue } from './virtqueue.ts';

const VIRTIO_BASE = 0x1000_1000;
const TRANSPORT_BYTES = 0x1000;
const MAGIC = 0x74726976;
const DEVICE_NETWORK = 1;
const STATUS_ACKNOWLEDGE = 1;
const STATUS_DRIVER = 2;
const STATUS_DRIVER_OK = 4;
const STATUS_FEATURES_OK = 8;
const VIRTIO_NET_F_MAC = 1 << 5;
const VIRTIO_F_VERSION_1_HIGH = 1; // bit 32
const REGISTER = {
  magic: 0x000,
  deviceId: 0x008,
  deviceFeatures: 0x010,
  deviceFeaturesSelect: 0x014,
  driverFeatures: 0x020,
  driverFeaturesSelect: 0x024,
  queueSelect: 0x030,
  queueSizeMax: 0x034,
  queueSize: 0x038,
  queueReady: 0x044,
  queueNotify: 0x050,
  interruptStatus: 0x060,
  interruptAcknowledge: 0x064,
  status: 0x070,
  queueDescriptors: 0x080,
  queueAvailable: 0x090,
  queueUsed: 0x0a0,
  configuration: 0x100,
} as const;

const RECEIVE_QUEUE = 0;
const TRANSMIT_QUEUE = 1;
const QUEUE_SIZE = 256;
/** struct virtio_net_hdr_v1 */
const HEADER_BYTES = 12;
const RECEIVE_BUFFER_BYTES = 2048;

export class VirtioNetDriver {
  readonly interface: NetworkInterface;
  readonly #kernel: Kernel;
  readonly #base: number;
  readonly #receive: Virtqueue<BufferMemory>;
  readonly #transmit: Virtqueue<PacketBuffer>;
  /** A header of zeros: no offload is asked for. */
  readonly #emptyHeader: number;

  /** Finds a network card on transport `index`, 0-7, and brings it up; null if there is none. */
  static probe(
    kernel: Kernel,
    index: number,
    name: string,
    addresses: readonly InterfaceAddress[],
  ): VirtioNetDriver | null {
    const { mmio } = kernel.machine;
    const base = VIRTIO_BASE + index * TRANSPORT_BYTES;
    if (mmio.load(base + REGISTER.magic, 4) !== MAGIC || mmio.load(base + REGISTER.deviceId, 4) !== DEVICE_NETWORK)
      return null;
    return new VirtioNetDriver(kernel, index, base, name, addresses);
  }

  private constructor(
    kernel: Kernel,
    index: number,
    base: number,
    name: string,
    addresses: readonly InterfaceAddress[],
  ) {
    this.#kernel = kernel;
    this.#base = base;
    this.#set(REGISTER.status, 0);
    this.#set(REGISTER.status, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
    this.#set(REGISTER.driverFeaturesSelect, 0);
    this.#set(REGISTER.driverFeatures, VIRTIO_NET_F_MAC);
    this.#set(REGISTER.driverFeaturesSelect, 1);
    this.#set(REGISTER.driverFeatures, VIRTIO_F_VERSION_1_HIGH);
    this.#set(REGISTER.status, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
    this.#receive = this.#queue<BufferMemory>(RECEIVE_QUEUE);
    this.#transmit = this.#queue<PacketBuffer>(TRANSMIT_QUEUE);
    this.#emptyHeader = kernel.slabs.allocateBytes(16);
    kernel.machine.ram.fill(this.#emptyHeader, 16, 0);
    this.#set(REGISTER.status, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
    while (this.#offerReceiveBuffer()) {}
    this.#notify(RECEIVE_QUEUE);

    const mac = Uint8Array.from({ length: 6 }, (_, byte) =>
      kernel.machine.mmio.load(base + REGISTER.configuration + byte, 1),
    );
    this.interface = new NetworkInterface({
      name,
      mac,
      mtu: 1500,
      flags: IFF_UP | IFF_RUNNING | IFF_BROADCAST | IFF_MULTICAST,
      addresses,
      transmit: (packet) => this.#send(packet),
    });
    kernel.network.stack.addInterface(this.interface);
    requestInterrupt(kernel, 1 + index, () => this.#interrupt());
  }

  #set(register: number, value: number): void {
    this.#kernel.machine.mmio.store(this.#base + register, 4, value);
  }

  #queue<Token>(number: number): Virtqueue<Token> {
    const queue = new Virtqueue<Token>(this.#kernel, QUEUE_SIZE);
    this.#set(REGISTER.queueSelect, number);
    this.#set(REGISTER.queueSize, queue.size);
    for (const [register, address] of [
      [REGISTER.queueDescriptors, queue.descriptors],
      [REGISTER.queueAvailable, queue.available],
      [REGISTER.queueUsed, queue.used],
    ] as const) {
      this.#set(register, address);
      this.#set(register + 4, 0);
    }
    this.#set(REGISTER.queueReady, 1);
    return queue;
  }

  #notify(queue: number): void {
    this.#set(REGISTER.queueNotify, queue);
  }

  #offerReceiveBuffer(): boolean {
    if (this.#receive.freeDescriptors === 0) return false;
    const address = this.#kernel.slabs.allocateBytes(RECEIVE_BUFFER_BYTES);
    if (address === 0) return false;
    const memory = { data: this.#kernel.machine.ram.slice(address, RECEIVE_BUFFER_BYTES), address };
    return this.#receive.add([{ address, bytes: RECEIVE_BUFFER_BYTES, writable: true }], memory);
  }

  /** The interrupt handler and its NAPI poll in one: takes every packet that is there. */
  #interrupt(): void {
    const { cost, machine, network } = this.#kernel;
    cost.execute(driverRoutines.virtnet_interrupt);
    machine.mmio.store(
      this.#base + REGISTER.interruptAcknowledge,
      4,
      machine.mmio.load(this.#base + REGISTER.interruptStatus, 4),
    );
    cost.execute(driverRoutines.virtnet_poll);
    let taken = 0;
    for (let done = this.#receive.take(); done !== null; done = this.#receive.take()) {
      taken += 1;
      cost.execute(driverRoutines.virtnet_receive);
      const { token, bytes } = done;
      if (bytes < HEADER_BYTES || bytes > RECEIVE_BUFFER_BYTES) {
        this.#kernel.slabs.free(token.address);
        this.interface.statistics.receiveErrors += 1;
        continue;
      }
      network.stack.input(this.interface, network.stack.adopt(token, HEADER_BYTES, bytes));
    }
    if (taken > 0) {
      while (this.#offerReceiveBuffer()) {}
      this.#notify(RECEIVE_QUEUE);
      network.rearm();
    }
  }

  #send(packet: PacketBuffer): boolean {
    const { cost, network } = this.#kernel;
    cost.execute(driverRoutines.virtnet_start_xmit);
    for (let done = this.#transmit.take(); done !== null; done = this.#transmit.take()) {
      cost.execute(driverRoutines.virtnet_free_old_xmit);
      network.stack.release(done.token);
    }
    const sent = this.#transmit.add(
      [
        { address: this.#emptyHeader, bytes: HEADER_BYTES, writable: false },
        { address: packet.storage.memory.address + packet.start, bytes: packet.end - packet.start, writable: false },
      ],
      packet,
    );
    if (sent) this.#notify(TRANSMIT_QUEUE);
    return sent;
  }
}
