// The vDSO: an ELF shared object of one page that the kernel maps into every program, so that it can read clocks and return
// from signals without knowing numbers (vdso(7)); and the page before it, with the time data that its code reads.
//
// [vvar] one page, kernel-written at every tick     [vdso] one page: headers, symbols of version LINUX_4.15, code of vdso.s

import { assembleAt } from '../boot.ts';
import { ENOMEM } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { fromNanoseconds, realTimeBase, realTimeNow } from '../syscalls/time-values.ts';
import type { AddressSpace } from './address-space.ts';
import { PAGE_SIZE } from './layout.ts';
import { SharedPages } from './shared-pages.ts';

/** Symbols that vdso.s defines and programs may look up. */
const SYMBOLS = [
  '__vdso_rt_sigreturn',
  '__vdso_clock_gettime',
  '__vdso_clock_getres',
  '__vdso_gettimeofday',
  '__vdso_getcpu',
  '__vdso_flush_icache',
  '__vdso_riscv_hwprobe',
] as const;

const VERSION = 'LINUX_4.15';
const SONAME = 'linux-vdso.so.1';
/** Where the code starts in the image. */
const TEXT_OFFSET = 0x500;

// The time data, offsets in bytes.
const VVAR_SEQUENCE = 0;
const VVAR_MULTIPLIER = 4;
const VVAR_SHIFT = 8;
/** Not 0: the code may read the timebase. */
const VVAR_MODE = 12;
const VVAR_LAST_TICK = 16;
/** Ticks after which the code asks the kernel instead. */
const VVAR_LONGEST = 24;
/** {seconds, nanoseconds << SHIFT} for each clock id 0 … 11 that can be read precisely. */
const VVAR_CLOCKS = 32;
/** {seconds, nanoseconds} of CLOCK_REALTIME_COARSE and CLOCK_MONOTONIC_COARSE. */
const VVAR_COARSE = 256;
/** nanoseconds << 22 stays below 2^53, so that it is exact here. */
const SHIFT = 22;
/** 2^63 shifted nanoseconds are 2,199 s. */
const LONGEST_SECONDS = 1000;
/** CLOCK_REALTIME, MONOTONIC, MONOTONIC_RAW, BOOTTIME. */
const PRECISE_CLOCKS = (1 << 0) | (1 << 1) | (1 << 4) | (1 << 7);
const COARSE_CLOCKS = (1 << 5) | (1 << 6);

export class VdsoImage {
  readonly pages: SharedPages;
  /** Offset of __vdso_rt_sigreturn in the image. */
  readonly signalReturn: number;
  readonly #data: number;

  constructor(pages: SharedPages, data: number, signalReturn: number) {
    this.pages = pages;
    this.#data = data;
    this.signalReturn = signalReturn;
  }

  /** update_vsyscall: the time now, for the code to go on from. At every tick and when the clock is set. */
  updateTime(kernel: Kernel): void {
    const { ram } = kernel.machine;
    const data = this.#data;
    const ticks = kernel.machine.time();
    const monotonic = kernel.now();
    const sinceTick = monotonic % kernel.scheduler.options.tickNanoseconds;
    const base = realTimeBase(kernel);
    ram.setU32(data + VVAR_SEQUENCE, ram.u32(data + VVAR_SEQUENCE) + 2);
    ram.setNumber(data + VVAR_LAST_TICK, ticks);
    for (const clock of [0, 1, 4, 7]) {
      const real = clock === 0;
      const time = monotonic + (real ? base.nanoseconds : 0);
      const seconds = Math.floor(time / 1e9);
      ram.setNumber(data + VVAR_CLOCKS + clock * 16, seconds + (real ? base.seconds : 0));
      ram.setNumber(data + VVAR_CLOCKS + clock * 16 + 8, Math.round((time - seconds * 1e9) * 2 ** SHIFT));
    }
    // The coarse clocks stand still between ticks.
    for (const [index, { seconds, nanoseconds }] of [
      realTimeNow(kernel, monotonic - sinceTick),
      fromNanoseconds(monotonic - sinceTick),
    ].entries()) {
      ram.setNumber(data + VVAR_COARSE + index * 16, seconds);
      ram.setNumber(data + VVAR_COARSE + index * 16 + 8, nanoseconds);
    }
  }
}

