// Resource limits, getrlimit(2): a soft and a hard value for each resource of a process. Infinity is RLIM_INFINITY.
// Who enforces what: NOFILE fs/descriptors.ts; AS, DATA, STACK, MEMLOCK memory/; FSIZE fs/; NPROC process/clone.ts;
// CPU, RTTIME process/cpu-timers.ts; SIGPENDING process/signals/send.ts; NICE, RTPRIO syscalls/scheduling.ts; CORE: no core files are written.

export const RLIMIT_CPU = 0;
export const RLIMIT_FSIZE = 1;
export const RLIMIT_DATA = 2;
export const RLIMIT_STACK = 3;
export const RLIMIT_CORE = 4;
export const RLIMIT_RSS = 5;
export const RLIMIT_NPROC = 6;
export const RLIMIT_NOFILE = 7;
export const RLIMIT_MEMLOCK = 8;
export const RLIMIT_AS = 9;
export const RLIMIT_LOCKS = 10;
export const RLIMIT_SIGPENDING = 11;
export const RLIMIT_MSGQUEUE = 12;
export const RLIMIT_NICE = 13;
export const RLIMIT_RTPRIO = 14;
export const RLIMIT_RTTIME = 15;
export const RLIMIT_COUNT = 16;

export interface Limit {
  readonly soft: number;
  readonly hard: number;
}

/** Names and units of /proc/<pid>/limits, in its order. */
export const limitNames: readonly { readonly name: string; readonly unit: string }[] = [
  { name: 'Max cpu time', unit: 'seconds' },
  { name: 'Max file size', unit: 'bytes' },
  { name: 'Max data size', unit: 'bytes' },
  { name: 'Max stack size', unit: 'bytes' },
  { name: 'Max core file size', unit: 'bytes' },
  { name: 'Max resident set', unit: 'bytes' },
  { name: 'Max processes', unit: 'processes' },
  { name: 'Max open files', unit: 'files' },
  { name: 'Max locked memory', unit: 'bytes' },
  { name: 'Max address space', unit: 'bytes' },
  { name: 'Max file locks', unit: 'locks' },
  { name: 'Max pending signals', unit: 'signals' },
  { name: 'Max msgqueue size', unit: 'bytes' },
  { name: 'Max nice priority', unit: '' },
  { name: 'Max realtime priority', unit: '' },
  { name: 'Max realtime timeout', unit: 'us' },
];

/** fs.nr_open: no process may raise RLIMIT_NOFILE above it. */
export const NR_OPEN = 1_048_576;

export class Limits {
  readonly #values: Limit[];

  constructor(values: readonly Limit[]) {
    this.#values = [...values];
  }

  /** What init gets (include/asm-generic/resource.h); half of `maxTasks` processes, as fork_init sets it. */
  static initial(maxTasks: number): Limits {
    const unlimited: Limit = { soft: Infinity, hard: Infinity };
    const values: Limit[] = new Array(RLIMIT_COUNT).fill(unlimited);
    values[RLIMIT_STACK] = { soft: 8 * 1024 * 1024, hard: Infinity };
    values[RLIMIT_CORE] = { soft: 0, hard: Infinity };
    values[RLIMIT_NPROC] = { soft: maxTasks / 2, hard: maxTasks / 2 };
    values[RLIMIT_NOFILE] = { soft: 1024, hard: NR_OPEN };
    values[RLIMIT_MEMLOCK] = { soft: 8 * 1024 * 1024, hard: 8 * 1024 * 1024 };
    values[RLIMIT_SIGPENDING] = { soft: maxTasks / 2, hard: maxTasks / 2 };
    values[RLIMIT_MSGQUEUE] = { soft: 819_200, hard: 819_200 };
    values[RLIMIT_NICE] = { soft: 0, hard: 0 };
    values[RLIMIT_RTPRIO] = { soft: 0, hard: 0 };
    return new Limits(values);
  }

  get(resource: number): Limit {
    return this.#values[resource]!;
  }

  /** The soft value. */
  soft(resource: number): number {
    return this.#values[resource]!.soft;
  }

  set(resource: number, limit: Limit): void {
    this.#values[resource] = limit;
  }

  copy(): Limits {
    return new Limits(this.#values);
  }
}
