// Argument decoders: data that says what an argument *is*, so that an observer can print it as strace(1) does.
// The kernel never formats; src/observe/strace/ has one printer for each kind.

/** Flag tables are ordered as strace prints them: `[value, name]`; a multi-bit field comes before its single bits. */
export type FlagTable = readonly (readonly [value: number, name: string])[];

export type ArgumentDecoder =
  | {
      readonly kind:
        | 'int'
        | 'unsigned'
        | 'long'
        | 'hex'
        | 'octal'
        | 'pointer'
        | 'size'
        | 'offset'
        | 'pid'
        | 'uid'
        | 'signal'
        | 'clock';
    }
  | { readonly kind: 'fd' | 'dirfd' } // dirfd prints AT_FDCWD
  | { readonly kind: 'path' } // NUL-terminated string, quoted
  | { readonly kind: 'string' }
  | { readonly kind: 'enumeration'; readonly values: FlagTable; readonly fallback: string }
  | { readonly kind: 'flags'; readonly flags: FlagTable; readonly zero?: string }
  /** Bytes at this address; their count is an argument, or for output buffers what the call returned. */
  | {
      readonly kind: 'buffer';
      readonly direction: 'in' | 'out';
      readonly length: { readonly argument: number } | 'result';
    }
  /** A C structure at this address, printed by the named printer on entry ('in') or on exit ('out', 'inout'). */
  | {
      readonly kind: 'struct';
      readonly name: StructName;
      readonly direction: 'in' | 'out' | 'inout';
      readonly length?: number;
    }
  | { readonly kind: 'stringArray' } // argv, envp
  | { readonly kind: 'ioctl' };

export type StructName =
  | 'stat'
  | 'statx'
  | 'statfs'
  | 'timespec'
  | 'timeval'
  | 'itimerval'
  | 'itimerspec'
  | 'rlimit'
  | 'rusage'
  | 'utsname'
  | 'sysinfo'
  | 'sigaction'
  | 'sigset'
  | 'siginfo'
  | 'stack'
  | 'sigevent'
  | 'waitStatus'
  | 'pollfds'
  | 'fdset'
  | 'epollEvent'
  | 'epollEvents'
  | 'sockaddr'
  | 'msghdr'
  | 'mmsghdrs'
  | 'iovecs'
  | 'fdPair'
  | 'int'
  | 'long'
  | 'dirents'
  | 'termios'
  | 'winsize'
  | 'cloneArgs'
  | 'schedParam'
  | 'cpuset'
  | 'hwprobe'
  | 'timex'
  | 'flock'
  | 'socketOption'
  | 'u64'
  | 'openHow'
  | 'futexValue';

export type ResultDecoder = 'int' | 'hex' | 'pointer' | 'octal' | 'fd' | 'none' | 'fdflags';
