// One printer for each C structure of the riscv64 ABI that a decoder names. Offsets are those of asm-generic's uapi headers.
// A printer gets the structure's address and returns strace's text; unreadable memory prints as the address.

import { signalName } from '../../kernel/process/signals/numbers.ts';
import type { FlagTable, StructName } from '../../kernel/syscalls/decoders.ts';
import { flags, hex, octal, pointer, quote, signalCode, signalSet } from './format.ts';
import { long, type PeekReader } from './memory.ts';
import { formatSockaddr } from './sockaddr.ts';

export interface StructContext {
  readonly memory: PeekReader;
  readonly args: readonly number[];
  /** The call's result on exit, or null on entry. */
  readonly result: number | null;
  readonly stringLimit: number;
  /** Index of this argument. */
  readonly index: number;
}

type Printer = (address: number, context: StructContext) => string | null;

const pollEvents: FlagTable = [
  [1, 'POLLIN'],
  [2, 'POLLPRI'],
  [4, 'POLLOUT'],
  [8, 'POLLERR'],
  [0x10, 'POLLHUP'],
  [0x20, 'POLLNVAL'],
  [0x40, 'POLLRDNORM'],
  [0x80, 'POLLRDBAND'],
  [0x100, 'POLLWRNORM'],
  [0x200, 'POLLWRBAND'],
  [0x2000, 'POLLRDHUP'],
];
const epollEvents: FlagTable = [
  [1, 'EPOLLIN'],
  [2, 'EPOLLPRI'],
  [4, 'EPOLLOUT'],
  [0x40, 'EPOLLRDNORM'],
  [0x80, 'EPOLLRDBAND'],
  [0x100, 'EPOLLWRNORM'],
  [0x200, 'EPOLLWRBAND'],
  [0x400, 'EPOLLMSG'],
  [8, 'EPOLLERR'],
  [0x10, 'EPOLLHUP'],
  [0x2000, 'EPOLLRDHUP'],
  [0x1000_0000, 'EPOLLEXCLUSIVE'],
  [0x2000_0000, 'EPOLLWAKEUP'],
  [0x4000_0000, 'EPOLLONESHOT'],
  [0x8000_0000, 'EPOLLET'],
];
const signalFlags: FlagTable = [
  [1, 'SA_NOCLDSTOP'],
  [2, 'SA_NOCLDWAIT'],
  [4, 'SA_SIGINFO'],
  [0x0800_0000, 'SA_ONSTACK'],
  [0x1000_0000, 'SA_RESTART'],
  [0x4000_0000, 'SA_NODEFER'],
  [0x8000_0000, 'SA_RESETHAND'],
];

const fileTypes = [
  [0o010000, 'S_IFIFO'],
  [0o020000, 'S_IFCHR'],
  [0o040000, 'S_IFDIR'],
  [0o060000, 'S_IFBLK'],
  [0o100000, 'S_IFREG'],
  [0o120000, 'S_IFLNK'],
  [0o140000, 'S_IFSOCK'],
] as const;

export function modeText(mode: number): string {
  const type = fileTypes.find(([bits]) => bits === (mode & 0o170000))?.[1];
  const bits = [
    [0o4000, 'S_ISUID'],
    [0o2000, 'S_ISGID'],
    [0o1000, 'S_ISVTX'],
  ] as const;
  const special = bits.filter(([bit]) => (mode & bit) !== 0).map(([, name]) => name);
  return [...(type === undefined ? [] : [type]), ...special, octal(mode & 0o777).padStart(4, '0')].join('|');
}

const timespec: Printer = (address, { memory }) => {
  const view = memory.view(address, 16);
  return view === null ? null : `{tv_sec=${long(view, 0)}, tv_nsec=${view.getBigUint64(8, true)}}`;
};
const timeval: Printer = (address, { memory }) => {
  const view = memory.view(address, 16);
  return view === null ? null : `{tv_sec=${long(view, 0)}, tv_usec=${long(view, 8)}}`;
};

function limit(value: bigint): string {
  if (value === (1n << 64n) - 1n) return 'RLIM64_INFINITY';
  return value > 1024n && value % 1024n === 0n ? `${value / 1024n}*1024` : String(value);
}

