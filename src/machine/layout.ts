// The whole linear-memory map of the machine, read by both sides: AssemblyScript (assembly/) and TypeScript. Plain numeric
// constants only. All machine state lies here and none in wasm globals, so that a snapshot is a copy of this memory.
// The running hart's state is a window at fixed addresses: a constant offset in every load and store costs nothing, a
// hart base register costs an addition per operand. Another hart is switched in by exchanging the window, HART_BYTES.
// [STATIC, STATIC_END) belongs to the compiler (`memoryBase` in asconfig.json).

// --- hart window -------------------------------------------------------------------------------------------------
export const HART = 0;
export const HART_BYTES = 0x1000;
/** Accrued FP flags. */
export const FFLAGS = 0x40;
export const FRM = 0x44;
export const PC = 0x48;
/** Current ring: 0 user, 1 supervisor. */
export const PRIVILEGE = 0x50;
/** Id of the pipeline state in which the next instruction issues (timing/pipeline.ts). */
export const PIPELINE = 0x54;
export const CYCLE = 0x58;
export const INSTRET = 0x60;
/** At a taken control transfer with cycle >= DEADLINE the hart looks up: budget, events, interrupts. */
export const DEADLINE = 0x68;
/** First cycle at which a timer or device event is due. */
export const NEXT_EVENT = 0x70;
/** run() returns at the first taken transfer at or after this cycle. */
export const UNTIL_CYCLE = 0x78;
/** run() returns at the first taken transfer with INSTRET >= this. */
export const INSTRET_LIMIT = 0x80;
export const STOP_REASON = 0x88;
export const GATE_VALUE = 0x90;
/** Cycles that the clock jumped over while nothing ran. */
export const IDLE_CYCLES = 0x98;
export const RESERVATION_ADDRESS = 0xa0; // physical, -1: none
/** A fault raised inside a memory access, waiting to be taken: cause (-1: none) and stval. */
export const FAULT_CAUSE = 0xa8;
export const FAULT_VALUE = 0xb0;
/** Scratch for calls that have more than one result. */
export const RESULT = 0xb8;
/** Physical addresses of the access being done: its first page, and its second or 0. */
export const ACCESS_FIRST = 0x3d0;
export const ACCESS_SECOND = 0x3d8;
/** The last two store addresses (virtual, low 12 bits and byte mask): store-to-load replays. */
export const STORE_ADDRESS_0 = 0xc0;
export const STORE_ADDRESS_1 = 0xc4;
/** FS field of sstatus: 0 off, 1 initial, 2 clean, 3 dirty. */
export const FP_STATUS = 0xc8;
/** Speed TLBs of the current ring. */
export const TLB_BASE = 0xcc;
/** Where the hot loop goes on after a slow path; 0: leave it. */
export const NEXT_RECORD = 0xd0;
/** The virtual page that is being executed. */
export const VIRTUAL_PAGE = 0xd8;
/** A record whose execution reloads the hot loop's locals and goes to NEXT_RECORD. */
export const SYNC_RECORD = 0xe0;
/** CYCLE when the counters were last drained. */
export const CYCLE_MARK = 0xe8;
/** Tree-PLRU words of the modelled TLBs: page entries' bits first, then superpages'. */
export const ITLB_PLRU = 0xf0;
export const DTLB_PLRU = 0xf8;
/** 32 integer registers and one that nobody reads: the destination of x0. */
export const X = 0x100;
export const X_SINK = 256;
export const F = 0x210;
export const CSR_STATUS = 0x320;
export const CSR_STVEC = 0x328;
export const CSR_SSCRATCH = 0x330;
export const CSR_SEPC = 0x338;
export const CSR_SCAUSE = 0x340;
export const CSR_STVAL = 0x348;
export const CSR_SIE = 0x350;
/** Interrupt bits set by software (SSIP) and by devices (SEIP); STIP is computed. */
export const CSR_SIP = 0x358;
export const CSR_SATP = 0x360;
export const CSR_SCOUNTEREN = 0x368;
export const CSR_SENVCFG = 0x370;
export const CSR_STIMECMP = 0x378;
/** Last walk: level of the leaf, its attributes, physical addresses of the three entries read. */
export const WALK_LEVEL = 0x380;
export const WALK_ENTRY = 0x388;
export const WALK_ADDRESSES = 0x390; // 3 u64, level 2 first
/** Allocation in the block pool, and how often it was emptied. */
export const BLOCK_NEXT = 0x3b0;
export const BLOCK_GENERATION = 0x3b4;
export const PIPELINE_COUNT = 0x3b8;
/** 1: the next instruction follows in sequence (no fetch of its line), 0: a control transfer came before. */
export const SEQUENTIAL = 0x3bc;

