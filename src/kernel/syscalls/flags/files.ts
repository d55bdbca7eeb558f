// Names of the file system calls' flags, in the order in which strace(1) prints them.

import type { FlagTable } from '../decoders.ts';

export const openFlags: FlagTable = [
  [0, 'O_RDONLY'],
  [0o3, 'O_ACCMODE'],
  [0o1, 'O_WRONLY'],
  [0o2, 'O_RDWR'],
  [0o100, 'O_CREAT'],
  [0o200, 'O_EXCL'],
  [0o400, 'O_NOCTTY'],
  [0o1000, 'O_TRUNC'],
  [0o2000, 'O_APPEND'],
  [0o4000, 'O_NONBLOCK'],
  [0o4010000, 'O_SYNC'],
  [0o10000, 'O_DSYNC'],
  [0o40000, 'O_DIRECT'],
  [0o100000, 'O_LARGEFILE'],
  [0o400000, 'O_NOFOLLOW'],
  [0o1000000, 'O_NOATIME'],
  [0o2000000, 'O_CLOEXEC'],
  [0o10000000, 'O_PATH'],
  [0o20200000, 'O_TMPFILE'],
  [0o200000, 'O_DIRECTORY'],
  [0o20000, 'FASYNC'],
];

export const pipeFlags: FlagTable = [
  [0o4000, 'O_NONBLOCK'],
  [0o40000, 'O_DIRECT'],
  [0o2000000, 'O_CLOEXEC'],
];

export const atFlags: FlagTable = [
  [0x100, 'AT_SYMLINK_NOFOLLOW'],
  [0x200, 'AT_REMOVEDIR'],
  [0x400, 'AT_SYMLINK_FOLLOW'],
  [0x800, 'AT_NO_AUTOMOUNT'],
  [0x1000, 'AT_EMPTY_PATH'],
];

export const accessFlags: FlagTable = [
  [0x100, 'AT_SYMLINK_NOFOLLOW'],
  [0x200, 'AT_EACCESS'],
  [0x1000, 'AT_EMPTY_PATH'],
];

export const statxFlags: FlagTable = [
  [0, 'AT_STATX_SYNC_AS_STAT'],
  [0x2000, 'AT_STATX_FORCE_SYNC'],
  [0x4000, 'AT_STATX_DONT_SYNC'],
  [0x100, 'AT_SYMLINK_NOFOLLOW'],
  [0x800, 'AT_NO_AUTOMOUNT'],
  [0x1000, 'AT_EMPTY_PATH'],
];

export const statxMask: FlagTable = [
  [0xfff, 'STATX_ALL'],
  [0x7ff, 'STATX_BASIC_STATS'],
  [0x001, 'STATX_TYPE'],
  [0x002, 'STATX_MODE'],
  [0x004, 'STATX_NLINK'],
  [0x008, 'STATX_UID'],
  [0x010, 'STATX_GID'],
  [0x020, 'STATX_ATIME'],
  [0x040, 'STATX_MTIME'],
  [0x080, 'STATX_CTIME'],
  [0x100, 'STATX_INO'],
  [0x200, 'STATX_SIZE'],
  [0x400, 'STATX_BLOCKS'],
  [0x800, 'STATX_BTIME'],
  [0x1000, 'STATX_MNT_ID'],
];

export const accessModes: FlagTable = [
  [0, 'F_OK'],
  [4, 'R_OK'],
  [2, 'W_OK'],
  [1, 'X_OK'],
];

export const seekWhence: FlagTable = [
  [0, 'SEEK_SET'],
  [1, 'SEEK_CUR'],
  [2, 'SEEK_END'],
  [3, 'SEEK_DATA'],
  [4, 'SEEK_HOLE'],
];

export const fcntlCommands: FlagTable = [
  [0, 'F_DUPFD'],
  [1, 'F_GETFD'],
  [2, 'F_SETFD'],
  [3, 'F_GETFL'],
  [4, 'F_SETFL'],
  [5, 'F_GETLK'],
  [6, 'F_SETLK'],
  [7, 'F_SETLKW'],
  [8, 'F_SETOWN'],
  [9, 'F_GETOWN'],
  [10, 'F_SETSIG'],
  [11, 'F_GETSIG'],
  [15, 'F_SETOWN_EX'],
  [16, 'F_GETOWN_EX'],
  [36, 'F_OFD_GETLK'],
  [37, 'F_OFD_SETLK'],
  [38, 'F_OFD_SETLKW'],
  [1024, 'F_SETLEASE'],
  [1025, 'F_GETLEASE'],
  [1026, 'F_NOTIFY'],
  [1030, 'F_DUPFD_CLOEXEC'],
  [1031, 'F_SETPIPE_SZ'],
  [1032, 'F_GETPIPE_SZ'],
  [1033, 'F_ADD_SEALS'],
  [1034, 'F_GET_SEALS'],
];

export const flockOperations: FlagTable = [
  [1, 'LOCK_SH'],
  [2, 'LOCK_EX'],
  [4, 'LOCK_NB'],
  [8, 'LOCK_UN'],
];

export const fallocateModes: FlagTable = [
  [0x01, 'FALLOC_FL_KEEP_SIZE'],
  [0x02, 'FALLOC_FL_PUNCH_HOLE'],
  [0x04, 'FALLOC_FL_NO_HIDE_STALE'],
  [0x08, 'FALLOC_FL_COLLAPSE_RANGE'],
  [0x10, 'FALLOC_FL_ZERO_RANGE'],
  [0x20, 'FALLOC_FL_INSERT_RANGE'],
  [0x40, 'FALLOC_FL_UNSHARE_RANGE'],
];