/** Assembles vdso.s, wraps it as a shared object and puts it and its data into two frames. Throws Error if it does not fit. */
export function buildVdso(kernel: Kernel, source: string): VdsoImage {
  const constants: Record<string, number> = {
    VVAR_SEQUENCE,
    VVAR_MULTIPLIER,
    VVAR_SHIFT,
    VVAR_MODE,
    VVAR_LONGEST,
    VVAR_LAST_TICK,
    VVAR_CLOCKS,
    VVAR_COARSE,
    VVAR_PRECISE_CLOCKS: PRECISE_CLOCKS,
    VVAR_COARSE_CLOCKS: COARSE_CLOCKS,
  };
  const text = assembleAt(source, 'vdso.s', TEXT_OFFSET, '__vdso_rt_sigreturn', constants);
  const end = text.symbol('__vdso_end');
  const symbols = SYMBOLS.map((name) => ({ name, value: text.symbol(name) }));
  const starts = [...symbols.map((symbol) => symbol.value), end].sort((a, b) => a - b);
  const image = sharedObject(
    text.bytes,
    symbols.map((symbol) => ({ ...symbol, size: starts.find((start) => start > symbol.value)! - symbol.value })),
  );
  const pages = new SharedPages(2);
  const data = pages.page(kernel, 0);
  const code = pages.page(kernel, 1);
  const { ram } = kernel.machine;
  ram.slice(code, image.length).set(image);
  ram.setU32(data + VVAR_MULTIPLIER, Math.round((1e9 / kernel.machine.preset.timebaseHz) * 2 ** SHIFT));
  ram.setU32(data + VVAR_SHIFT, SHIFT);
  ram.setU32(data + VVAR_MODE, 1);
  ram.setNumber(data + VVAR_LONGEST, kernel.machine.preset.timebaseHz * LONGEST_SECONDS);
  return new VdsoImage(pages, data, text.symbol('__vdso_rt_sigreturn'));
}

/** Maps data and image at the top of the mmap area; -ENOMEM when it cannot. */
export function mapVdso(kernel: Kernel, space: AddressSpace): number {
  const base = space.regions.holeBelow(2 * PAGE_SIZE, PAGE_SIZE, space.mmapBase, 0);
  if (base === null) return -ENOMEM;
  const { pages } = kernel.vdso;
  const data = space.map({
    start: base,
    end: base + PAGE_SIZE,
    protection: 1,
    pages,
    offset: 0,
    name: '[vvar]',
    mayWrite: false,
  });
  if (data < 0) return data;
  const code = space.map({
    start: base + PAGE_SIZE,
    end: base + 2 * PAGE_SIZE,
    protection: 5,
    pages,
    offset: PAGE_SIZE,
    name: '[vdso]',
  });
  if (code < 0) return code;
  space.vdso = base + PAGE_SIZE;
  return 0;
}

/** Where a signal handler returns to: __vdso_rt_sigreturn in this program. */
export function vdsoSignalReturn(space: AddressSpace): number {
  return space.vdso + space.signalReturnOffset;
}

interface DynamicSymbol {
  readonly name: string;
  readonly value: number;
  readonly size: number;
}

/** The hash of System V ABI, "Hash Table". */
function elfHash(name: string): number {
  let hash = 0;
  for (const character of name) {
    hash = ((hash << 4) + character.charCodeAt(0)) >>> 0;
    const high = hash & 0xf000_0000;
    hash = (hash ^ (high >>> 24)) & ~high;
  }
  return hash >>> 0;
}