// --- counters: a bank of u64 for each ring, then traps by cause -----------------------------------------------------
export const COUNTERS = 0x1000;
export const COUNTER_BANK_BYTES = 0x400;
export const COUNTER_BANK = 0x400; // u32 cell: address of the current ring's bank
export const COUNT_CYCLES = 0;
export const COUNT_INSTRUCTIONS = 8;
/** The split of cycles; the parts from ISSUE to TRAP add up to CYCLES. */
export const COUNT_ISSUE = 16;
export const COUNT_LOAD_USE = 24;
export const COUNT_MULDIV = 32;
export const COUNT_FP = 40;
export const COUNT_BRANCH = 48;
export const COUNT_FETCH_MISS = 56;
export const COUNT_DATA_MISS = 64;
export const COUNT_TLB = 72;
export const COUNT_TRAP = 80;
export const COUNT_L1I_LOADS = 88;
export const COUNT_L1I_MISSES = 96;
export const COUNT_L1D_LOADS = 104;
export const COUNT_L1D_LOAD_MISSES = 112;
export const COUNT_L1D_STORES = 120;
export const COUNT_L1D_STORE_MISSES = 128;
export const COUNT_L1D_WRITEBACKS = 136;
export const COUNT_DTLB_LOAD_MISSES = 144;
export const COUNT_DTLB_STORE_MISSES = 152;
export const COUNT_ITLB_MISSES = 160;
export const COUNT_WALKS = 168;
export const COUNT_BRANCHES = 176;
export const COUNT_BRANCH_MISSES = 184;
export const COUNT_L2_LOADS = 192;
export const COUNT_L2_MISSES = 200;
/** Traps taken, by cause: 32 exceptions, then 32 interrupts; u64. */
export const TRAP_COUNTS = 0x1800;
/** A fence at this address waits: the last load or store was just before it. */
export const FENCE_PC = 0x3c0;
export const FENCE_STALL = 0x3c8;
/** The branch predictor's fast side: index part of the current page's bits, history bit, state after an outcome. */
export const PREDICT_PAGE = 0x500;
export const PREDICT_NEWEST = 0x508; // history bit of a taken branch
export const PREDICT_NEXT = 0x510; // u8 [counter << 1 | taken]
/** Line fetches counted by the hot loop. */
export const FETCHES = 0x3cc;
/** The pipeline state as data, for snapshots. */
export const PIPELINE_SAVED = 0x600;
/**
 * What the executed blocks add up, as 32-bit lanes: instructions, loads, stores, branches; then stall cycles
 * load-use, muldiv, fp, branch. Drained into the bank of the ring at every stop, ring switch and counter read.
 */
export const LANES = 0x410;
export const LANES_TIMING = 0x420;

