// Calls whose argument list hangs on an argument's value, or that strace prints in a shape of their own.

import { signalName } from '../../kernel/process/signals/numbers.ts';
import type { ArgumentDecoder, FlagTable } from '../../kernel/syscalls/decoders.ts';
import { openFlags } from '../../kernel/syscalls/flags/files.ts';
import { cloneFlags } from '../../kernel/syscalls/flags/process.ts';
import { type ArgumentContext, formatArgument, hexOrZero, isInput } from './arguments.ts';
import { enumeration, flags, hex, pointer, quote, signalSet } from './format.ts';
import { modeText, structPrinters } from './structs.ts';

const O_CREAT = 0o100;
const O_TMPFILE = 0o20000000;
const fcntlWithoutArgument = new Set([1, 3, 9, 11, 1032, 1034]); // F_GETFD, F_GETFL, F_GETOWN, F_GETSIG, F_GETPIPE_SZ, F_GET_SEALS
const F_DUPFD = 0;
const F_SETFD = 2;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const fcntlLocks = new Set([5, 6, 7, 36, 37, 38]); // F_GETLK, F_SETLK, F_SETLKW and those of open file descriptions
const fcntlPlain = new Set([8, 10, 1031]); // F_SETOWN, F_SETSIG, F_SETPIPE_SZ

const internetProtocols: FlagTable = [
  [0, 'IPPROTO_IP'],
  [1, 'IPPROTO_ICMP'],
  [2, 'IPPROTO_IGMP'],
  [6, 'IPPROTO_TCP'],
  [17, 'IPPROTO_UDP'],
  [41, 'IPPROTO_IPV6'],
  [58, 'IPPROTO_ICMPV6'],
  [132, 'IPPROTO_SCTP'],
  [136, 'IPPROTO_UDPLITE'],
  [255, 'IPPROTO_RAW'],
  [262, 'IPPROTO_MPTCP'],
];
const netlinkProtocols: FlagTable = [
  [0, 'NETLINK_ROUTE'],
  [2, 'NETLINK_USERSOCK'],
  [4, 'NETLINK_SOCK_DIAG'],
  [9, 'NETLINK_AUDIT'],
  [12, 'NETLINK_NETFILTER'],
  [15, 'NETLINK_KOBJECT_UEVENT'],
  [16, 'NETLINK_GENERIC'],
];

/** From the stack pointer to uc_sigmask in struct rt_sigframe: siginfo (128), uc_flags, uc_link, uc_stack (24). */
const FRAME_SIGMASK = 128 + 8 + 8 + 24;

const wakeOperations = ['FUTEX_OP_SET', 'FUTEX_OP_ADD', 'FUTEX_OP_OR', 'FUTEX_OP_ANDN', 'FUTEX_OP_XOR'];
const wakeComparisons = ['EQ', 'NE', 'LT', 'LE', 'GT', 'GE'];

function wakeOperation(value: number): string {
  const operation = wakeOperations[(value >>> 28) & 7] ?? `${hex((value >>> 28) & 7)} /* FUTEX_OP_??? */`;
  const comparison = wakeComparisons[(value >>> 24) & 15];
  const compared =
    comparison === undefined ? `${hex((value >>> 24) & 15)} /* FUTEX_OP_CMP_??? */` : `FUTEX_OP_CMP_${comparison}`;
  const shifted = value >>> 31 === 1 ? 'FUTEX_OP_OPARG_SHIFT<<28|' : '';
  return `${shifted}${operation}<<28|${hexOrZero((value >>> 12) & 0xfff)}<<12|${compared}<<24|${hexOrZero(value & 0xfff)}`;
}

/** The third argument of fcntl(2), by its command. */
function fcntlArgument(command: number, value: number, context: ArgumentContext): string {
  if (command === F_DUPFD || command === F_DUPFD_CLOEXEC || fcntlPlain.has(command)) return String(value | 0);
  if (command === F_SETFD) return flags(value, [[1, 'FD_CLOEXEC']]);
  if (command === F_SETFL) return flags(value, openFlags);
  if (fcntlLocks.has(command) && (context.result ?? 0) >= 0)
    return structPrinters.flock(value, { ...context, index: 2 }) ?? pointer(value);
  return hexOrZero(value);
}