/** ELF header, PT_LOAD and PT_DYNAMIC, DT_HASH, symbols, version definition, then the code at TEXT_OFFSET. */
function sharedObject(code: Uint8Array, symbols: readonly DynamicSymbol[]): Uint8Array {
  const image = new Uint8Array(TEXT_OFFSET + code.length);
  if (image.length > PAGE_SIZE) throw new Error(`the vDSO takes ${image.length} bytes`);
  const view = new DataView(image.buffer);
  image.set(code, TEXT_OFFSET);

  const strings: number[] = [0];
  const string = (text: string): number => {
    const offset = strings.length;
    for (const character of text) strings.push(character.charCodeAt(0));
    strings.push(0);
    return offset;
  };
  const soname = string(SONAME);
  const version = string(VERSION);
  const names = symbols.map((symbol) => string(symbol.name));

  let at = 64 + 2 * 56;
  const place = (bytes: number): number => {
    const start = at;
    at = Math.ceil((at + bytes) / 8) * 8;
    return start;
  };
  const count = symbols.length + 1;
  const hash = place((2 + 1 + count) * 4);
  const symbolTable = place(count * 24);
  const stringTable = place(strings.length);
  const versionTable = place(count * 2);
  const versionDefinitions = place(2 * 28);
  const dynamic = place(10 * 16);
  if (at > TEXT_OFFSET) throw new Error(`the vDSO's headers take ${at} bytes`);

  image.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 3, true); // ET_DYN
  view.setUint16(18, 243, true); // EM_RISCV
  view.setUint32(20, 1, true);
  view.setUint32(32, 64, true); // program headers
  view.setUint32(48, 5, true); // EF_RISCV_RVC, double-float ABI
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 2, true);
  const programHeader = (
    offset: number,
    type: number,
    flags: number,
    start: number,
    size: number,
    align: number,
  ): void => {
    view.setUint32(offset, type, true);
    view.setUint32(offset + 4, flags, true);
    for (const field of [8, 16, 24]) view.setUint32(offset + field, start, true);
    for (const field of [32, 40]) view.setUint32(offset + field, size, true);
    view.setUint32(offset + 48, align, true);
  };
  programHeader(64, 1, 5, 0, image.length, PAGE_SIZE); // PT_LOAD, R X
  programHeader(64 + 56, 2, 4, dynamic, 10 * 16, 8); // PT_DYNAMIC, R

  // One bucket: every symbol is in its chain.
  view.setUint32(hash, 1, true);
  view.setUint32(hash + 4, count, true);
  view.setUint32(hash + 8, 1, true);
  for (let index = 1; index < count; index += 1) {
    view.setUint32(hash + 12 + index * 4, index + 1 < count ? index + 1 : 0, true);
  }
  for (const [index, symbol] of symbols.entries()) {
    const entry = symbolTable + (index + 1) * 24;
    view.setUint32(entry, names[index]!, true);
    view.setUint8(entry + 4, (1 << 4) | 2); // STB_GLOBAL, STT_FUNC
    view.setUint16(entry + 6, 1, true); // in some section
    view.setUint32(entry + 8, symbol.value, true);
    view.setUint32(entry + 16, symbol.size, true);
    view.setUint16(versionTable + (index + 1) * 2, 2, true);
  }
  image.set(strings, stringTable);

  // Verdef 1 is the object itself (VER_FLG_BASE), 2 is LINUX_4.15; each with one Verdaux.
  for (const [index, name] of [soname, version].entries()) {
    const entry = versionDefinitions + index * 28;
    view.setUint16(entry, 1, true);
    view.setUint16(entry + 2, index === 0 ? 1 : 0, true);
    view.setUint16(entry + 4, index + 1, true);
    view.setUint16(entry + 6, 1, true);
    view.setUint32(entry + 8, elfHash(index === 0 ? SONAME : VERSION), true);
    view.setUint32(entry + 12, 20, true);
    view.setUint32(entry + 16, index === 0 ? 28 : 0, true);
    view.setUint32(entry + 20, name, true);
  }
  const entries: readonly (readonly [tag: number, value: number])[] = [
    [14, soname], // DT_SONAME
    [4, hash],
    [5, stringTable],
    [6, symbolTable],
    [10, strings.length], // DT_STRSZ
    [11, 24], // DT_SYMENT
    [0x6fff_fff0, versionTable], // DT_VERSYM
    [0x6fff_fffc, versionDefinitions], // DT_VERDEF
    [0x6fff_fffd, 2], // DT_VERDEFNUM
    [0, 0],
  ];
  for (const [index, [tag, value]] of entries.entries()) {
    view.setUint32(dynamic + index * 16, tag, true);
    view.setUint32(dynamic + index * 16 + 8, value, true);
  }
  return image;
}
