// Putting IPv4 fragments together (RFC 791 section 3.2, RFC 815). Bounded by bytes, queues and time; when a bound is reached
// the oldest queue is given up. A fragment that overlaps another without being its copy ends its queue, as Linux does
// (RFC 5722's rule, CVE-2018-5391).

import type { NetworkStack } from '../stack.ts';
import { checksum } from './checksum.ts';
import { copyBytes, NetworkWork } from './environment.ts';
import { FLAG_MORE_FRAGMENTS, FRAGMENT_OFFSET_MASK, MAX_IP_BYTES } from './ipv4.ts';
import type { PacketBuffer } from './packet.ts';
import { read16, read32, write16 } from './packet.ts';
import type { Timer, TimerOwner } from './timer-queue.ts';

class FragmentQueue implements TimerOwner {
  readonly owner: Reassembly;
  readonly key: string;
  readonly timer: Timer;
  /** In order of offset, without overlap. */
  readonly fragments: { offset: number; bytes: number; packet: PacketBuffer }[] = [];
  bytes = 0;
  /** Payload bytes of the whole, once the last fragment came; -1 before. */
  total = -1;

  constructor(owner: Reassembly, key: string, timer: (queue: FragmentQueue) => Timer) {
    this.owner = owner;
    this.key = key;
    this.timer = timer(this);
  }

  onTimer(): void {
    this.owner.expire(this);
  }
}

export class Reassembly {
  readonly #stack: NetworkStack;
  readonly #queues = new Map<string, FragmentQueue>();
  #bytes = 0;

  constructor(stack: NetworkStack) {
    this.#stack = stack;
  }

  get queues(): number {
    return this.#queues.size;
  }

  /** True memory held by waiting fragments, bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a fragment (owns it); returns the whole packet when it completes one, with `network` and `start` at its header. */
  add(packet: PacketBuffer): PacketBuffer | null {
    const stack = this.#stack;
    const counters = stack.counters.ip;
    counters.ReasmReqds += 1;
    stack.charge(NetworkWork.ipFragment, 1, packet);
    const { data, network } = packet;
    const headerBytes = (data[network]! & 15) * 4;
    const field = read16(data, network + 6);
    const offset = (field & FRAGMENT_OFFSET_MASK) * 8;
    const bytes = packet.end - network - headerBytes;
    const more = (field & FLAG_MORE_FRAGMENTS) !== 0;
    if (bytes <= 0 || (more && bytes % 8 !== 0) || offset + bytes + headerBytes > MAX_IP_BYTES) {
      counters.ReasmFails += 1;
      stack.release(packet);
      return null;
    }
    const key = `${read32(data, network + 12)} ${read32(data, network + 16)} ${read16(data, network + 4)} ${data[network + 9]}`;
    const queue = this.#queues.get(key) ?? this.#create(key);
    if (!insert(queue, offset, bytes, more, packet)) {
      const copy = queue.fragments.some((entry) => entry.offset === offset && entry.bytes === bytes);
      stack.release(packet);
      if (!copy) this.#fail(queue);
      return null;
    }
    queue.bytes += packet.trueSize;
    this.#bytes += packet.trueSize;
    const held = queue.fragments.reduce((sum, entry) => sum + entry.bytes, 0);
    if (held === queue.total) return this.#join(queue);
    while (this.#bytes > stack.settings.ipFragmentHighThreshold) {
      const oldest = this.#queues.values().next();
      if (oldest.done === true) break;
      this.#fail(oldest.value);
    }
    return null;
  }

  expire(queue: FragmentQueue): void {
    this.#stack.counters.ip.ReasmTimeout += 1;
    this.#fail(queue);
  }

  #create(key: string): FragmentQueue {
    const stack = this.#stack;
    if (this.#queues.size >= stack.settings.ipFragmentQueues) {
      const oldest = this.#queues.values().next();
      if (oldest.done !== true) this.#fail(oldest.value);
    }
    const queue = new FragmentQueue(this, key, (owner) => stack.timers.create(owner, 0));
    stack.timers.arm(queue.timer, stack.clock.now() + stack.settings.ipFragmentTime);
    this.#queues.set(key, queue);
    return queue;
  }

  #fail(queue: FragmentQueue): void {
    this.#stack.counters.ip.ReasmFails += 1;
    this.#destroy(queue);
  }

  #destroy(queue: FragmentQueue): void {
    this.#queues.delete(queue.key);
    this.#stack.timers.destroy(queue.timer);
    this.#bytes -= queue.bytes;
    for (const entry of queue.fragments) this.#stack.release(entry.packet);
  }

  #join(queue: FragmentQueue): PacketBuffer | null {
    const stack = this.#stack;
    const first = queue.fragments[0]!.packet;
    const headerBytes = (first.data[first.network]! & 15) * 4;
    const whole = stack.allocate(headerBytes + queue.total);
    if (whole === null) {
      this.#fail(queue);
      return null;
    }
    whole.networkInterface = first.networkInterface;
    whole.network = whole.start;
    whole.end = whole.start + headerBytes + queue.total;
    copyBytes(whole.data, whole.start, first.data, first.network, headerBytes);
    write16(whole.data, whole.start + 2, headerBytes + queue.total);
    write16(whole.data, whole.start + 6, 0);
    write16(whole.data, whole.start + 10, 0);
    write16(whole.data, whole.start + 10, checksum(whole.data, whole.start, headerBytes));
    for (const { offset, bytes, packet } of queue.fragments) {
      copyBytes(whole.data, whole.start + headerBytes + offset, packet.data, packet.end - bytes, bytes);
    }
    stack.charge(NetworkWork.copyBytes, queue.total, whole);
    stack.counters.ip.ReasmOKs += 1;
    this.#destroy(queue);
    return whole;
  }
}

/** Puts a fragment into its place; false if it overlaps another, or contradicts the total length. */
function insert(queue: FragmentQueue, offset: number, bytes: number, more: boolean, packet: PacketBuffer): boolean {
  const end = offset + bytes;
  const last = queue.fragments[queue.fragments.length - 1];
  if (more ? queue.total >= 0 && end > queue.total : queue.total >= 0 && queue.total !== end) return false;
  if (!more && last !== undefined && last.offset + last.bytes > end) return false;
  let at = queue.fragments.length;
  while (at > 0 && queue.fragments[at - 1]!.offset >= offset) at -= 1;
  const before = queue.fragments[at - 1];
  const after = queue.fragments[at];
  if (before !== undefined && before.offset + before.bytes > offset) return false;
  if (after !== undefined && after.offset < end) return false;
  queue.fragments.splice(at, 0, { offset, bytes, packet });
  if (!more) queue.total = end;
  return true;
}
