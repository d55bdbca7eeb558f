// One argument of a system call as text, by its decoder (calls.ts has the calls that need more than that).

import { signalName } from '../../kernel/process/signals/numbers.ts';
import type { ArgumentDecoder, FlagTable } from '../../kernel/syscalls/decoders.ts';
import { enumeration, flags, hex, pointer, quote } from './format.ts';
import type { PeekReader } from './memory.ts';
import { structPrinters } from './structs.ts';

export interface ArgumentContext {
  readonly memory: PeekReader;
  readonly args: readonly number[];
  readonly result: number | null;
  readonly stringLimit: number;
  /** Environment strings are counted, not printed. */
  readonly verbose: boolean;
  /** Integers behind pointers as they were at entry, by argument: the lengths that accept(2) and getsockopt(2) change. */
  readonly entered?: ReadonlyMap<number, number>;
  /** The program's stack pointer at entry: rt_sigreturn(2) has no other argument. */
  readonly stackPointer?: number;
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

/** True when the argument can be printed at the call's entry. */
export function isInput(decoder: ArgumentDecoder, args: readonly number[]): boolean {
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
      return mode(value);
    case 'pointer':
      return pointer(value);
    case 'signal':
      return signalName(value | 0);
    case 'clock':
      return clocks[value] ?? `${hex(value)} /* CLOCK_??? */`;
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
      const before = context.entered?.get(index);
      const after = before === undefined || failed ? null : (context.memory.view(value, 4)?.getInt32(0, true) ?? null);
      if (before !== undefined) return after === null || after === before ? `[${before}]` : `[${before} => ${after}]`;
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
  if (index === 1) return ioctlRequests.find(([number]) => number === request)?.[1] ?? ioctlParts(request);
  if (value === 0 || (context.result !== null && context.result < 0)) return pointer(value);
  const inner = { ...context, index };
  if (termiosRequests.has(request)) return structPrinters.termios(value, inner) ?? pointer(value);
  if (windowRequests.has(request)) return structPrinters.winsize(value, inner) ?? pointer(value);
  if (intRequests.has(request)) return structPrinters.int(value, inner) ?? pointer(value);
  return pointer(value);
}

/** A request that has no name, by the fields of asm-generic/ioctl.h. */
function ioctlParts(request: number): string {
  const direction = flags(request >>> 30, [
    [0, '_IOC_NONE'],
    [2, '_IOC_READ'],
    [1, '_IOC_WRITE'],
  ]);
  const [type, number, size] = [(request >>> 8) & 0xff, request & 0xff, (request >>> 16) & 0x3fff].map(hexOrZero);
  return `_IOC(${direction}, ${type}, ${number}, ${size})`;
}

export function hexOrZero(value: number): string {
  return value === 0 ? '0' : hex(value);
}

/** Permission bits as strace has them: %#03o. */
function mode(value: number): string {
  return `0${value === 0 ? '' : value.toString(8)}`.padStart(3, '0');
}
