// Where Cyclix and the oracle may differ, each with its reason. `adapt` makes of the oracle's output what is right here: what Linux
// itself does. The oracle is QEMU 7.2's user mode, which emulates some calls in its own way; each entry says which and what the
// manual page states.

export interface Difference {
  readonly reason: string;
  adapt(output: string): string;
}

function line(from: string, to: string): (output: string) => string {
  return (output) => {
    if (!output.includes(from)) throw new Error(`the oracle no longer prints '${from}': drop this difference`);
    return output.replace(from, to);
  };
}

const always = (text: string) => (): string => text;

export const differences: Readonly<Record<string, Difference>> = {
  'memory/mremap_grows': {
    reason: 'mremap(2): a new size of zero is EINVAL. QEMU answers ENOMEM.',
    adapt: line('mremap(n, 4096, 0, 0) = -1 ENOMEM', 'mremap(n, 4096, 0, 0) = -1 EINVAL'),
  },
  'memory/madvise_dontneed_zeroes': {
    reason: 'madvise(2): an unknown advice is EINVAL. QEMU ignores advice that it does not know.',
    adapt: line('madvise(m, 4096, 9999) = 0', 'madvise(m, 4096, 9999) = -1 EINVAL'),
  },
  'memory/address_space_limit': {
    reason: 'getrlimit(2), RLIMIT_AS: mmap beyond the limit is ENOMEM. QEMU does not apply the limit to its guest.',
    adapt: (output) => output.replace(/(MAP_ANONYMOUS, -1, 0\)) = \d+/, '$1 = -1 ENOMEM'),
  },
  'memory/syscall_reads_bad_memory': {
    reason: 'A read at the end of a file copies nothing, so Linux does not look at the buffer. QEMU checks it first.',
    adapt: line('read(fd, m + 4096, 6) = -1 EFAULT', 'read(fd, m + 4096, 6) = 0'),
  },
  'processes/vfork_shares_memory': {
    reason: 'vfork(2): the child runs in the memory of its parent. QEMU makes a fork of it.',
    adapt: line('1 5', '2 5'),
  },
  'readiness/epoll_errors': {
    reason: 'epoll_wait(2) with nothing ready writes nothing to the buffer. QEMU checks it first.',
    adapt: line('epoll_wait(e, (void *)8, 1, 0) = -1 EFAULT', 'epoll_wait(e, (void *)8, 1, 0) = 0'),
  },
  'signals/sa_mask_applies': {
    reason:
      'sigaction(2): sa_mask is blocked during the handler. QEMU 7.2 reads riscv64 sigaction with a restorer field that it does not have, and so finds an empty mask.',
    adapt: always('1 1 0\n0 0 0\n'),
  },
  'signals/lower_real_time_signals_first': {
    reason:
      'signal(7): pending real-time signals are delivered lowest first; the handlers here do not nest, since sa_mask is full. QEMU 7.2 loses sa_mask (see sa_mask_applies), so they nest.',
    adapt: always('3 4 5\n'),
  },
  'signals/nocldstop': {
    reason: 'sigaction(2), SA_NOCLDSTOP: no SIGCHLD when a child stops. QEMU does not pass the flag on.',
    adapt: always('0\n1\n'),
  },
  'signals/nocldwait': {
    reason: 'sigaction(2), SA_NOCLDWAIT: children leave no zombie, wait gives ECHILD. QEMU does not pass the flag on.',
    adapt: always('wait(NULL) = -1 ECHILD\n'),
  },
  'sockets/socket_errors': {
    reason:
      'socket(2): flag bits in type other than SOCK_NONBLOCK and SOCK_CLOEXEC are EINVAL; bind(2) looks the descriptor up before it reads the address. QEMU translates the type, and reads the address first.',
    adapt: (output) =>
      output
        .replace('socket(AF_INET, 99, 0) = -1 EPROTONOSUPPORT', 'socket(AF_INET, 99, 0) = -1 EINVAL')
        .replace('bind(77, NULL, 0) = -1 EFAULT', 'bind(77, NULL, 0) = -1 EBADF'),
  },
};