// --- parameters: i32 cells written by the host before configure(), see machine/parameters.ts -------------------------
export const PARAMETERS = 0x2000;
export const PARAMETERS_BYTES = 0x800;
export const P_TIMING = 0x2000;
export const P_RAM_BYTES = 0x2004;
export const P_TIME_DIVIDEND = 0x2008; // time = cycle * dividend / divisor
export const P_TIME_DIVISOR = 0x200c;
export const P_L1I_SETS = 0x2010;
export const P_L1I_WAYS = 0x2014;
export const P_L1I_LINE_SHIFT = 0x2018;
export const P_L1I_REPLACEMENT = 0x201c;
export const P_L1I_MISS = 0x2020;
export const P_L1D_SETS = 0x2030;
export const P_L1D_WAYS = 0x2034;
export const P_L1D_LINE_SHIFT = 0x2038;
export const P_L1D_REPLACEMENT = 0x203c;
export const P_L1D_MISS = 0x2040;
export const P_L1D_DIRTY = 0x2044;
export const P_L2_SETS = 0x2050; // 0: no L2
export const P_L2_WAYS = 0x2054;
export const P_L2_LINE_SHIFT = 0x2058;
export const P_L2_REPLACEMENT = 0x205c;
export const P_L2_HIT = 0x2060;
export const P_L2_DIRTY = 0x2064;
export const P_DRAM = 0x2068;
export const P_UNCACHED = 0x206c;
export const P_ITLB_ENTRIES = 0x2070;
export const P_ITLB_SECTOR_SHIFT = 0x2074;
export const P_ITLB_SUPERPAGES = 0x2078;
export const P_ITLB_MISS = 0x207c;
export const P_DTLB_ENTRIES = 0x2080;
export const P_DTLB_SECTOR_SHIFT = 0x2084;
export const P_DTLB_SUPERPAGES = 0x2088;
export const P_DTLB_MISS = 0x208c;
export const P_L2TLB_SETS = 0x2090; // 0: none
export const P_L2TLB_WAYS = 0x2094;
export const P_L2TLB_HIT = 0x2098;
export const P_WALK_CACHE = 0x209c;
export const P_WALK_STEP = 0x20a0;
export const P_WALK_SHORTER = 0x20a8;
export const P_ASID_BITS = 0x20a4;
export const P_BTB_ENTRIES = 0x20b0;
export const P_BTB_PAGES = 0x20b4;
export const P_BHT_ENTRIES = 0x20b8;
export const P_BHT_COUNTER_BITS = 0x20bc;
export const P_BHT_HISTORY_LENGTH = 0x20c0;
export const P_BHT_HISTORY_BITS = 0x20c4;
export const P_RAS_ENTRIES = 0x20c8;
export const P_MISPREDICT = 0x20cc;
export const P_FETCH_REDIRECT = 0x20d0;
export const P_STRADDLE = 0x20d4;
// Latencies from issue to the issue of a dependent instruction.
export const P_LOAD = 0x2100;
export const P_LOAD_SUBWORD = 0x2104;
export const P_LOAD_FP = 0x2108;
export const P_CSR = 0x210c;
export const P_MUL_ITERATIVE = 0x2110; // 1: bits a cycle with early out, 0: pipelined
export const P_MUL = 0x2114;
export const P_MUL_BITS = 0x2118;
export const P_DIV = 0x211c;
export const P_DIV_BITS = 0x2120;
export const P_AMO = 0x2124;
export const P_AMO_BUSY = 0x2128;
export const P_STORE_CONDITIONAL = 0x212c;
export const P_STORE_LOAD_REPLAY = 0x2130;
export const P_FENCE_AFTER_MEMORY = 0x2134;
export const P_FENCE_I = 0x2138;
export const P_CSR_FLUSH = 0x213c;
export const P_SFENCE = 0x2140;
export const P_TRAP = 0x2144;
export const P_TRAP_RETURN = 0x2148;
export const P_MISALIGNED = 0x214c;
export const P_FP_ALIAS = 0x2150; // 1: FP interlock compares register numbers only
export const P_WRITE_PORT = 0x2154; // 1: long results wait for a free integer write port
export const P_FP_ADD_S = 0x2158;
export const P_FP_ADD_D = 0x215c;
export const P_FP_MUL_S = 0x2160;
export const P_FP_MUL_D = 0x2164;
export const P_FP_MULADD_S = 0x2168;
export const P_FP_MULADD_D = 0x216c;
export const P_FP_DIV_S = 0x2170;
export const P_FP_DIV_D = 0x2174;
export const P_FP_SQRT_S = 0x2178;
export const P_FP_SQRT_D = 0x217c;
export const P_FP_SHORT = 0x2180; // sign injection, min/max, conversions and moves to FP
export const P_FP_TO_INT = 0x2184;
/** Host's debugging switches: drop speed structures at every run(). */
export const P_DEBUG_FLUSH_TLBS = 0x2200;
export const P_DEBUG_FLUSH_DECODED = 0x2204;
/** Virtual minus physical address of the kernel's direct map, f64. */
export const P_DIRECT_MAP = 0x2208;
/** 1: charge calls translate kernel addresses (satp is on and the direct map is known). */
export const P_DIRECT_MAP_VALID = 0x2210;