function device(rdev: number): string {
  const major = ((rdev >>> 8) & 0xfff) | 0;
  const minor = (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);
  return `makedev(${hex(major)}, ${hex(minor)})`;
}

/** The text of a wait status, wait(2). */
export function waitStatus(status: number): string {
  const signal = status & 0x7f;
  if (signal === 0) return `{WIFEXITED(s) && WEXITSTATUS(s) == ${(status >> 8) & 0xff}}`;
  if ((status & 0xff) === 0x7f)
    return status === 0xffff
      ? '{WIFCONTINUED(s)}'
      : `{WIFSTOPPED(s) && WSTOPSIG(s) == ${signalName((status >> 8) & 0xff)}}`;
  return `{WIFSIGNALED(s) && WTERMSIG(s) == ${signalName(signal)}${(status & 0x80) !== 0 ? ' && WCOREDUMP(s)' : ''}}`;
}

function iovecs(address: number, count: number, context: StructContext, bytes: number): string | null {
  if (count < 0 || count > 1024) return pointer(address);
  const items: string[] = [];
  let left = bytes;
  for (let i = 0; i < Math.min(count, 16); i++) {
    const view = context.memory.view(address + 16 * i, 16);
    if (view === null) return null;
    const length = long(view, 8);
    const shown = Math.min(length, Math.max(0, left));
    const data = context.memory.bytes(long(view, 0), Math.min(shown, context.stringLimit + 1));
    left -= length;
    items.push(
      `{iov_base=${data === null ? pointer(long(view, 0)) : quote(data, context.stringLimit)}, iov_len=${length}}`,
    );
  }
  return `[${items.join(', ')}${count > 16 ? ', ...' : ''}]`;
}

function messageHeader(address: number, context: StructContext): string | null {
  const view = context.memory.view(address, 56);
  if (view === null) return null;
  const nameLength = view.getUint32(8, true);
  const name = long(view, 0);
  const nameBytes = name === 0 ? null : context.memory.bytes(name, Math.min(nameLength, 128));
  const count = long(view, 24);
  const vectors = iovecs(long(view, 16), count, context, context.result ?? Number.MAX_SAFE_INTEGER);
  return (
    `{msg_name=${nameBytes === null ? pointer(name) : formatSockaddr(nameBytes)}, msg_namelen=${nameLength}, msg_iov=${vectors ?? pointer(long(view, 16))}, ` +
    `msg_iovlen=${count}, msg_controllen=${long(view, 40)}, msg_flags=${view.getUint32(48, true) === 0 ? '0' : hex(view.getUint32(48, true))}}`
  );
}

