// One argument of a system call as text, by its decoder; and the calls whose argument list depends on an argument's value.

import type { ArgumentDecoder, FlagTable } from '../../kernel/syscalls/decoders.ts';
import { enumeration, flags, hex, octal, pointer, quote, signalName } from './format.ts';
import type { PeekReader } from './memory.ts';
import { structPrinters } from './structs.ts';

export interface ArgumentContext {
  readonly memory: PeekReader;
  readonly args: readonly number[];
  readonly result: number | null;
  readonly stringLimit: number;
  /** Environment strings are counted, not printed. */
  readonly verbose: boolean;
}

const AT_FDCWD = -100;
const clocks = [
  'CLOCK_REALTIME',
  'CLOCK_MONOTONIC',
  'CLOCK_PROCESS_CPUTIME_ID',
  'CLOCK_THREAD_CPUTIME_ID',
  'CLOCK_MONOTONIC_RAW',
  'CLOCK_REALTIME_COARSE',
  'CLOCK_MONOTONIC_COARSE',
  'CLOCK_BOOTTIME',
];

const ioctlRequests: FlagTable = [
  [0x5401, 'TCGETS'],
  [0x5402, 'TCSETS'],
  [0x5403, 'TCSETSW'],
  [0x5404, 'TCSETSF'],
  [0x540e, 'TIOCSCTTY'],
  [0x540f, 'TIOCGPGRP'],
  [0x5410, 'TIOCSPGRP'],
  [0x5411, 'TIOCOUTQ'],
  [0x5413, 'TIOCGWINSZ'],
  [0x5414, 'TIOCSWINSZ'],
  [0x541b, 'FIONREAD'],
  [0x5421, 'FIONBIO'],
  [0x5422, 'TIOCNOTTY'],
  [0x5429, 'TIOCGSID'],
  [0x5450, 'FIONCLEX'],
  [0x5451, 'FIOCLEX'],
  [0x802c542a, 'TCGETS2'],
  [0x402c542b, 'TCSETS2'],
  [0x8910, 'SIOCGIFNAME'],
  [0x8912, 'SIOCGIFCONF'],
  [0x8913, 'SIOCGIFFLAGS'],
  [0x8915, 'SIOCGIFADDR'],
  [0x8927, 'SIOCGIFHWADDR'],
  [0x8933, 'SIOCGIFINDEX'],
];
const termiosRequests = new Set([0x5401, 0x5402, 0x5403, 0x5404]);
const windowRequests = new Set([0x5413, 0x5414]);
const intRequests = new Set([0x540f, 0x5410, 0x5411, 0x541b, 0x5421, 0x5429]);

/** True when the argument can be printed at the call's entry: strace writes everything up to the first that cannot. */
export function printableOnEntry(decoder: ArgumentDecoder, args: readonly number[]): boolean {
  if (decoder.kind === 'buffer') return decoder.direction === 'in';
  if (decoder.kind === 'struct') return decoder.direction !== 'out';
  if (decoder.kind === 'ioctl') return !readsTerminal(args[1] ?? 0);
  return true;
}

function readsTerminal(request: number): boolean {
  return [0x5401, 0x5413, 0x540f, 0x5411, 0x541b, 0x5429].includes(request);
}

