// What memory management executes, in parts: Linux 6.12 riscv64, the units are in the names' comments. Parts are fitted to rows of
// bench/calibration/linux-6.12-riscv64-instructions.csv; how a row's total divides among its parts follows the lengths of the
// Linux functions named, estimated. Clearing and copying pages are charged by bytes (cost/layout.ts), on top of these.

import { routines } from '../routine.ts';

export const memoryCosts = routines({
  // FP context: 32 loads or stores, fcsr, two changes of sstatus.
  fstate_save: 40,
  fstate_restore: 40,

  // Page faults. pagefault.anon_write, pagefault.cow_copy.
  handle_page_fault: 320, // find the region, check the access
  handle_mm_fault: 480, // walk and allocate down to the entry
  do_anonymous_page: 620,
  alloc_page: 780, // one frame from the allocator, its checks and accounting
  mem_cgroup_charge: 640,
  folio_add_lru: 520, // rmap and LRU of a new page
  set_pte: 210, // write the entry, update_mmu_cache
  wp_page_copy: 1100,
  wp_page_reuse: 420,
  do_fault: 520, // from a file: fixed part
  filemap_get_page: 380,
  fault_around: 600, // fixed part of mapping the pages around
  fault_around_page: 300, // each of them: pagefault.file_16pages_total
  page_table_alloc: 900, // one table

  // mmap, munmap, mprotect, brk. mmap_munmap.1page, mprotect_toggle_pair.
  sys_memory: 40, // argument checks of one call
  do_mmap: 2750,
  mmap_region: 3200,
  vma_split: 2300,
  vma_merge: 1500,
  do_munmap: 3150,
  unmap_region: 3600, // one region: detach, free its structures
  zap_page: 400, // one present page: clear the entry, rmap, free
  free_page: 330, // its frame's last reference is gone
  free_table: 420,
  mprotect_fixup: 4700, // one region
  change_pte: 90, // one page
  do_brk: 1900,
  move_page: 160, // mremap: one page
  madvise_walk: 700,
  mincore_page: 30,
  msync_walk: 600,
  mlock_walk: 900,

  // fork, exec and exit. fork_exit_wait.static_small, fork_exec_exit_wait.static.
  dup_mm: 7800,
  dup_region: 4600,
  copy_pte: 260, // one present page
  mm_alloc: 8000,
  exit_mmap: 9000,
  exit_region: 2000, // each region of a program that ends
  load_elf: { instructions: 24_000, textBytes: 12_000 },
  load_segment: { instructions: 6500, textBytes: 6000 },
  stack_string: 260, // one argv or envp string
});