export const structPrinters: Readonly<Record<StructName, Printer>> = {
  timespec,
  timeval,
  int: (address, { memory }) => {
    const view = memory.view(address, 4);
    return view === null ? null : `[${view.getInt32(0, true)}]`;
  },
  futexValue: (address, { memory }) => {
    const view = memory.view(address, 4);
    return view === null ? null : `[${view.getInt32(0, true)}]`;
  },
  long: (address, { memory }) => {
    const value = memory.long(address);
    return value === null ? null : `[${value}]`;
  },
  u64: (address, { memory }) => {
    const view = memory.view(address, 8);
    return view === null ? null : `[${view.getBigUint64(0, true)}]`;
  },
  fdPair: (address, { memory }) => {
    const view = memory.view(address, 8);
    return view === null ? null : `[${view.getInt32(0, true)}, ${view.getInt32(4, true)}]`;
  },
  stat: (address, { memory }) => {
    const view = memory.view(address, 128);
    if (view === null) return null;
    const mode = view.getUint32(16, true);
    const isDevice = (mode & 0o170000) === 0o020000 || (mode & 0o170000) === 0o060000;
    return `{st_mode=${modeText(mode)}, ${isDevice ? `st_rdev=${device(long(view, 32))}` : `st_size=${long(view, 48)}`}, ...}`;
  },
  statx: (address, { memory }) => {
    const view = memory.view(address, 256);
    if (view === null) return null;
    return `{stx_mask=${hex(view.getUint32(0, true))}, stx_attributes=0, stx_mode=${modeText(view.getUint16(28, true))}, stx_size=${long(view, 40)}, ...}`;
  },
  statfs: (address, { memory }) => {
    const view = memory.view(address, 120);
    if (view === null) return null;
    const types: Record<number, string> = {
      16914836: 'TMPFS_MAGIC',
      40864: 'PROC_SUPER_MAGIC',
      1650812274: 'SYSFS_MAGIC',
      61267: 'EXT2_SUPER_MAGIC',
    };
    return `{f_type=${types[long(view, 0)] ?? hex(long(view, 0))}, f_bsize=${long(view, 8)}, f_blocks=${long(view, 16)}, f_bfree=${long(view, 24)}, f_bavail=${long(view, 32)}, f_files=${long(view, 40)}, f_ffree=${long(view, 48)}, f_fsid={val=[0, 0]}, f_namelen=${long(view, 64)}, f_frsize=${long(view, 72)}, f_flags=${hex(long(view, 80))}}`;
  },
  itimerval: (address, context) => {
    const [interval, value] = [timeval(address, context), timeval(address + 16, context)];
    return interval === null || value === null ? null : `{it_interval=${interval}, it_value=${value}}`;
  },
  itimerspec: (address, context) => {
    const [interval, value] = [timespec(address, context), timespec(address + 16, context)];
    return interval === null || value === null ? null : `{it_interval=${interval}, it_value=${value}}`;
  },
  rlimit: (address, { memory }) => {
    const view = memory.view(address, 16);
    return view === null
      ? null
      : `{rlim_cur=${limit(view.getBigUint64(0, true))}, rlim_max=${limit(view.getBigUint64(8, true))}}`;
  },
  rusage: (address, context) => {
    const [user, system] = [timeval(address, context), timeval(address + 16, context)];
    return user === null || system === null ? null : `{ru_utime=${user}, ru_stime=${system}, ...}`;
  },
  utsname: (address, { memory }) => {
    const [system, node] = [memory.string(address, 65), memory.string(address + 65, 65)];
    return system === null || node === null
      ? null
      : `{sysname=${quote(system.bytes)}, nodename=${quote(node.bytes)}, ...}`;
  },
  sysinfo: (address, { memory }) => {
    const view = memory.view(address, 112);
    return view === null
      ? null
      : `{uptime=${long(view, 0)}, loads=[${long(view, 8)}, ${long(view, 16)}, ${long(view, 24)}], totalram=${long(view, 32)}, freeram=${long(view, 40)}, sharedram=${long(view, 48)}, bufferram=${long(view, 56)}, totalswap=${long(view, 64)}, freeswap=${long(view, 72)}, procs=${view.getUint16(80, true)}, totalhigh=${long(view, 88)}, freehigh=${long(view, 96)}, mem_unit=${view.getUint32(104, true)}}`;
  },
  sigaction: (address, { memory }) => {
    const view = memory.view(address, 24);
    if (view === null) return null;
    const handler = long(view, 0);
    const name = handler === 0 ? 'SIG_DFL' : handler === 1 ? 'SIG_IGN' : hex(handler);
    return `{sa_handler=${name}, sa_mask=${signalSet(view.getBigUint64(16, true))}, sa_flags=${flags(long(view, 8), signalFlags)}}`;
  },
  sigset: (address, { memory }) => {
    const view = memory.view(address, 8);
    return view === null ? null : signalSet(view.getBigUint64(0, true));
  },
  siginfo: (address, { memory }) => {
    const view = memory.view(address, 48);
    if (view === null) return null;
    const [signal, code] = [view.getInt32(0, true), view.getInt32(8, true)];
    if (signal === 17) {
      return `{si_signo=SIGCHLD, si_code=${signalCode(signal, code)}, si_pid=${view.getInt32(16, true)}, si_uid=${view.getInt32(20, true)}, si_status=${view.getInt32(24, true)}, si_utime=${long(view, 32)}, si_stime=${long(view, 40)}}`;
    }
    const value = view.getBigUint64(24, true);
    const queued =
      code === -1 && value !== 0n ? `, si_int=${view.getInt32(24, true)}, si_ptr=0x${value.toString(16)}` : '';
    return `{si_signo=${signalName(signal)}, si_code=${signalCode(signal, code)}, si_pid=${view.getInt32(16, true)}, si_uid=${view.getInt32(20, true)}${queued}}`;
  },
  stack: (address, { memory }) => {
    const view = memory.view(address, 24);
    if (view === null) return null;
    const table: FlagTable = [
      [1, 'SS_ONSTACK'],
      [2, 'SS_DISABLE'],
      [0x8000_0000, 'SS_AUTODISARM'],
    ];
    return `{ss_sp=${pointer(long(view, 0))}, ss_flags=${flags(view.getInt32(8, true), table)}, ss_size=${long(view, 16)}}`;
  },
  sigevent: (address, { memory }) => {
    const view = memory.view(address, 24);
    if (view === null) return null;
    const notify =
      ['SIGEV_SIGNAL', 'SIGEV_NONE', 'SIGEV_THREAD', '', 'SIGEV_THREAD_ID'][view.getInt32(12, true)] ??
      String(view.getInt32(12, true));
    return `{sigev_value={sival_int=${view.getInt32(0, true)}, sival_ptr=${pointer(long(view, 0))}}, sigev_signo=${signalName(view.getInt32(8, true))}, sigev_notify=${notify}}`;
  },
  waitStatus: (address, { memory, result }) => {
    const view = memory.view(address, 4);
    return view === null ? null : result === 0 ? pointer(address) : `[${waitStatus(view.getInt32(0, true))}]`;
  },
  pollfds: (address, { memory, args, result }) => {
    const count = args[1] ?? 0;
    const shown = Math.min(count, 32);
    const view = memory.view(address, 8 * shown);
    if (view === null) return null;
    const items: string[] = [];
    for (let i = 0; i < shown; i++) {
      const [fd, events, revents] = [
        view.getInt32(8 * i, true),
        view.getUint16(8 * i + 4, true),
        view.getUint16(8 * i + 6, true),
      ];
      if (result === null) items.push(`{fd=${fd}, events=${flags(events, pollEvents)}}`);
      else if (revents !== 0) items.push(`{fd=${fd}, revents=${flags(revents, pollEvents)}}`);
    }
    return `[${items.join(', ')}${count > shown ? ', ...' : ''}]`;
  },
  fdset: (address, { memory, args }) => {
    const count = Math.min(Math.max(args[0] ?? 0, 0), 1024);
    const bytes = memory.bytes(address, Math.ceil(count / 64) * 8);
    if (bytes === null) return null;
    const members: number[] = [];
    for (let fd = 0; fd < count; fd++) if (((bytes[fd >> 3]! >> (fd & 7)) & 1) !== 0) members.push(fd);
    return `[${members.join(' ')}]`;
  },
  epollEvent: (address, { memory }) => epollEvent(memory.view(address, 16), 0),
  epollEvents: (address, { memory, result }) => {
    const count = Math.max(0, Math.min(result ?? 0, 32));
    const view = memory.view(address, 16 * count);
    if (view === null) return null;
    const items = Array.from({ length: count }, (_, i) => epollEvent(view, 16 * i));
    return `[${items.join(', ')}${(result ?? 0) > count ? ', ...' : ''}]`;
  },
  sockaddr: (address, { memory, args, index, result }) => {
    // The length follows as a value (bind, connect, sendto) or behind a pointer (accept, getsockname, recvfrom).
    const next = args[index + 1] ?? 0;
    const length = result === null ? next : (memory.view(next, 4)?.getUint32(0, true) ?? next);
    const bytes = memory.bytes(address, Math.min(Math.max(length, 0), 128));
    return bytes === null ? null : formatSockaddr(bytes);
  },
  msghdr: messageHeader,
  mmsghdrs: (address, context) => {
    const count = Math.min(context.result ?? context.args[2] ?? 0, 8);
    const items: string[] = [];
    for (let i = 0; i < count; i++) {
      const header = messageHeader(address + 64 * i, { ...context, result: null });
      const length = context.memory.view(address + 64 * i + 56, 4)?.getUint32(0, true);
      if (header === null) return null;
      items.push(`{msg_hdr=${header}${length === undefined ? '' : `, msg_len=${length}`}}`);
    }
    return `[${items.join(', ')}]`;
  },
  iovecs: (address, context) =>
    iovecs(address, context.args[context.index + 1] ?? 0, context, context.result ?? Number.MAX_SAFE_INTEGER),
  dirents: (address, { memory, result }) => {
    const length = Math.max(0, result ?? 0);
    const bytes = memory.bytes(address, length);
    if (bytes === null) return null;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let entries = 0;
    for (let at = 0; at + 19 <= length; entries++) {
      const size = view.getUint16(at + 16, true);
      if (size < 19) break;
      at += size;
    }
    return `${pointer(address)} /* ${entries} entries */`;
  },
  termios: (address, { memory }) => {
    const view = memory.view(address, 36);
    if (view === null) return null;
    return `{c_iflag=${hex(view.getUint32(0, true))}, c_oflag=${hex(view.getUint32(4, true))}, c_cflag=${hex(view.getUint32(8, true))}, c_lflag=${hex(view.getUint32(12, true))}, ...}`;
  },
  winsize: (address, { memory }) => {
    const view = memory.view(address, 8);
    return view === null
      ? null
      : `{ws_row=${view.getUint16(0, true)}, ws_col=${view.getUint16(2, true)}, ws_xpixel=${view.getUint16(4, true)}, ws_ypixel=${view.getUint16(6, true)}}`;
  },
  cloneArgs: (address, { memory }) => {
    const view = memory.view(address, 64);
    return view === null
      ? null
      : `{flags=${hex(long(view, 0))}, exit_signal=${signalName(long(view, 32))}, stack=${pointer(long(view, 40))}, stack_size=${hex(long(view, 48))}, tls=${pointer(long(view, 56))}}`;
  },
  schedParam: (address, { memory }) => {
    const view = memory.view(address, 4);
    return view === null ? null : `[${view.getInt32(0, true)}]`;
  },
  cpuset: (address, { memory, args }) => {
    const bytes = memory.bytes(address, Math.min(Math.max(args[1] ?? 0, 0), 128));
    if (bytes === null) return null;
    const members: number[] = [];
    for (let cpu = 0; cpu < bytes.length * 8; cpu++) if (((bytes[cpu >> 3]! >> (cpu & 7)) & 1) !== 0) members.push(cpu);
    return `[${members.join(' ')}]`;
  },
  hwprobe: (address, { memory, args }) => {
    const count = Math.min(Math.max(args[1] ?? 0, 0), 16);
    const view = memory.view(address, 16 * count);
    if (view === null) return null;
    return `[${Array.from({ length: count }, (_, i) => `{key=${long(view, 16 * i)}, value=${hex(long(view, 16 * i + 8))}}`).join(', ')}]`;
  },
  timex: (address) => pointer(address),
  flock: (address, { memory }) => {
    const view = memory.view(address, 32);
    if (view === null) return null;
    const type = ['F_RDLCK', 'F_WRLCK', 'F_UNLCK'][view.getInt16(0, true)] ?? String(view.getInt16(0, true));
    const whence = ['SEEK_SET', 'SEEK_CUR', 'SEEK_END'][view.getInt16(2, true)] ?? String(view.getInt16(2, true));
    return `{l_type=${type}, l_whence=${whence}, l_start=${long(view, 8)}, l_len=${long(view, 16)}}`;
  },
  socketOption: (address, { memory, args, result }) => {
    // setsockopt passes the length, getsockopt a pointer to it.
    const length = result === null ? (args[4] ?? 0) : (memory.view(args[4] ?? 0, 4)?.getUint32(0, true) ?? 4);
    if (length === 4) {
      const view = memory.view(address, 4);
      return view === null ? null : `[${view.getInt32(0, true)}]`;
    }
    const bytes = memory.bytes(address, Math.min(Math.max(length, 0), 64));
    return bytes === null ? null : quote(bytes, 64);
  },
  openHow: (address, { memory }) => {
    const view = memory.view(address, 24);
    return view === null
      ? null
      : `{flags=${hex(long(view, 0))}, mode=${octal(long(view, 8))}, resolve=${hex(long(view, 16))}}`;
  },
};

function epollEvent(view: DataView | null, offset: number): string | null {
  if (view === null) return null;
  const data = view.getBigUint64(offset + 8, true);
  return `{events=${flags(view.getUint32(offset, true), epollEvents)}, data={u32=${view.getUint32(offset + 8, true)}, u64=${data}}}`;
}