// --- devices ---------------------------------------------------------------------------------------------------------
export const CLINT_STATE = 0x3000;
export const PLIC_STATE = 0x3100;
export const UART_STATE = 0x3400;
export const VIRTIO_STATE = 0x3800; // 8 transports of 0x100 bytes
export const RTC_STATE = 0x4000;
export const UART_TX_RING = 0x5000;
export const UART_TX_RING_BYTES = 0x2000;

// --- compiler's static data --------------------------------------------------------------------------------------------
export const STATIC = 0x10000;
export const STATIC_END = 0x20000;

// --- speed TLBs: [ring][read, write, fetch], 256 entries of 32 bytes: tag, addend, keep, set ------------------------------
export const SPEED_TLB = 0x20000;
export const SPEED_TLB_ENTRIES = 256;
export const SPEED_TLB_BYTES = 0x2000;
export const SPEED_TLB_RING_BYTES = 0x6000;
export const SPEED_WRITE = 0x2000;
export const SPEED_FETCH = 0x4000;
export const SPEED_TLB_END = 0x2c000;

// --- timing state ----------------------------------------------------------------------------------------------------------
export const TIMING_STATE = 0x2c000;
export const L1I_TAGS = 0x30000; // u32 a way: physical line + 1
export const L1D_TAGS = 0x50000;
export const L2_TAGS = 0x70000;
export const L1I_AGE = 0x170000;
export const L1D_AGE = 0x190000;
export const L2_AGE = 0x1b0000;
export const L2TLB = 0x1d0000; // 4096 entries of 16 bytes
export const PREDICTOR = 0x1e0000;
export const TIMING_END = 0x1f0000;

// --- speed structures, not part of a snapshot ----------------------------------------------------------------------------------
export const PIPELINE_TABLE = 0x200000; // 16 Ki states of 256 bytes
export const PIPELINE_STATES = 16384;
export const PIPELINE_STATE_BYTES = 256;
export const PIPELINE_HASH = 0x600000; // u32 a bucket
export const PIPELINE_SCRATCH = 0x620000;
/** Cuts of blocks that happened before: 4096 of 64 bytes, see hart/enter.ts. */
export const CUTS = 0x700000;
export const CUT_ENTRIES = 4096;
export const BLOCK_HASH = 0x640000; // 64 Ki u32
export const BLOCK_BUCKETS = 65536;
export const CODE_PAGES = 0x800000; // u32 a physical page of RAM: its first block
export const BLOCKS = 0xa00000;
export const BLOCKS_END = 0x5000000;
/** One byte for each 32 bytes of RAM: 0 absent; bit 0 present in the cache; bit 1 dirty. */
export const L1I_MAP = 0x5000000;
export const L1D_MAP = 0x9000000;
export const MAP_SHIFT = 5;
export const MAP_BYTES = 0x4000000;
/** Guest RAM, last. */
export const RAM = 0x10000000;

// --- guest physical addresses (QEMU's virt board) --------------------------------------------------------------------------------
export const RAM_BASE = 0x80000000;
export const GATE_BASE = 0x00110000;
export const RTC_BASE = 0x00101000;
export const CLINT_BASE = 0x02000000;
export const PLIC_BASE = 0x0c000000;
export const UART_BASE = 0x10000000;
export const VIRTIO_BASE = 0x10001000;

// --- stop reasons ----------------------------------------------------------------------------------------------------------------------
export const STOP_NONE = 0;
export const STOP_SLICE = 1;
export const STOP_GATE = 2;
export const STOP_IDLE = 3;
export const STOP_CYCLES = 4;
