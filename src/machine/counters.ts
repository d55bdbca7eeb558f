// Names of the machine's counters (perf's names where perf has one) and how to read them. A counter only grows; a
// measurement is the difference of two readings. `:u` and `:k` are the rings' shares, the plain name is their sum. The parts
// issue, load-use, muldiv, fp, branch, fetch-miss, data-miss, tlb and trap add up to the cycles of their ring exactly.

import * as layout from './layout.ts';

const BANK = {
  cycles: layout.COUNT_CYCLES,
  instructions: layout.COUNT_INSTRUCTIONS,
  issue: layout.COUNT_ISSUE,
  'load-use': layout.COUNT_LOAD_USE,
  muldiv: layout.COUNT_MULDIV,
  fp: layout.COUNT_FP,
  branch: layout.COUNT_BRANCH,
  'fetch-miss': layout.COUNT_FETCH_MISS,
  'data-miss': layout.COUNT_DATA_MISS,
  tlb: layout.COUNT_TLB,
  trap: layout.COUNT_TRAP,
  'L1-icache-loads': layout.COUNT_L1I_LOADS,
  'L1-icache-load-misses': layout.COUNT_L1I_MISSES,
  'L1-dcache-loads': layout.COUNT_L1D_LOADS,
  'L1-dcache-load-misses': layout.COUNT_L1D_LOAD_MISSES,
  'L1-dcache-stores': layout.COUNT_L1D_STORES,
  'L1-dcache-store-misses': layout.COUNT_L1D_STORE_MISSES,
  'L1-dcache-writebacks': layout.COUNT_L1D_WRITEBACKS,
  'dTLB-load-misses': layout.COUNT_DTLB_LOAD_MISSES,
  'dTLB-store-misses': layout.COUNT_DTLB_STORE_MISSES,
  'iTLB-load-misses': layout.COUNT_ITLB_MISSES,
  'page-walks': layout.COUNT_WALKS,
  branches: layout.COUNT_BRANCHES,
  'branch-misses': layout.COUNT_BRANCH_MISSES,
  'LLC-loads': layout.COUNT_L2_LOADS,
  'LLC-load-misses': layout.COUNT_L2_MISSES,
} as const;

type BankName = keyof typeof BANK;
type TrapName = `trap-${number}` | `interrupt-${number}`;
export type CounterName = BankName | `${BankName}:u` | `${BankName}:k` | TrapName | 'idle-cycles';
export type Counters = Record<CounterName, number>;

export interface CounterReader {
  /** Every counter by name. */
  read(): Counters;
  get(name: CounterName): number;
}

/** The parts that the cycles of a ring are split into. */
export const CYCLE_PARTS = [
  'issue',
  'load-use',
  'muldiv',
  'fp',
  'branch',
  'fetch-miss',
  'data-miss',
  'tlb',
  'trap',
] as const satisfies readonly BankName[];

const EXCEPTIONS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 15];
const INTERRUPTS = [1, 5, 9];

/** Addresses whose u64 sum is the counter. */
function addresses(): Map<CounterName, readonly number[]> {
  const map = new Map<CounterName, readonly number[]>();
  const user = layout.COUNTERS;
  const kernel = layout.COUNTERS + layout.COUNTER_BANK_BYTES;
  for (const [name, offset] of Object.entries(BANK) as [BankName, number][]) {
    map.set(name, [user + offset, kernel + offset]);
    map.set(`${name}:u`, [user + offset]);
    map.set(`${name}:k`, [kernel + offset]);
  }
  for (const cause of EXCEPTIONS) map.set(`trap-${cause}`, [layout.TRAP_COUNTS + 8 * cause]);
  for (const cause of INTERRUPTS) map.set(`interrupt-${cause}`, [layout.TRAP_COUNTS + 256 + 8 * cause]);
  map.set('idle-cycles', [layout.IDLE_CYCLES]);
  return map;
}

const ADDRESSES = addresses();

export const COUNTER_NAMES: readonly CounterName[] = [...ADDRESSES.keys()];

export class MemoryCounters implements CounterReader {
  readonly #view: DataView;
  readonly #drain: () => void;

  /** `drain` moves what the hot loop still holds into the banks. */
  constructor(memory: ArrayBuffer, drain: () => void) {
    this.#view = new DataView(memory);
    this.#drain = drain;
  }

  #sum(places: readonly number[]): number {
    let sum = 0;
    for (const place of places) {
      sum += this.#view.getUint32(place, true) + this.#view.getUint32(place + 4, true) * 0x1_0000_0000;
    }
    return sum;
  }

  read(): Counters {
    this.#drain();
    const counters: Partial<Counters> = {};
    for (const [name, places] of ADDRESSES) counters[name] = this.#sum(places);
    return counters as Counters;
  }

  get(name: CounterName): number {
    this.#drain();
    const places = ADDRESSES.get(name);
    if (places === undefined) throw new RangeError(`no counter is named '${name}'`);
    return this.#sum(places);
  }
}
