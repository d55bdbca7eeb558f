// A wire with two ends: latency, bandwidth, a bounded queue at each end, and what real wires do to frames: lose them, pass one
// before another, deliver one twice. What happens to a frame depends on the seed and on the order of sending alone.
//
// The link has no clock. `send` is told the time; `nextEvent` says when the next frame arrives; `advance(now)` delivers all that
// are due, in order of time, each with its own time of arrival. Each end can be asked alone, for two machines whose clocks do not
// stand at the same time (machine-pair.ts): what happens in one direction does not depend on the other.

import type { Random } from '../kernel/net/ip/environment.ts';
import { seededRandom } from '../kernel/net/ip/environment.ts';
import { NANOSECONDS_PER_SECOND } from '../kernel/net/ip/settings.ts';

export interface LinkOptions {
  /** Propagation delay, nanoseconds. */
  readonly latency?: number;
  /** Bits per second; Infinity: a frame takes no time to send. */
  readonly bandwidth?: number;
  /** Bytes that may wait at one end for the wire to be free; more are dropped. */
  readonly queueBytes?: number;
  /** Frames on their way in one direction; more are dropped. It bounds a link of infinite bandwidth. */
  readonly maxFrames?: number;
  /** Probabilities, 0 to 1. */
  readonly loss?: number;
  readonly reorder?: number;
  readonly duplicate?: number;
  /** A reordered frame arrives up to so many nanoseconds later than its turn. */
  readonly reorderDelay?: number;
  readonly seed?: number;
}

/** Preamble, start delimiter, frame check sequence and gap that a frame takes on Ethernet beside its bytes (IEEE 802.3). */
const ETHERNET_OVERHEAD_BYTES = 24;

export type FrameReceiver = (frame: Uint8Array, now: number) => void;

interface Flight {
  readonly at: number;
  readonly order: number;
  readonly frame: Uint8Array;
}

export interface PortStatistics {
  sentFrames: number;
  sentBytes: number;
  receivedFrames: number;
  droppedFull: number;
  lost: number;
  reordered: number;
  duplicated: number;
}

/** One end of a link. */
export class LinkPort {
  readonly link: Link;
  /** Takes the frames that arrive; they must not be changed. */
  onFrame: FrameReceiver | null = null;
  /** When the wire is free for the next frame from here. */
  freeAt = 0;
  readonly random: Random;
  /** Frames on their way to this end. */
  readonly arrivals = new FlightHeap();
  readonly statistics: PortStatistics = {
    sentFrames: 0,
    sentBytes: 0,
    receivedFrames: 0,
    droppedFull: 0,
    lost: 0,
    reordered: 0,
    duplicated: 0,
  };

  constructor(link: Link, random: Random) {
    this.link = link;
    this.random = random;
  }

  /** Sends a frame at `now`; its bytes are copied. False if the queue was full and it was dropped. */
  send(frame: Uint8Array, now: number): boolean {
    return this.link.send(this, frame, now);
  }

  /** When the next frame arrives at this end. */
  nextEvent(): number {
    return this.arrivals.next();
  }

  /** Delivers the frames that arrive at this end up to `now`. */
  advance(now: number): void {
    while (this.arrivals.next() <= now) this.deliverNext();
  }

  deliverNext(): void {
    const flight = this.arrivals.pop();
    if (flight === undefined || !this.link.connected) return;
    this.statistics.receivedFrames += 1;
    this.onFrame?.(flight.frame, flight.at);
  }
}

export class Link {
  readonly a: LinkPort;
  readonly b: LinkPort;
  /** Pulled out: everything sent or arriving is lost. */
  connected = true;
  readonly #latency: number;
  readonly #bandwidth: number;
  readonly #queueBytes: number;
  readonly #maxFrames: number;
  readonly #loss: number;
  readonly #reorder: number;
  readonly #duplicate: number;
  readonly #reorderDelay: number;
  #order = 0;

  constructor(options: LinkOptions = {}) {
    this.#latency = options.latency ?? 50_000;
    this.#bandwidth = options.bandwidth ?? 1e9;
    this.#queueBytes = options.queueBytes ?? 1 << 20;
    this.#maxFrames = options.maxFrames ?? 65536;
    this.#loss = options.loss ?? 0;
    this.#reorder = options.reorder ?? 0;
    this.#duplicate = options.duplicate ?? 0;
    this.#reorderDelay = options.reorderDelay ?? this.#latency * 4;
    const seed = (options.seed ?? 1) * 2;
    this.a = new LinkPort(this, seededRandom(seed));
    this.b = new LinkPort(this, seededRandom(seed + 1));
  }

  /** Frames on their way in both directions. */
  get inFlight(): number {
    return this.a.arrivals.size + this.b.arrivals.size;
  }

  /** When the next frame arrives, Infinity if none is on its way. */
  nextEvent(): number {
    return Math.min(this.a.nextEvent(), this.b.nextEvent());
  }

  /** Delivers the frames that arrive up to `now`. What the receivers send in turn is delivered too if it arrives by then. */
  advance(now: number): void {
    while (this.nextEvent() <= now) this.deliverNext();
  }

  /** Delivers the one frame that arrives next, of two at once the one sent first. */
  deliverNext(): void {
    if (this.a.arrivals.isBefore(this.b.arrivals)) this.a.deliverNext();
    else this.b.deliverNext();
  }

  send(from: LinkPort, frame: Uint8Array, now: number): boolean {
    const { statistics, random } = from;
    const to = from === this.a ? this.b : this.a;
    const bits = (frame.length + ETHERNET_OVERHEAD_BYTES) * 8;
    const waiting = ((Math.max(from.freeAt - now, 0) / NANOSECONDS_PER_SECOND) * this.#bandwidth) / 8;
    if ((waiting > 0 && waiting + frame.length > this.#queueBytes) || to.arrivals.size >= this.#maxFrames) {
      statistics.droppedFull += 1;
      return false;
    }
    statistics.sentFrames += 1;
    statistics.sentBytes += frame.length;
    const begin = Math.max(from.freeAt, now);
    const time = this.#bandwidth === Infinity ? 0 : Math.ceil((bits * NANOSECONDS_PER_SECOND) / this.#bandwidth);
    from.freeAt = begin + time;
    if (!this.connected || happens(random, this.#loss)) {
      statistics.lost += 1;
      return true;
    }
    let arrival = begin + time + this.#latency;
    if (happens(random, this.#reorder)) {
      statistics.reordered += 1;
      arrival += random() % (this.#reorderDelay + 1);
    }
    const bytes = frame.slice();
    this.#order += 1;
    to.arrivals.push({ at: arrival, order: this.#order, frame: bytes });
    if (happens(random, this.#duplicate)) {
      statistics.duplicated += 1;
      this.#order += 1;
      to.arrivals.push({ at: arrival, order: this.#order, frame: bytes });
    }
    return true;
  }
}

/** Frames in order of arrival, of two at once the one sent first: a binary heap. */
class FlightHeap {
  readonly #heap: Flight[] = [];

  get size(): number {
    return this.#heap.length;
  }

  next(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  isBefore(other: FlightHeap): boolean {
    const mine = this.#heap[0];
    const theirs = other.#heap[0];
    return mine !== undefined && (theirs === undefined || isBefore(mine, theirs));
  }

  push(flight: Flight): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(flight);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(flight, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = flight;
  }

  pop(): Flight | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}

function happens(random: Random, probability: number): boolean {
  return probability > 0 && random() < probability * 2 ** 32;
}

function isBefore(a: Flight, b: Flight): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