const UTIME_NOW = 0x3fff_ffff;
const UTIME_OMIT = 0x3fff_fffe;

/** utimensat(2): two times, with their dates. */
function fileTimes(address: number, { memory }: ArgumentContext): string | null {
  const view = address === 0 ? null : memory.view(address, 32);
  if (view === null) return null;
  const times = [0, 16].map((at) => {
    const nanoseconds = Number(view.getBigInt64(at + 8, true));
    if (nanoseconds === UTIME_NOW) return 'UTIME_NOW';
    if (nanoseconds === UTIME_OMIT) return 'UTIME_OMIT';
    const seconds = Number(view.getBigInt64(at, true));
    const text = `{tv_sec=${seconds}, tv_nsec=${view.getBigUint64(at + 8, true)}}`;
    const date = new Date(seconds * 1000);
    if (Number.isNaN(date.getTime()) || nanoseconds < 0 || nanoseconds >= 1e9) return text;
    const fraction = nanoseconds === 0 ? '' : `.${String(nanoseconds).padStart(9, '0')}`;
    return `${text} /* ${date.toISOString().slice(0, -5)}${fraction}+0000 */`;
  });
  return `[${times.join(', ')}]`;
}

/** sendfile(2)'s offset: before, and after if it moved. */
function movedOffset(address: number, { memory, entered, result }: ArgumentContext): string | null {
  const before = entered?.get(2);
  if (address === 0 || before === undefined) return null;
  const after = result === null || result < 0 ? before : (memory.long(address) ?? before);
  return after === before ? `[${before}]` : `[${before}] => [${after}]`;
}

const PR_SET_PDEATHSIG = 1;
const PR_SET_DUMPABLE = 4;
const PR_SET_NAME = 15;
const PR_GET_NAME = 16;
/** How many arguments prctl(2) has after the option; the others print all four. */
const prctlArguments: ReadonlyMap<number, number> = new Map([
  [PR_SET_PDEATHSIG, 1],
  [2, 1], // PR_GET_PDEATHSIG
  [3, 0], // PR_GET_DUMPABLE
  [PR_SET_DUMPABLE, 1],
  [7, 0], // PR_GET_KEEPCAPS
  [8, 1], // PR_SET_KEEPCAPS
  [PR_SET_NAME, 1],
  [PR_GET_NAME, 1],
  [29, 1], // PR_SET_TIMERSLACK
  [30, 0], // PR_GET_TIMERSLACK
  [36, 1], // PR_SET_CHILD_SUBREAPER
  [37, 1], // PR_GET_CHILD_SUBREAPER
]);
/** TASK_COMM_LEN without its NUL. */
const COMMAND_BYTES = 15;

function prctlArgument(option: number, value: number, context: ArgumentContext): string | null {
  if (option === PR_SET_PDEATHSIG) return signalName(value | 0);
  if (option === PR_SET_DUMPABLE) return dumpable[value] ?? hex(value);
  if (option !== PR_SET_NAME && option !== PR_GET_NAME) return null;
  const name = context.memory.string(value, COMMAND_BYTES);
  return name === null ? pointer(value) : `${quote(name.bytes, COMMAND_BYTES)}${name.complete ? '' : '...'}`;
}

export const dumpable: readonly string[] = ['SUID_DUMP_DISABLE', 'SUID_DUMP_USER', 'SUID_DUMP_ROOT'];

