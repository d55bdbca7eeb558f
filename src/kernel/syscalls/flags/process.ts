// Names of process, scheduling and time constants, in strace's order.

import type { FlagTable } from '../decoders.ts';

export const waitFlags: FlagTable = [
  [1, 'WNOHANG'],
  [2, 'WSTOPPED'],
  [4, 'WEXITED'],
  [8, 'WCONTINUED'],
  [0x0100_0000, 'WNOWAIT'],
  [0x2000_0000, '__WNOTHREAD'],
  [0x4000_0000, '__WALL'],
  [0x8000_0000, '__WCLONE'],
];

export const waitIdTypes: FlagTable = [
  [0, 'P_ALL'],
  [1, 'P_PID'],
  [2, 'P_PGID'],
  [3, 'P_PIDFD'],
];

export const rusageWho: FlagTable = [
  [0, 'RUSAGE_SELF'],
  [-1, 'RUSAGE_CHILDREN'],
  [1, 'RUSAGE_THREAD'],
];

export const resources: FlagTable = [
  [0, 'RLIMIT_CPU'],
  [1, 'RLIMIT_FSIZE'],
  [2, 'RLIMIT_DATA'],
  [3, 'RLIMIT_STACK'],
  [4, 'RLIMIT_CORE'],
  [5, 'RLIMIT_RSS'],
  [6, 'RLIMIT_NPROC'],
  [7, 'RLIMIT_NOFILE'],
  [8, 'RLIMIT_MEMLOCK'],
  [9, 'RLIMIT_AS'],
  [10, 'RLIMIT_LOCKS'],
  [11, 'RLIMIT_SIGPENDING'],
  [12, 'RLIMIT_MSGQUEUE'],
  [13, 'RLIMIT_NICE'],
  [14, 'RLIMIT_RTPRIO'],
  [15, 'RLIMIT_RTTIME'],
];

export const prctlOptions: FlagTable = [
  [1, 'PR_SET_PDEATHSIG'],
  [2, 'PR_GET_PDEATHSIG'],
  [3, 'PR_GET_DUMPABLE'],
  [4, 'PR_SET_DUMPABLE'],
  [5, 'PR_GET_UNALIGN'],
  [6, 'PR_SET_UNALIGN'],
  [7, 'PR_GET_KEEPCAPS'],
  [8, 'PR_SET_KEEPCAPS'],
  [13, 'PR_GET_TIMING'],
  [14, 'PR_SET_TIMING'],
  [15, 'PR_SET_NAME'],
  [16, 'PR_GET_NAME'],
  [21, 'PR_GET_SECCOMP'],
  [22, 'PR_SET_SECCOMP'],
  [23, 'PR_CAPBSET_READ'],
  [24, 'PR_CAPBSET_DROP'],
  [25, 'PR_GET_TSC'],
  [26, 'PR_SET_TSC'],
  [27, 'PR_GET_SECUREBITS'],
  [28, 'PR_SET_SECUREBITS'],
  [29, 'PR_SET_TIMERSLACK'],
  [30, 'PR_GET_TIMERSLACK'],
  [33, 'PR_MCE_KILL'],
  [34, 'PR_MCE_KILL_GET'],
  [35, 'PR_SET_MM'],
  [36, 'PR_SET_CHILD_SUBREAPER'],
  [37, 'PR_GET_CHILD_SUBREAPER'],
  [38, 'PR_SET_NO_NEW_PRIVS'],
  [39, 'PR_GET_NO_NEW_PRIVS'],
  [40, 'PR_GET_TID_ADDRESS'],
  [41, 'PR_SET_THP_DISABLE'],
  [42, 'PR_GET_THP_DISABLE'],
  [47, 'PR_CAP_AMBIENT'],
  [0x53564d41, 'PR_SET_VMA'],
  [0x59616d61, 'PR_SET_PTRACER'],
];

export const schedulingPolicies: FlagTable = [
  [0, 'SCHED_OTHER'],
  [1, 'SCHED_FIFO'],
  [2, 'SCHED_RR'],
  [3, 'SCHED_BATCH'],
  [5, 'SCHED_IDLE'],
  [6, 'SCHED_DEADLINE'],
  [0x4000_0000, 'SCHED_OTHER|SCHED_RESET_ON_FORK'],
  [0x4000_0001, 'SCHED_FIFO|SCHED_RESET_ON_FORK'],
  [0x4000_0002, 'SCHED_RR|SCHED_RESET_ON_FORK'],
];

export const priorityWhich: FlagTable = [
  [0, 'PRIO_PROCESS'],
  [1, 'PRIO_PGRP'],
  [2, 'PRIO_USER'],
];

export const timerFlags: FlagTable = [[1, 'TIMER_ABSTIME']];

export const intervalTimers: FlagTable = [
  [0, 'ITIMER_REAL'],
  [1, 'ITIMER_VIRTUAL'],
  [2, 'ITIMER_PROF'],
];

export const maskOperations: FlagTable = [
  [0, 'SIG_BLOCK'],
  [1, 'SIG_UNBLOCK'],
  [2, 'SIG_SETMASK'],
];

export const randomFlags: FlagTable = [
  [1, 'GRND_NONBLOCK'],
  [2, 'GRND_RANDOM'],
  [4, 'GRND_INSECURE'],
];

export const membarrierCommands: FlagTable = [
  [0, 'MEMBARRIER_CMD_QUERY'],
  [1, 'MEMBARRIER_CMD_GLOBAL'],
  [2, 'MEMBARRIER_CMD_GLOBAL_EXPEDITED'],
  [4, 'MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED'],
  [8, 'MEMBARRIER_CMD_PRIVATE_EXPEDITED'],
  [16, 'MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED'],
  [32, 'MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE'],
  [64, 'MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE'],
];

export const rebootCommands: FlagTable = [
  [0x0123_4567, 'LINUX_REBOOT_CMD_RESTART'],
  [0xcdef_0123 | 0, 'LINUX_REBOOT_CMD_HALT'],
  [0x4321_fedc, 'LINUX_REBOOT_CMD_POWER_OFF'],
  [0x89ab_cdef | 0, 'LINUX_REBOOT_CMD_CAD_ON'],
  [0, 'LINUX_REBOOT_CMD_CAD_OFF'],
];

export const execveatFlags: FlagTable = [
  [0x100, 'AT_SYMLINK_NOFOLLOW'],
  [0x1000, 'AT_EMPTY_PATH'],
];

export const cloneFlags: FlagTable = [
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
  [0x80_0000, 'CLONE_UNTRACED'],
  [0x100_0000, 'CLONE_CHILD_SETTID'],
  [0x200_0000, 'CLONE_NEWCGROUP'],
  [0x400_0000, 'CLONE_NEWUTS'],
  [0x800_0000, 'CLONE_NEWIPC'],
  [0x1000_0000, 'CLONE_NEWUSER'],
  [0x2000_0000, 'CLONE_NEWPID'],
  [0x4000_0000, 'CLONE_NEWNET'],
  [0x8000_0000, 'CLONE_IO'],
];
