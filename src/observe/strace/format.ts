// How strace(1) writes single values: quoted strings, flags, pointers, errno results.

import { errnoTable } from '../../kernel/errno.ts';
import { signalName } from '../../kernel/process/signals/numbers.ts';
import type { FlagTable } from '../../kernel/syscalls/decoders.ts';

/** -s: the most bytes of a string that are printed. */
export const defaultStringLimit = 32;

const escapes: ReadonlyMap<number, string> = new Map([
  [0x22, '\\"'],
  [0x5c, '\\\\'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0b, '\\v'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
]);

/** Bytes in C's notation, octal for what is not printable, the shortest octal that the next byte allows. */
export function quote(bytes: Uint8Array, limit = defaultStringLimit): string {
  const shown = bytes.length > limit ? bytes.subarray(0, limit) : bytes;
  let text = '"';
  for (let i = 0; i < shown.length; i++) {
    const byte = shown[i]!;
    const escaped = escapes.get(byte);
    if (escaped !== undefined) text += escaped;
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else {
      const next = shown[i + 1] ?? 0;
      const digitFollows = next >= 0x30 && next <= 0x37;
      text += `\\${digitFollows ? byte.toString(8).padStart(3, '0') : byte.toString(8)}`;
    }
  }
  return `${text}"${bytes.length > limit ? '...' : ''}`;
}

export function pointer(value: number): string {
  return value === 0 ? 'NULL' : hex(value);
}

/** Unsigned 64-bit hexadecimal of a signed number. */
export function hex(value: number): string {
  return value < 0 ? `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}` : `0x${value.toString(16)}`;
}

export function octal(value: number): string {
  return value === 0 ? '0' : `0${value.toString(8)}`;
}

/** `O_RDWR|O_CREAT|0x1000`; `zero` is what no bit at all prints as. A zero-valued entry stands for "none of the field". */
export function flags(value: number, table: FlagTable, zero = '0'): string {
  let rest = BigInt.asUintN(32, BigInt(Math.trunc(value)));
  const names: string[] = [];
  let zeroName: string | undefined;
  for (const [bits, name] of table) {
    const mask = BigInt.asUintN(32, BigInt(bits));
    if (mask === 0n) zeroName ??= name;
    else if ((rest & mask) === mask) {
      names.push(name);
      rest &= ~mask;
    }
  }
  if (names.length === 0 && rest === 0n) return zeroName ?? zero;
  // An access mode of zero (O_RDONLY) is printed before the other flags.
  if (zeroName === 'O_RDONLY' && !names.some((name) => name === 'O_WRONLY' || name === 'O_RDWR'))
    names.unshift(zeroName);
  if (rest !== 0n) names.push(`0x${rest.toString(16)}`);
  return names.join('|');
}

export function enumeration(value: number, table: FlagTable, fallback: string): string {
  for (const [number, name] of table) if (number === value) return name;
  return `${hex(value)} /* ${fallback} */`;
}

/** What stands after `=`: a value, `-1 ENOENT (No such file or directory)`, or `?` for a call that does not return. */
export function errorResult(errno: number): string {
  const row = errnoTable.get(errno);
  return row === undefined ? `-1 (errno ${errno})` : `-1 ${row.name} (${row.text})`;
}

/** `[INT CHLD]`, `~[RTMIN RT_1]` where most bits are set, as strace prints sets. */
export function signalSet(set: bigint): string {
  const all = (1n << 64n) - 1n;
  let count = 0;
  for (let bits = set; bits !== 0n; bits >>= 1n) count += Number(bits & 1n);
  const inverted = count >= 32;
  const shown = inverted ? ~set & all : set;
  const names: string[] = [];
  for (let signal = 1; signal <= 64; signal++) {
    if (((shown >> BigInt(signal - 1)) & 1n) !== 0n) names.push(signalName(signal).replace(/^SIG/, ''));
  }
  return `${inverted ? '~' : ''}[${names.join(' ')}]`;
}

/** Signal codes of siginfo, sigaction(2): the general ones, then those that belong to a signal. */
export function signalCode(signal: number, code: number): string {
  const general: Record<number, string> = {
    0: 'SI_USER',
    128: 'SI_KERNEL',
    [-1]: 'SI_QUEUE',
    [-2]: 'SI_TIMER',
    [-3]: 'SI_MESGQ',
    [-4]: 'SI_ASYNCIO',
    [-5]: 'SI_SIGIO',
    [-6]: 'SI_TKILL',
  };
  const specific: Record<string, Record<number, string>> = {
    SIGILL: { 1: 'ILL_ILLOPC', 2: 'ILL_ILLOPN', 3: 'ILL_ILLADR', 4: 'ILL_ILLTRP', 5: 'ILL_PRVOPC' },
    SIGFPE: { 1: 'FPE_INTDIV', 2: 'FPE_INTOVF', 3: 'FPE_FLTDIV' },
    SIGSEGV: { 1: 'SEGV_MAPERR', 2: 'SEGV_ACCERR' },
    SIGBUS: { 1: 'BUS_ADRALN', 2: 'BUS_ADRERR', 3: 'BUS_OBJERR' },
    SIGTRAP: { 1: 'TRAP_BRKPT', 2: 'TRAP_TRACE' },
    SIGCHLD: {
      1: 'CLD_EXITED',
      2: 'CLD_KILLED',
      3: 'CLD_DUMPED',
      4: 'CLD_TRAPPED',
      5: 'CLD_STOPPED',
      6: 'CLD_CONTINUED',
    },
    SIGIO: { 1: 'POLL_IN', 2: 'POLL_OUT', 3: 'POLL_MSG', 4: 'POLL_ERR', 5: 'POLL_PRI', 6: 'POLL_HUP' },
  };
  return specific[signalName(signal)]?.[code] ?? general[code] ?? String(code);
}
