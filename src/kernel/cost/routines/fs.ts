// What the VFS and the in-memory file systems execute. The parts are fitted to the rows of
// bench/calibration/linux-6.12-riscv64-instructions.csv, entry and exit (about 380) being charged elsewhere:
//   lseek 154 = fdget + lseek            read.devzero.1 499 = fdget + vfs_read + read_zero + one copied byte
//   write.devnull.1 413                  pread.tmpfs 1 byte 1,333 = fdget + vfs_read + shmem_read + one page
//   pread.tmpfs 64 KiB: 15 more pages and 65,535 more bytes take 28,170     pwrite.tmpfs.1 1,780, 4,095 more bytes 1,235
//   stat.tmp_f 4,485 = getname + walk_init + 2 components + a mount crossed + getattr + copy of the result
//   open_close.tmp_f 7,423               create_unlink 25,600
//   getdents.proc_self_fd 21,945         read.proc_stat 31,125

import { routines } from '../routine.ts';

export const fsRoutines = routines({
  // descriptors and descriptions
  fdget: 58,
  fd_allocate: 260,
  fd_close: 420,
  file_allocate: 900,
  file_release: 1180,
  fd_duplicate: 240,
  fd_fork_each: { instructions: 14, textBytes: 128 },

  // read and write
  sys_read: 30,
  sys_lseek: 114,
  vfs_read: 264,
  vfs_write: 254,
  iovec_import: { instructions: 40, textBytes: 160 },
  read_zero: 151,
  write_null: 75,
  shmem_read: 411,
  shmem_read_page: { instructions: 570, textBytes: 1200 },
  shmem_write: 668,
  shmem_write_page: { instructions: 770, textBytes: 1600 },
  shmem_new_page: 1500,
  shmem_truncate_page: 620,

  // path walk
  getname: 500,
  path_init: 450,
  walk_component: { instructions: 760, textBytes: 2200 },
  walk_mount_crossing: 160,
  walk_symlink: 700,
  lookup_miss: 1400,
  path_complete: 300,

  // inodes
  getattr: 840,
  copy_stat: 620,
  copy_statx: 640,
  set_attributes: 1300,
  do_open: 2090,
  inode_create: 5600,
  inode_unlink: 4200,
  inode_evict: 1750,
  directory_change: 1900,
  inode_rename: 6000,
  access_check: 700,

  // directories
  getdents: 700,
  getdents_entry: { instructions: 330, textBytes: 800 },
  procfs_entry: { instructions: 400, textBytes: 1200 },

  // procfs
  proc_lookup: 700,
  proc_open: 2200,
  seq_read: 1200,
  seq_unit: { instructions: 1, textBytes: 2048 },
  seq_character: { instructions: 22, textBytes: 1600 },

  // the rest
  fcntl: 120,
  ioctl: 180,
  statfs: 900,
  mount: 24_000,
  umount: 18_000,
  sync: 1200,
  lock: 1600,
  xattr: 900,
  splice_page: 700,
  inotify_event: 900,
  descriptor_call: 60,
});
