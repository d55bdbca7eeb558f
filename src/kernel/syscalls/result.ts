// What a system call handler may return. A handler is a plain synchronous function; it never throws for what a
// program did and never keeps a promise, generator or callback.
//
//   done(value)      a value >= 0 for a0
//   error(errno)     -errno, as in Linux
//   BLOCKED          `kernel.block(...)` was called: the task sleeps, a wake-up runs the handler again from the start
//                    with `task.resume` holding what it saved (bytes done, absolute deadline, saved mask)
//   TRANSFERRED      control went elsewhere (exit, execve, rt_sigreturn): the frame already says where to continue
//
// Encoded as one number so that the hot path allocates nothing: errno values are -1 … -4095, the two outcomes lie below.

export type SyscallResult = number;

export const BLOCKED: SyscallResult = -0x1_0000;
export const TRANSFERRED: SyscallResult = -0x1_0001;
/**
 * `kernel.block(...)` found a signal waiting and nothing done yet: the handler passes it on (after writing back what it must, e.g.
 * the time left), and the row's restart rule decides what becomes of the call.
 */
export const INTERRUPTED: SyscallResult = -0x1_0002;

/** As INTERRUPTED, where the rule depends on the call's arguments (futex with and without a timeout, connect with one …). */
export const INTERRUPTED_RESTART: SyscallResult = -0x1_0003;
export const INTERRUPTED_NO_HANDLER: SyscallResult = -0x1_0004;
export const INTERRUPTED_RESTART_BLOCK: SyscallResult = -0x1_0005;
export const INTERRUPTED_NEVER: SyscallResult = -0x1_0006;
export const INTERRUPTED_ALWAYS: SyscallResult = -0x1_0007;

/** What becomes of a call that a signal interrupted before it made progress (signal(7), "Interruption of system calls"). */
export type RestartRule =
  | 'restart' // ERESTARTSYS: restarted if the handler was installed with SA_RESTART, else EINTR
  | 'always' // ERESTARTNOINTR: restarted whatever the handler says
  | 'noHandler' // ERESTARTNOHAND: restarted only if no handler ran, else EINTR
  | 'restartBlock' // ERESTART_RESTARTBLOCK: as noHandler, but resumes through restart_syscall(2) with what it had saved
  | 'never'; // EINTR always
