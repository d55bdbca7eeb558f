// A machine's state as bytes: the architectural and timing state at the bottom of linear memory, then every page of RAM that
// is not all zero, with its number. Speed structures are left out; they are rebuilt.

import { RAM, TIMING_END } from './layout.ts';

const MAGIC = 0x31584359; // "CYX1"
const PAGE = 4096;

export function packState(memory: ArrayBuffer, ramBytes: number): Uint8Array {
  const words = new BigUint64Array(memory, RAM, ramBytes / 8);
  const pages: number[] = [];
  for (let page = 0; page < ramBytes / PAGE; page++) {
    const first = page * (PAGE / 8);
    for (let index = first; index < first + PAGE / 8; index++) {
      if (words[index] !== 0n) {
        pages.push(page);
        break;
      }
    }
  }
  const state = new Uint8Array(12 + TIMING_END + pages.length * (4 + PAGE));
  const view = new DataView(state.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, ramBytes, true);
  view.setUint32(8, pages.length, true);
  state.set(new Uint8Array(memory, 0, TIMING_END), 12);
  let offset = 12 + TIMING_END;
  for (const page of pages) {
    view.setUint32(offset, page, true);
    state.set(new Uint8Array(memory, RAM + page * PAGE, PAGE), offset + 4);
    offset += 4 + PAGE;
  }
  return state;
}

export function unpackState(memory: ArrayBuffer, ramBytes: number, state: Uint8Array): void {
  const view = new DataView(state.buffer, state.byteOffset, state.byteLength);
  if (state.length < 12 || view.getUint32(0, true) !== MAGIC) throw new RangeError('not a state of a machine');
  if (view.getUint32(4, true) !== ramBytes % 2 ** 32)
    throw new RangeError('a state of a machine with another RAM size');
  const count = view.getUint32(8, true);
  if (state.length !== 12 + TIMING_END + count * (4 + PAGE)) throw new RangeError('a machine state cut short');
  new Uint8Array(memory, 0, TIMING_END).set(state.subarray(12, 12 + TIMING_END));
  new Uint8Array(memory, RAM, ramBytes).fill(0);
  let offset = 12 + TIMING_END;
  for (let index = 0; index < count; index++) {
    const page = view.getUint32(offset, true);
    new Uint8Array(memory, RAM + page * PAGE, PAGE).set(state.subarray(offset + 4, offset + 4 + PAGE));
    offset += 4 + PAGE;
  }
}