export const renameFlags: FlagTable = [
  [1, 'RENAME_NOREPLACE'],
  [2, 'RENAME_EXCHANGE'],
  [4, 'RENAME_WHITEOUT'],
];

export const readWriteFlags: FlagTable = [
  [1, 'RWF_HIPRI'],
  [2, 'RWF_DSYNC'],
  [4, 'RWF_SYNC'],
  [8, 'RWF_NOWAIT'],
  [16, 'RWF_APPEND'],
];

export const adviceNames: FlagTable = [
  [0, 'POSIX_FADV_NORMAL'],
  [1, 'POSIX_FADV_RANDOM'],
  [2, 'POSIX_FADV_SEQUENTIAL'],
  [3, 'POSIX_FADV_WILLNEED'],
  [4, 'POSIX_FADV_DONTNEED'],
  [5, 'POSIX_FADV_NOREUSE'],
];

export const spliceFlags: FlagTable = [
  [1, 'SPLICE_F_MOVE'],
  [2, 'SPLICE_F_NONBLOCK'],
  [4, 'SPLICE_F_MORE'],
  [8, 'SPLICE_F_GIFT'],
];

export const memfdFlags: FlagTable = [
  [1, 'MFD_CLOEXEC'],
  [2, 'MFD_ALLOW_SEALING'],
  [4, 'MFD_HUGETLB'],
  [8, 'MFD_NOEXEC_SEAL'],
  [16, 'MFD_EXEC'],
];

export const closeRangeFlags: FlagTable = [
  [2, 'CLOSE_RANGE_UNSHARE'],
  [4, 'CLOSE_RANGE_CLOEXEC'],
];

export const epollOperations: FlagTable = [
  [1, 'EPOLL_CTL_ADD'],
  [2, 'EPOLL_CTL_DEL'],
  [3, 'EPOLL_CTL_MOD'],
];

export const epollFlags: FlagTable = [[0o2000000, 'EPOLL_CLOEXEC']];

export const eventfdFlags: FlagTable = [
  [1, 'EFD_SEMAPHORE'],
  [0o2000000, 'EFD_CLOEXEC'],
  [0o4000, 'EFD_NONBLOCK'],
];

export const timerfdFlags: FlagTable = [
  [0o2000000, 'TFD_CLOEXEC'],
  [0o4000, 'TFD_NONBLOCK'],
];

export const timerfdSetFlags: FlagTable = [
  [1, 'TFD_TIMER_ABSTIME'],
  [2, 'TFD_TIMER_CANCEL_ON_SET'],
];

export const signalfdFlags: FlagTable = [
  [0o2000000, 'SFD_CLOEXEC'],
  [0o4000, 'SFD_NONBLOCK'],
];

export const inotifyFlags: FlagTable = [
  [0o2000000, 'IN_CLOEXEC'],
  [0o4000, 'IN_NONBLOCK'],
];

export const inotifyMask: FlagTable = [
  [0xfff, 'IN_ALL_EVENTS'],
  [0x001, 'IN_ACCESS'],
  [0x002, 'IN_MODIFY'],
  [0x004, 'IN_ATTRIB'],
  [0x008, 'IN_CLOSE_WRITE'],
  [0x010, 'IN_CLOSE_NOWRITE'],
  [0x020, 'IN_OPEN'],
  [0x040, 'IN_MOVED_FROM'],
  [0x080, 'IN_MOVED_TO'],
  [0x100, 'IN_CREATE'],
  [0x200, 'IN_DELETE'],
  [0x400, 'IN_DELETE_SELF'],
  [0x800, 'IN_MOVE_SELF'],
  [0x0100_0000, 'IN_ONLYDIR'],
  [0x0200_0000, 'IN_DONT_FOLLOW'],
  [0x0400_0000, 'IN_EXCL_UNLINK'],
  [0x2000_0000, 'IN_MASK_ADD'],
  [0x8000_0000, 'IN_ONESHOT'],
];

export const xattrFlags: FlagTable = [
  [1, 'XATTR_CREATE'],
  [2, 'XATTR_REPLACE'],
];

export const mountFlags: FlagTable = [
  [1, 'MS_RDONLY'],
  [2, 'MS_NOSUID'],
  [4, 'MS_NODEV'],
  [8, 'MS_NOEXEC'],
  [16, 'MS_SYNCHRONOUS'],
  [32, 'MS_REMOUNT'],
  [1024, 'MS_NOATIME'],
  [2048, 'MS_NODIRATIME'],
  [4096, 'MS_BIND'],
  [8192, 'MS_MOVE'],
  [16384, 'MS_REC'],
  [32768, 'MS_SILENT'],
  [1 << 17, 'MS_UNBINDABLE'],
  [1 << 18, 'MS_PRIVATE'],
  [1 << 19, 'MS_SLAVE'],
  [1 << 20, 'MS_SHARED'],
  [1 << 21, 'MS_RELATIME'],
  [1 << 24, 'MS_STRICTATIME'],
];

export const umountFlags: FlagTable = [
  [1, 'MNT_FORCE'],
  [2, 'MNT_DETACH'],
  [4, 'MNT_EXPIRE'],
  [8, 'UMOUNT_NOFOLLOW'],
];

export const clockNames: FlagTable = [
  [0, 'CLOCK_REALTIME'],
  [1, 'CLOCK_MONOTONIC'],
  [7, 'CLOCK_BOOTTIME'],
  [8, 'CLOCK_REALTIME_ALARM'],
  [9, 'CLOCK_BOOTTIME_ALARM'],
];
