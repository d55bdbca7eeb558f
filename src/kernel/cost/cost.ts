// The only three ways to charge ring-0 work (DESIGN section 6): execute, touch, copy/zero. All go through the machine's
// caches and TLBs. Work that is not charged is a wrong measurement.

import type { Machine } from '../../machine/machine.ts';
import type { TextLayout } from './layout.ts';
import type { Routine } from './routine.ts';

/** A user buffer already resolved to one page piece: where the program sees it and where its bytes are. */
export interface UserPiece {
  readonly virtual: number;
  readonly physical: number;
}

export class Cost {
  readonly #machine: Machine;
  readonly #layout: TextLayout;
  /** Called with each charged routine when a profile is taken; null costs nothing. */
  onExecute: ((routine: Routine, units: number) => void) | null = null;

  constructor(machine: Machine, layout: TextLayout) {
    this.#machine = machine;
    this.#layout = layout;
  }

  /** Runs `units` units of a routine: its lines through L1I once, `units × instructions` retired in ring 0. */
  execute(routine: Routine, units = 1): void {
    if (units <= 0) return;
    const place = this.#layout.place(routine);
    this.#machine.chargeExecute(place.address, place.bytes, Math.round(routine.instructions * units));
    if (this.onExecute !== null) this.onExecute(routine, units);
  }

  /** A kernel object's lines go through L1D. `address` is the object's guest physical address (a slab's). */
  touch(address: number, bytes: number, access: 'read' | 'write' = 'read'): void {
    this.#machine.chargeTouch(address, bytes, access === 'write');
  }

  /** Moves bytes between two places of guest RAM and charges it, line by line. Both within one page. */
  copy(destination: number, source: number, bytes: number): void {
    if (bytes <= 0) return;
    this.#machine.ram.copy(destination, source, bytes);
    this.#machine.chargeTouch(source, bytes, false);
    this.#machine.chargeTouch(destination, bytes, true);
    this.execute(this.#layout.copyRoutine, bytes);
  }

  /** copy_from_user / copy_to_user of one piece: the user side goes through the DTLB by its user address. */
  copyFromUser(destination: number, source: UserPiece, bytes: number): void {
    if (bytes <= 0) return;
    this.#machine.ram.copy(destination, source.physical, bytes);
    this.#machine.chargeTouchUser(source.virtual, source.physical, bytes, false);
    this.#machine.chargeTouch(destination, bytes, true);
    this.execute(this.#layout.userCopyRoutine, bytes);
  }

  copyToUser(destination: UserPiece, source: number, bytes: number): void {
    if (bytes <= 0) return;
    this.#machine.ram.copy(destination.physical, source, bytes);
    this.#machine.chargeTouch(source, bytes, false);
    this.#machine.chargeTouchUser(destination.virtual, destination.physical, bytes, true);
    this.execute(this.#layout.userCopyRoutine, bytes);
  }

  /** Bytes that are made on the host (a /proc text, a structure) go out to the user's page. */
  touchUser(piece: UserPiece, bytes: number, access: 'read' | 'write'): void {
    if (bytes <= 0) return;
    this.#machine.chargeTouchUser(piece.virtual, piece.physical, bytes, access === 'write');
    this.execute(this.#layout.userCopyRoutine, bytes);
  }

  /** As `touchUser`, without the object: `bytes` bytes within one page. */
  touchUserAt(virtual: number, physical: number, bytes: number, write: boolean): void {
    this.#machine.chargeTouchUser(virtual, physical, bytes, write);
    this.execute(this.#layout.userCopyRoutine, bytes);
  }

  /** clear_user of one piece. */
  zeroUser(piece: UserPiece, bytes: number): void {
    if (bytes <= 0) return;
    this.#machine.ram.fill(piece.physical, bytes, 0);
    this.#machine.chargeTouchUser(piece.virtual, piece.physical, bytes, true);
    this.execute(this.#layout.userZeroRoutine, bytes);
  }

  /** Clears bytes of guest RAM (clear_page). */
  zero(address: number, bytes: number): void {
    if (bytes <= 0) return;
    this.#machine.ram.fill(address, bytes, 0);
    this.#machine.chargeTouch(address, bytes, true);
    this.execute(this.#layout.zeroRoutine, bytes);
  }
}
