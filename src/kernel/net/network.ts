// The kernel's network: the stack with the kernel around it. Packet memory is guest RAM, its clock the guest's, its work is
// charged, its timers are kernel timers, and its endpoints wake the sockets that own them.

import { networkRoutines } from '../cost/routines/net.ts';
import type { Kernel } from '../kernel.ts';
import { KernelTimer, type TimerOwner } from '../process/timers.ts';
import type { BufferMemory, Endpoint, NetworkWorkPart } from './ip/environment.ts';
import { PacketBuffer } from './ip/packet.ts';
import {
  procArp,
  procDev,
  procNetstat,
  procRoute,
  procSnmp,
  procSockstat,
  procTcp,
  procUdp,
  type SocketIdentity,
} from './ip/proc.ts';
import type { Socket } from './sockets/socket.ts';
import { procUnix, UnixNames } from './sockets/unix-names.ts';
import { NetworkStack } from './stack.ts';

export class Network implements TimerOwner {
  readonly stack: NetworkStack;
  readonly unix = new UnixNames();
  /** Sockets of all families that are open: /proc/net/sockstat's "used". */
  sockets = 0;
  readonly #kernel: Kernel;
  readonly #timer: KernelTimer;
  readonly #capture: ((interfaceName: string, direction: 'in' | 'out', frame: Uint8Array) => void)[] = [];

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#timer = new KernelTimer(this);
    this.stack = new NetworkStack({
      clock: kernel,
      random: () => {
        const bytes = kernel.random(4);
        return (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0;
      },
      hooks: {
        charge: (part, units, subject) => this.#charge(part, units, subject),
        wake: (endpoint, events) => this.#wake(endpoint, events),
        newBuffer: (bytes) => this.#newBuffer(bytes),
        freeBuffer: (memory) => kernel.slabs.free(memory.address),
      },
    });
    this.#registerProcFiles();
  }

  /** Frames that pass the interfaces go to this listener too (--pcap). Checksums are then made in software, as on a real wire. */
  capture(listener: (interfaceName: string, direction: 'in' | 'out', frame: Uint8Array) => void): void {
    this.#capture.push(listener);
    this.stack.hooks.event = (networkInterface, direction, frame) => {
      for (const one of this.#capture) one(networkInterface.name, direction, frame);
    };
  }

  /** After anything that may have set a protocol timer: the kernel timer follows the stack's earliest one. */
  rearm(): void {
    const deadline = this.stack.nextDeadline();
    if (deadline !== this.#timer.deadline) this.#kernel.timers.set(this.#kernel, this.#timer, deadline);
  }

  timerExpired(kernel: Kernel): void {
    this.stack.onTimer(kernel.now());
    this.rearm();
  }

  #charge(part: NetworkWorkPart, units: number, subject: object | null): void {
    const { cost } = this.#kernel;
    cost.execute(networkRoutines[part], units);
    if (subject === null) return;
    if (subject instanceof PacketBuffer) {
      if (subject.storage.memory.address !== 0)
        cost.touch(subject.storage.memory.address + subject.start, Math.min(64, subject.end - subject.start));
    } else {
      const { owner } = subject as Endpoint;
      if (owner !== null && owner !== undefined) cost.touch((owner as Socket).address, 384, 'write');
    }
  }

  #wake(endpoint: Endpoint, events: number): void {
    const socket = endpoint.owner as Socket | null;
    if (socket !== null) socket.queue.wake(this.#kernel, events);
  }

  #newBuffer(bytes: number): BufferMemory | null {
    const address = this.#kernel.slabs.allocateBytes(bytes);
    return address === 0 ? null : { data: this.#kernel.machine.ram.slice(address, bytes), address };
  }

  #registerProcFiles(): void {
    const { procNet } = this.#kernel.vfs;
    const { stack } = this;
    const identity = (endpoint: Endpoint): SocketIdentity => {
      const file = (endpoint.owner as Socket | null)?.file ?? null;
      return file === null ? { uid: 0, inode: 0 } : { uid: file.inode.uid, inode: file.inode.number };
    };
    procNet.set('tcp', () => procTcp(stack, identity));
    procNet.set('udp', () => procUdp(stack, identity));
    procNet.set('dev', () => procDev(stack));
    procNet.set('route', () => procRoute(stack));
    procNet.set('arp', () => procArp(stack));
    procNet.set('snmp', () => procSnmp(stack));
    procNet.set('netstat', () => procNetstat(stack));
    procNet.set('sockstat', () => procSockstat(stack, this.sockets));
    procNet.set('unix', () => procUnix(this.unix));
  }
}
