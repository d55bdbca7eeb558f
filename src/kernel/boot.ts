// Boot: from a machine in its reset state to a kernel that can make its first program. Assembles entry.s for its place,
// writes the page tables of the upper half and the per-hart area, turns translation on.

import { assembleExecutable, formatDiagnostics } from '../assembler/assemble.ts';
import { loadKernelSources } from './boot-sources.ts';
import type { Kernel } from './kernel.ts';
import * as layout from './memory/layout.ts';
import { makePte, PTE_A, PTE_D, PTE_G, PTE_R, PTE_V, PTE_W, PTE_X } from './memory/page-tables.ts';
import * as trapFrame from './memory/trap-frame.ts';
import { buildVdso } from './memory/vdso.ts';

/** Assembly sources that the kernel assembles at boot. */
export interface KernelSources {
  readonly entry: string;
  readonly vdso: string;
}

const CSR_SSTATUS = 0x100;
const CSR_SIE = 0x104;
const CSR_STVEC = 0x105;
const CSR_SCOUNTEREN = 0x106;
const CSR_SSCRATCH = 0x140;
const CSR_SATP = 0x180;
const SIE_TIMER_AND_EXTERNAL = (1n << 5n) | (1n << 9n);
/** Ring 3 may read cycle, time and instret. */
const COUNTERS_FOR_USERS = 7n;

export async function bootImage(kernel: Kernel, given?: KernelSources): Promise<void> {
  const sources = given ?? (await loadKernelSources());
  const { machine } = kernel;
  const { ram, hart } = machine;

  const place = kernel.virtualOf(layout.RAM_BASE);
  const entry = assembleAt(sources.entry, 'entry.s', place, 'trap_entry', definitions(kernel));
  if (entry.bytes.length > layout.ENTRY_BYTES) throw new Error(`entry.s takes ${entry.bytes.length} bytes`);
  ram.slice(layout.RAM_BASE, entry.bytes.length).set(entry.bytes);
  ram.noteWrite(layout.RAM_BASE, entry.bytes.length);
  kernel.entryPoints = {
    trap: entry.symbol('trap_entry'),
    resume: entry.symbol('resume'),
    switchAddressSpace: entry.symbol('switch_address_space'),
  };

  kernel.rootTable = upperHalf(kernel);
  kernel.zeroPage = kernel.frames.allocateReserved();
  ram.fill(kernel.zeroPage, layout.PAGE_SIZE, 0);
  kernel.vdso = buildVdso(kernel, sources.vdso);

  ram.fill(layout.HART_AREA, layout.PAGE_SIZE, 0);
  ram.setNumber(layout.HART_AREA + layout.HART_CURRENT_FRAME, kernel.virtualOf(layout.BOOT_FRAME));
  ram.setNumber(layout.HART_AREA + layout.HART_GATE, layout.GATE_VIRTUAL);

  machine.setDirectMap(layout.VIRTUAL_MINUS_PHYSICAL);
  hart.privilege = 1;
  hart.setCsr(CSR_SSTATUS, 0n);
  hart.setCsr(CSR_SATP, (8n << 60n) | BigInt(kernel.rootTable / layout.PAGE_SIZE));
  hart.setCsr(CSR_STVEC, BigInt(kernel.entryPoints.trap));
  hart.setCsr(CSR_SSCRATCH, 0n);
  hart.setCsr(CSR_SIE, SIE_TIMER_AND_EXTERNAL);
  hart.setCsr(CSR_SCOUNTEREN, COUNTERS_FOR_USERS);
  // As entry.s has them after a gate.
  hart.setX(8, BigInt(kernel.virtualOf(layout.HART_AREA)));
  hart.setX(9, BigInt(layout.GATE_VIRTUAL));
  hart.pcNumber = kernel.entryPoints.resume;
}

/** The constants that entry.s names. */
function definitions(kernel: Kernel): Readonly<Record<string, number>> {
  return {
    HART_AREA: kernel.virtualOf(layout.HART_AREA),
    HART_CURRENT_FRAME: layout.HART_CURRENT_FRAME,
    HART_NEXT_FRAME: layout.HART_NEXT_FRAME,
    HART_NEXT_SATP: layout.HART_NEXT_SATP,
    HART_USER_SATP: layout.HART_USER_SATP,
    HART_GATE: layout.HART_GATE,
    FRAME_STATUS: trapFrame.FRAME_STATUS,
    FRAME_BADADDR: trapFrame.FRAME_BADADDR,
    FRAME_CAUSE: trapFrame.FRAME_CAUSE,
    FRAME_FP: trapFrame.FRAME_FP,
    FRAME_FCSR: trapFrame.FRAME_FCSR,
    SSTATUS_FS: trapFrame.SSTATUS_FS,
    SSTATUS_FS_CLEAN: trapFrame.SSTATUS_FS_CLEAN,
    KPTI: kernel.options.kpti ? 1 : 0,
    FLUSH_AT_SWITCH: kernel.asids.bits === 0 ? 1 : 0,
  };
}

/** The root table with the kernel's half: the gate's page and the direct map of all RAM, in 2 MiB pages. */
function upperHalf(kernel: Kernel): number {
  const { ram } = kernel.machine;
  const root = newTable(kernel);
  const rights = PTE_V | PTE_R | PTE_W | PTE_G | PTE_A | PTE_D;
  const devices = newTable(kernel);
  ram.setU32(root + rootIndex(layout.DEVICE_BASE) * 8, makePte(devices, PTE_V));
  ram.setU32(devices, makePte(0, rights));
  for (let physical = layout.RAM_BASE; physical < layout.RAM_BASE + ram.size; physical += 0x4000_0000) {
    const table = newTable(kernel);
    ram.setU32(root + rootIndex(kernel.virtualOf(physical)) * 8, makePte(table, PTE_V));
    for (let index = 0; index < 512; index += 1) {
      const page = physical + index * layout.MEGAPAGE_BYTES;
      if (page >= layout.RAM_BASE + ram.size) break;
      const text = page < layout.RAM_BASE + layout.TEXT_BYTES;
      ram.setU32(table + index * 8, makePte(page, text ? rights | PTE_X : rights));
    }
  }
  return root;
}

/** Index of an upper-half address in the root table. */
function rootIndex(virtual: number): number {
  return Math.floor((virtual + 0x80_0000_0000) / 0x4000_0000) % 512;
}

function newTable(kernel: Kernel): number {
  const table = kernel.frames.allocateReserved();
  if (table === 0) throw new Error('not enough memory to boot');
  kernel.machine.ram.fill(table, layout.PAGE_SIZE, 0);
  return table;
}

export interface AssembledText {
  readonly bytes: Uint8Array;
  /** The value of a global symbol as a number. Throws Error if there is none. */
  symbol(name: string): number;
}

/** Assembles one source that has only a .text and links it for `address`, with these symbols defined. Throws Error with the assembler's messages. */
export function assembleAt(
  source: string,
  name: string,
  address: number,
  entry: string,
  defines: Readonly<Record<string, number>>,
): AssembledText {
  const textBase = BigInt.asUintN(64, BigInt(address));
  const result = assembleExecutable([{ name, text: source }], { textBase, entry, defines });
  if (!result.ok) throw new Error(formatDiagnostics(result.diagnostics));
  const text = result.sections.find((section) => section.name === '.text');
  if (text === undefined) throw new Error(`${name} has no .text`);
  return {
    bytes: text.data,
    symbol(symbolName) {
      const value = result.symbols.get(symbolName);
      if (value === undefined) throw new Error(`${name} does not define ${symbolName}`);
      return Number(BigInt.asIntN(64, value));
    },
  };
}
