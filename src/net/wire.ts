// Several participants (links, hosts, a load generator) as one: always the earliest event first, ties in the order of joining.

import type { WireParticipant } from './host.ts';
import type { Link } from './link.ts';

export class Wire implements WireParticipant {
  readonly #links: Link[] = [];
  readonly #participants: WireParticipant[] = [];

  addLink(link: Link): void {
    this.#links.push(link);
  }

  add(participant: WireParticipant): void {
    this.#participants.push(participant);
  }

  nextEvent(): number {
    let earliest = Infinity;
    for (const link of this.#links) earliest = Math.min(earliest, link.nextEvent());
    for (const participant of this.#participants) earliest = Math.min(earliest, participant.nextEvent());
    return earliest;
  }

  /** Runs every event up to and including `now`, each at its own time. */
  advance(now: number): void {
    for (let at = this.nextEvent(); at <= now; at = this.nextEvent()) this.#step(at);
  }

  /** Runs until nothing is due before `limit`, or until `done` says so; returns the time reached. */
  runUntil(limit: number, done: () => boolean = () => false): number {
    let at = 0;
    while (!done()) {
      const next = this.nextEvent();
      if (next > limit) return limit;
      at = next;
      this.#step(at);
    }
    return at;
  }

  #step(at: number): void {
    for (const link of this.#links) {
      if (link.nextEvent() <= at) {
        link.deliverNext();
        return;
      }
    }
    for (const participant of this.#participants) {
      if (participant.nextEvent() <= at) {
        participant.advance(at);
        return;
      }
    }
  }
}
