// Where things are, physically and virtually. One file, because entry.s, the boot code and the page tables must agree.
//
// physical:  RAM_BASE            kernel text: entry.s first, then the charged routines (cost/layout.ts)
//            + TEXT_BYTES        per-hart area, one page
//            + …                 frames of the allocator, to the end of RAM
// virtual:   0 … USER_END        the program (Sv39's lower half, 256 GiB)
//            DEVICE_BASE         the first 2 MiB of physical space: the gate
//            DIRECT_MAP          all RAM, in 2 MiB pages, as Linux maps it for Sv39 (Documentation/arch/riscv/vm-layout.rst)
//
// Upper-half addresses are signed JS numbers (0xffffffd6_0000_0000 is negative), exact.

export const PAGE_SIZE = 4096;
export const PAGE_SHIFT = 12;
export const MEGAPAGE_BYTES = 0x20_0000;

export const RAM_BASE = 0x8000_0000;
export const TEXT_BYTES = 2 * MEGAPAGE_BYTES;
/** Kernel text that entry.s may fill; the charged routines follow. */
export const ENTRY_BYTES = 0x1000;
export const HART_AREA = RAM_BASE + TEXT_BYTES;
export const FRAMES_START = HART_AREA + PAGE_SIZE;

/** First address past the program's half: TASK_SIZE of riscv64 Sv39. */
export const USER_END = 0x40_0000_0000;

/** Device register whose write hands a trap to the TypeScript kernel. */
export const GATE_PHYSICAL = 0x0011_0000;
export const DEVICE_BASE = -0x32_0000_0000; // 0xffffffce_0000_0000
export const GATE_VIRTUAL = DEVICE_BASE + GATE_PHYSICAL;

export const DIRECT_MAP = -0x2a_0000_0000; // 0xffffffd6_0000_0000, PAGE_OFFSET of Sv39
/** Add to a physical RAM address for its address in the direct map. */
export const VIRTUAL_MINUS_PHYSICAL = DIRECT_MAP - RAM_BASE;

// The per-hart area, which entry.s and traps.ts share. Offsets in bytes; each word has 64 bits.
/** Virtual address of the trap frame whose registers (FP included) are on the hart. */
export const HART_CURRENT_FRAME = 0;
/** Virtual address of the frame to resume, put here by the TypeScript kernel. */
export const HART_NEXT_FRAME = 8;
/** satp to resume with. */
export const HART_NEXT_SATP = 16;
/** Virtual address of the gate. */
export const HART_GATE = 24;
/** satp of the page table for ring 3 (only with `kpti`). */
export const HART_USER_SATP = 32;
/** A trap frame without FP state that is current when no task's is; in the per-hart area's page. */
export const BOOT_FRAME = HART_AREA + 2048;
