// Where Cyclix and the oracle may differ, each with its reason. `adapt` makes of the oracle's output what is right here.

export interface Difference {
  readonly reason: string;
  adapt(output: string): string;
}

export const differences: Readonly<Record<string, Difference>> = {
  'readiness/epoll_errors': {
    // QEMU's epoll_wait locks the caller's array before it asks the kernel (linux-user/syscall.c); Linux writes to it only when
    // there are events (fs/eventpoll.c, ep_send_events).
    reason: 'QEMU checks the event array even when no event is reported',
    adapt: (output) =>
      output.replace('epoll_wait(e, (void *)8, 1, 0) = -1 EFAULT', 'epoll_wait(e, (void *)8, 1, 0) = 0'),
  },
  'processes/vfork_shares_memory': {
    // linux-user/syscall.c, do_fork: "we create a new process for vfork"; vfork(2): the child shares all memory.
    reason: 'QEMU emulates vfork by fork',
    adapt: () => '2 5\n',
  },
  'processes/exec_passes_arguments': {
    reason: 'the host cannot execute a riscv64 program without a binfmt handler',
    adapt: () => 'a|exec_target|two words||\nparent []\nexited 0\n',
  },
  'processes/exec_closes_cloexec': {
    reason: 'the host cannot execute a riscv64 program without a binfmt handler',
    adapt: () => 'fcntl(atoi(getenv("K")), F_GETFD) = 0\nfcntl(atoi(getenv("D")), F_GETFD) = -1 EBADF\n',
  },
  'processes/exec_resets_handlers': {
    reason: 'the host cannot execute a riscv64 program without a binfmt handler',
    adapt: () => '1\n1\n1 0\n',
  },
  'processes/classic_fork_exec_wait': {
    reason: 'the host cannot execute a riscv64 program without a binfmt handler',
    adapt: (output) => output.replace('child exited with 127', 'x|exec_target|\nchild exited with 0'),
  },
  'processes/exec_target': {
    reason: 'the runner gives QEMU the path of the program, and Cyclix its name',
    adapt: (output) => output.replace(/^\S*\/processes\|/, 'processes|'),
  },
  'signals/sa_mask_applies': {
    // QEMU keeps the mask of a running handler to itself and reports the one before; sigaction(2): sa_mask is blocked, too.
    reason: 'QEMU does not report sa_mask in a handler',
    adapt: (output) => output.replace('1 0 0', '1 1 0'),
  },
  'signals/nocldstop': {
    // sigaction(2), SA_NOCLDSTOP: "do not receive notification when child processes stop".
    reason: 'QEMU installs its own handler and drops the flag',
    adapt: () => '0\n1\n',
  },
  'signals/nocldwait': {
    // wait(2), NOTES: with SA_NOCLDWAIT no zombie is left, and wait fails with ECHILD.
    reason: 'QEMU installs its own handler and drops the flag',
    adapt: () => 'wait(NULL) = -1 ECHILD\n',
  },
  'signals/lower_real_time_signals_first': {
    // signal(7): the lowest-numbered real-time signal is delivered first; each handler here blocks the others.
    reason: 'QEMU delivers the signals as it queued them on the host',
    adapt: () => '3 4 5\n',
  },
};