export function formatArgument(decoder: ArgumentDecoder, index: number, context: ArgumentContext): string {
  const value = context.args[index] ?? 0;
  const failed = context.result !== null && context.result < 0;
  switch (decoder.kind) {
    case 'int':
    case 'pid':
    case 'fd':
      return String(value | 0);
    case 'unsigned':
      return String(value >>> 0);
    case 'uid':
      return String(value | 0);
    case 'long':
    case 'offset':
      return String(value);
    case 'size':
      return value < 0 ? String(BigInt.asUintN(64, BigInt(value))) : String(value);
    case 'hex':
      return value === 0 ? '0' : hex(value);
    case 'octal':
      return octal(value);
    case 'pointer':
      return pointer(value);
    case 'signal':
      return signalName(value | 0);
    case 'clock':
      return clocks[value] ?? hex(value);
    case 'dirfd':
      return (value | 0) === AT_FDCWD ? 'AT_FDCWD' : String(value | 0);
    case 'path':
    case 'string': {
      if (value === 0) return 'NULL';
      const text = context.memory.string(value);
      if (text === null) return pointer(value);
      return `${quote(text.bytes, decoder.kind === 'path' ? 4096 : context.stringLimit)}${text.complete ? '' : '...'}`;
    }
    case 'enumeration':
      return enumeration(value | 0, decoder.values, decoder.fallback);
    case 'flags':
      return flags(value, decoder.flags, decoder.zero ?? '0');
    case 'buffer': {
      if (value === 0) return 'NULL';
      if (decoder.direction === 'out' && failed) return pointer(value);
      const length = decoder.length === 'result' ? (context.result ?? 0) : (context.args[decoder.length.argument] ?? 0);
      const bytes = context.memory.bytes(value, Math.min(Math.max(length, 0), context.stringLimit + 1));
      return bytes === null ? pointer(value) : quote(bytes, context.stringLimit);
    }
    case 'struct': {
      if (value === 0) return 'NULL';
      if (decoder.direction === 'out' && failed) return pointer(value);
      return structPrinters[decoder.name](value, { ...context, index }) ?? pointer(value);
    }
    case 'stringArray':
      return formatStringArray(value, index, context);
    case 'ioctl':
      return formatIoctl(value, index, context);
  }
}

function formatStringArray(address: number, index: number, context: ArgumentContext): string {
  if (address === 0) return 'NULL';
  const items: string[] = [];
  let count = 0;
  for (; count < 4096; count++) {
    const item = context.memory.long(address + 8 * count);
    if (item === null) return pointer(address);
    if (item === 0) break;
    if (count < 32) {
      const text = context.memory.string(item);
      items.push(text === null ? pointer(item) : quote(text.bytes, context.stringLimit));
    }
  }
  // execve's environment is the second array.
  if (index >= 2 && !context.verbose) return `${pointer(address)} /* ${count} var${count === 1 ? '' : 's'} */`;
  return `[${items.join(', ')}${count > 32 ? ', ...' : ''}]`;
}

function formatIoctl(value: number, index: number, context: ArgumentContext): string {
  const request = (context.args[1] ?? 0) >>> 0;
  if (index === 1) return ioctlRequests.find(([number]) => number === request)?.[1] ?? hex(request);
  if (value === 0 || (context.result !== null && context.result < 0)) return pointer(value);
  const inner = { ...context, index };
  if (termiosRequests.has(request)) return structPrinters.termios(value, inner) ?? pointer(value);
  if (windowRequests.has(request)) return structPrinters.winsize(value, inner) ?? pointer(value);
  if (intRequests.has(request)) return structPrinters.int(value, inner) ?? pointer(value);
  return pointer(value);
}

const O_CREAT = 0o100;
const O_TMPFILE = 0o20000000;
const fcntlWithoutArgument = new Set([1, 3, 9, 11, 1032, 1034]); // F_GETFD, F_GETFL, F_GETOWN, F_GETSIG, F_GETPIPE_SZ, F_GET_SEALS
const futexOperations = [
  'FUTEX_WAIT',
  'FUTEX_WAKE',
  'FUTEX_FD',
  'FUTEX_REQUEUE',
  'FUTEX_CMP_REQUEUE',
  'FUTEX_WAKE_OP',
  'FUTEX_LOCK_PI',
  'FUTEX_UNLOCK_PI',
  'FUTEX_TRYLOCK_PI',
  'FUTEX_WAIT_BITSET',
  'FUTEX_WAKE_BITSET',
  'FUTEX_WAIT_REQUEUE_PI',
  'FUTEX_CMP_REQUEUE_PI',
  'FUTEX_LOCK_PI2',
];