/** What is to be known of the argument list of a call beforehand is not always in its row: argument by argument, or null. */
function specialArgument(name: string, index: number, context: ArgumentContext): string | null {
  const value = context.args[index] ?? 0;
  switch (name) {
    case 'fcntl':
      return index === 2 ? fcntlArgument((context.args[1] ?? 0) | 0, value, context) : null;
    case 'socket':
    case 'socketpair': {
      if (index !== 2) return null;
      const family = (context.args[0] ?? 0) | 0;
      if (family === 2 || family === 10) return enumeration(value | 0, internetProtocols, 'IPPROTO_???');
      return family === 16 ? enumeration(value | 0, netlinkProtocols, 'NETLINK_???') : null;
    }
    case 'nanosleep':
    case 'clock_nanosleep':
      // The rest of the time is there only if a signal came.
      return index === (name === 'nanosleep' ? 1 : 3) && context.result === 0 ? pointer(value) : null;
    case 'mknodat':
      return index === 2 ? modeText(value) : null;
    case 'utimensat':
      return index === 2 ? fileTimes(value, context) : null;
    case 'sendfile':
      return index === 2 ? movedOffset(value, context) : null;
    case 'prctl':
      return index === 1 ? prctlArgument((context.args[0] ?? 0) | 0, value, context) : null;
    case 'pselect6': {
      if (index !== 5 || value === 0) return null;
      const [address, size] = [context.memory.long(value), context.memory.long(value + 8)];
      if (address === null || size === null) return null;
      const set = address === 0 ? 'NULL' : (structPrinters.sigset(address, { ...context, index }) ?? pointer(address));
      return `{sigmask=${set}, sigsetsize=${size}}`;
    }
    default:
      return null;
  }
}

/** One argument of a call: by the row's decoder, or in a form of its own. */
export function formatCallArgument(
  name: string,
  decoder: ArgumentDecoder,
  index: number,
  context: ArgumentContext,
): string {
  return specialArgument(name, index, context) ?? formatArgument(decoder, index, context);
}
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
        `parent_tid=${(result === null ? null : structPrinters.int(at(2), { ...context, index: 2 })) ?? pointer(at(2))}`,
      );
    if ((bits & 0x8_0000) !== 0) list.push(`tls=${pointer(at(3))}`);
    if ((bits & 0x120_0000) !== 0) list.push(`child_tidptr=${pointer(at(4))}`);
    return list;
  }
  if (name === 'rt_sigreturn') {
    const view = context.stackPointer === undefined ? null : memory.view(context.stackPointer + FRAME_SIGMASK, 8);
    return view === null ? [] : [`{mask=${signalSet(view.getBigUint64(0, true))}}`];
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
    else if (operation === 5) list.push(count(at(2)), count(at(3)), pointer(at(4)), wakeOperation(at(5) >>> 0));
    else if (operation === 6 || operation === 13) list.push(timeout(3));
    else if (operation === 9) list.push(String(at(2) | 0), timeout(3), bitset(at(5)));
    else if (operation === 10) list.push(count(at(2)), bitset(at(5)));
    else if (operation === 11) list.push(String(at(2) | 0), timeout(3), pointer(at(4)));
    return list;
  }
  return null;
}

/** How many arguments the call has for these values: openat without O_CREAT has no mode, fcntl(F_GETFL) no third. */
export function argumentCount(name: string, args: readonly number[], declared: number): number {
  if (name === 'openat') return ((args[2] ?? 0) & (O_CREAT | O_TMPFILE)) !== 0 ? 4 : 3;
  if (name === 'fcntl') return fcntlWithoutArgument.has((args[1] ?? 0) | 0) ? 2 : 3;
  if (name === 'prctl') return 1 + (prctlArguments.get((args[0] ?? 0) | 0) ?? declared - 1);
  if (name === 'mknodat') return [0o020000, 0o060000].includes((args[2] ?? 0) & 0o170000) ? 4 : 3;
  if (name === 'mremap') return ((args[3] ?? 0) & 2) !== 0 ? 5 : 4;
  return declared;
}

/** True when the argument can be printed at the call's entry: strace writes everything up to the first that cannot. */
export function printableOnEntry(
  name: string,
  decoder: ArgumentDecoder,
  index: number,
  args: readonly number[],
): boolean {
  if (name === 'sendfile') return index < 2;
  if (name === 'prctl') return index < 1 || args[0] !== PR_GET_NAME;
  return isInput(decoder, args);
}