const cloneFlags: FlagTable = [
  [0x100, 'CLONE_VM'],
  [0x200, 'CLONE_FS'],
  [0x400, 'CLONE_FILES'],
  [0x800, 'CLONE_SIGHAND'],
  [0x1000, 'CLONE_PIDFD'],
  [0x2000, 'CLONE_PTRACE'],
  [0x4000, 'CLONE_VFORK'],
  [0x8000, 'CLONE_PARENT'],
  [0x1_0000, 'CLONE_THREAD'],
  [0x2_0000, 'CLONE_NEWNS'],
  [0x4_0000, 'CLONE_SYSVSEM'],
  [0x8_0000, 'CLONE_SETTLS'],
  [0x10_0000, 'CLONE_PARENT_SETTID'],
  [0x20_0000, 'CLONE_CHILD_CLEARTID'],
  [0x40_0000, 'CLONE_DETACHED'],
  [0x100_0000, 'CLONE_CHILD_SETTID'],
];

/** Whole argument lists of calls that strace prints in a shape of their own; null: by the decoders. */
export function specialArguments(name: string, context: ArgumentContext): string[] | null {
  const { args, memory, result } = context;
  const at = (index: number): number => args[index] ?? 0;
  if (name === 'clone') {
    const bits = at(0) & ~0xff;
    const signal = at(0) & 0xff;
    const text = [bits === 0 ? '' : flags(bits, cloneFlags), signal === 0 ? '' : signalName(signal)]
      .filter((part) => part !== '')
      .join('|');
    const list = [`child_stack=${pointer(at(1))}`, `flags=${text === '' ? '0' : text}`];
    if ((bits & 0x10_0000) !== 0)
      list.push(
        `parent_tid=${(result !== null && memory.view(at(2), 4) !== null && `[${memory.view(at(2), 4)!.getInt32(0, true)}]`) || pointer(at(2))}`,
      );
    if ((bits & 0x8_0000) !== 0) list.push(`tls=${pointer(at(3))}`);
    if ((bits & 0x120_0000) !== 0) list.push(`child_tidptr=${pointer(at(4))}`);
    return list;
  }
  if (name === 'futex') {
    const operation = at(1) & 0x7f;
    const text = `${futexOperations[operation] ?? hex(operation)}${(at(1) & 128) !== 0 ? '_PRIVATE' : ''}${(at(1) & 256) !== 0 ? '|FUTEX_CLOCK_REALTIME' : ''}`;
    const list = [pointer(at(0)), text];
    const timeout = (index: number): string =>
      at(index) === 0 ? 'NULL' : (structPrinters.timespec(at(index), { ...context, index }) ?? pointer(at(index)));
    const bitset = (value: number): string =>
      value >>> 0 === 0xffff_ffff ? 'FUTEX_BITSET_MATCH_ANY' : hex(value >>> 0);
    const count = (value: number): string => ((value | 0) === 0x7fff_ffff ? '2147483647' : String(value | 0));
    if (operation === 0) list.push(String(at(2) | 0), timeout(3));
    else if (operation === 1) list.push(count(at(2)));
    else if (operation === 3) list.push(count(at(2)), count(at(3)), pointer(at(4)));
    else if (operation === 4 || operation === 12)
      list.push(count(at(2)), count(at(3)), pointer(at(4)), String(at(5) | 0));
    else if (operation === 5) list.push(count(at(2)), count(at(3)), pointer(at(4)), hex(at(5) >>> 0));
    else if (operation === 6 || operation === 13) list.push(timeout(3));
    else if (operation === 9) list.push(String(at(2) | 0), timeout(3), 'NULL', bitset(at(5)));
    else if (operation === 10) list.push(count(at(2)), 'NULL', 'NULL', bitset(at(5)));
    else if (operation === 11) list.push(String(at(2) | 0), timeout(3), pointer(at(4)));
    return list;
  }
  return null;
}

/** How many arguments the call has for these values: openat without O_CREAT has no mode, fcntl(F_GETFL) no third. */
export function argumentCount(name: string, args: readonly number[], declared: number): number {
  if (name === 'openat') return ((args[2] ?? 0) & (O_CREAT | O_TMPFILE)) !== 0 ? 4 : 3;
  if (name === 'fcntl') return fcntlWithoutArgument.has((args[1] ?? 0) | 0) ? 2 : 3;
  if (name === 'mremap') return ((args[3] ?? 0) & 2) !== 0 ? 5 : 4;
  return declared;
}
