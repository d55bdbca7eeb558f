// Runs the calibration kernels on the machine: the ring-3 ones as an ordinary program under Sv39 with 4 KiB pages, the privileged
// ones in ring 0 (or as the harness says) on page tables like those of bench/calibration/harness/bare.c.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readProgram } from '../../src/elf/read.ts';
import { Machine } from '../../src/machine/machine.ts';
import { loadPreset, setParameter } from '../../src/machine/preset.ts';
import { AddressSpace, loadProgram, runProgram } from './bare-loader.ts';

export interface Row {
  readonly group: string;
  readonly kernel: string;
  readonly instret: number;
  readonly cold: number;
  readonly warm: number;
}

export interface KernelImages {
  /** The program kernels-linux. */
  readonly user: Uint8Array;
  /** Privileged kernels, linked for the start of RAM. */
  readonly privileged: Uint8Array;
  /** Symbols of the latter. */
  readonly symbols: ReadonlyMap<string, number>;
  readonly privilegedKernels: readonly string[];
  readonly tlbKernels: readonly string[];
}

const COMPILER = 'riscv64-linux-gnu-gcc';
const FLAGS = ['-O2', '-march=rv64gc', '-mabi=lp64d', '-mcmodel=medany', '-ffreestanding', '-fno-pic'];

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Builds both images out of tree. `calibration` is bench/calibration, `harness` bench/timing/harness. */
export function buildKernels(calibration: string, harness: string): KernelImages {
  const work = mkdtempSync(join(tmpdir(), 'cyclix-kernels-'));
  try {
    for (const folder of [join(calibration, 'kernels'), join(calibration, 'harness'), harness]) {
      for (const file of readdirSync(folder)) if (file !== 'Makefile') cpSync(join(folder, file), join(work, file));
    }
    cpSync(join(calibration, 'kernels', 'Makefile'), join(work, 'Makefile'));
    run('make', ['-s', 'kernels-linux'], work);
    for (const source of ['priv', 'stub']) run(COMPILER, [...FLAGS, '-c', `${source}.S`, '-o', `${source}.o`], work);
    const objects = ['stub.o', 'measure.o', 'core.o', 'priv.o'];
    const link = ['-static', '-nostdlib', '-no-pie', '-T', 'link.ld', '-Wl,-z,max-page-size=4096,--build-id=none'];
    run(COMPILER, [...link, '-o', 'privileged.elf', ...objects], work);
    const symbols = new Map<string, number>();
    for (const line of run('riscv64-linux-gnu-nm', ['privileged.elf'], work).split('\n')) {
      const [address, , name] = line.split(' ');
      if (name !== undefined) symbols.set(name, Number.parseInt(address!, 16));
    }
    const list = (file: string): string[] =>
      [...readFileSync(join(work, file), 'utf8').matchAll(/M\((\w+)\)/g)].map((match) => match[1]!);
    return {
      user: readFileSync(join(work, 'kernels-linux')),
      privileged: readFileSync(join(work, 'privileged.elf')),
      symbols,
      privilegedKernels: list('priv.list'),
      tlbKernels: list('tlb.list'),
    };
  } finally {
    rmSync(work, { recursive: true });
  }
}

async function machineWith(preset: string, settings: readonly string[]): Promise<Machine> {
  let parameters = loadPreset(preset);
  for (const setting of settings) parameters = setParameter(parameters, setting);
  return Machine.create({ preset: parameters, ramBytes: 64 * 1024 * 1024 });
}

/** The groups ending in .u39. */
export async function measureUser(images: KernelImages, settings: readonly string[], only: readonly string[] = []) {
  const machine = await machineWith('rocket', settings);
  const { output, trap } = runProgram(loadProgram(machine, images.user, ['kernels-linux', ...only]));
  if (trap !== null) throw new Error(trap);
  const rows: Row[] = [];
  for (const line of output.trim().split('\n')) {
    const [group, kernel, instret, cold, warm] = line.split(' ');
    rows.push({
      group: `${group}.u39`,
      kernel: kernel!,
      instret: Number(instret),
      cold: Number(cold),
      warm: Number(warm),
    });
  }
  return rows;
}

const PAGE = 4096;
const V = 1;
const RW = 6;
const RWX = 14;
const U = 16;
const AD = 192;
const SUPERVISOR_ALIAS = 0x4000_0000;
const GATE = 0x11_0000;
const USER_GATE = 0x20_0000;

type Mode = 'supervisor' | 'user';

/** One privileged kernel on a fresh machine. `handler`: symbol for stvec. */
async function measureOne(
  images: KernelImages,
  settings: readonly string[],
  group: string,
  kernel: string,
  mode: Mode,
  paged: boolean,
  handler: string | null,
): Promise<Row> {
  const machine = await machineWith('rocket', settings);
  const { hart, ram } = machine;
  const program = readProgram(images.privileged);
  if (!program.ok) throw new Error(program.reason);
  for (const { type, virtualAddress, offset, fileSize } of program.elf.segments) {
    if (type !== 1) continue; // PT_LOAD
    ram.slice(Number(virtualAddress), fileSize).set(images.privileged.subarray(offset, offset + fileSize));
  }
  const symbol = (name: string): number => {
    const address = images.symbols.get(name);
    if (address === undefined) throw new Error(`no symbol ${name}`);
    return address;
  };
  const space = new AddressSpace(machine, ram.base + 0x20_0000);
  for (let offset = 0; offset < 0x20_0000; offset += PAGE) {
    space.map(ram.base + offset, ram.base + offset, V | RWX | U | AD);
    space.map(ram.base + SUPERVISOR_ALIAS + offset, ram.base + offset, V | RWX | AD);
  }
  for (let index = 0; index < 24; index++) {
    space.map(0x1_0000_0000 + index * 0x20_0000, ram.base + index * 0x20_0000, V | RWX | U | AD, 1);
  }
  const frame = symbol('frame0');
  for (let index = 0; index < 2048; index++) space.map(0x1_4000_0000 + index * PAGE, frame, V | RW | U | AD);
  for (let index = 0; index < 16; index++) {
    space.map(0x1_8000_0000 + index * 0x20_8000, frame, V | RW | U | AD);
  }
  space.map(GATE, GATE, V | RW | AD);
  space.map(USER_GATE, GATE, V | RW | U | AD);
  const alias = paged ? SUPERVISOR_ALIAS : 0;
  const offset = mode === 'supervisor' ? alias : 0;
  if (paged) hart.setCsr(0x180, (8n << 60n) | BigInt(space.root / PAGE));
  if (handler !== null) hart.setCsr(0x105, BigInt(symbol(handler) + alias));
  hart.setCsr(0x140, BigInt(symbol('sframe') + alias));
  hart.setCsr(0x106, 7n);
  hart.privilege = mode === 'user' ? 0 : 1;
  hart.setX(2, BigInt(symbol('ustack_top') + offset));
  hart.setX(10, BigInt(symbol(`k_${kernel}`) + offset));
  hart.setX(11, BigInt(symbol('results') + offset));
  hart.setX(12, BigInt(mode === 'user' && paged ? USER_GATE : GATE));
  hart.pc = BigInt(symbol('mode_stub') + offset);
  for (let slices = 0; machine.run(1_000_000) !== 'gate'; slices++) {
    if (slices > 20) throw new Error(`${group} ${kernel} does not end; pc ${hart.pc.toString(16)}`);
  }
  const result = (index: number): number => ram.f64number(symbol('results') + 8 * index);
  return { group, kernel, instret: result(4), cold: result(0), warm: result(3) };
}

/** The groups priv.s, priv.s39, trap.us* and tlb, those of their kernels that `wanted` names. */
export async function measurePrivileged(
  images: KernelImages,
  settings: readonly string[],
  wanted: (group: string, kernel: string) => boolean,
): Promise<Row[]> {
  const rows: Row[] = [];
  const add = async (group: string, kernel: string, mode: Mode, paged: boolean, handler: string | null) => {
    if (wanted(group, kernel)) rows.push(await measureOne(images, settings, group, kernel, mode, paged, handler));
  };
  for (const paged of [false, true]) {
    const suffix = paged ? '39' : '';
    for (const kernel of ['empty', ...images.privilegedKernels]) {
      await add(`priv.s${suffix}`, kernel, 'supervisor', paged, null);
      await add(`trap.us${suffix}`, kernel, 'user', paged, 'h_s_min');
      await add(`trap.usfull${suffix}`, kernel, 'user', paged, 'h_s_full');
    }
  }
  for (const kernel of images.tlbKernels) await add('tlb', kernel, 'user', true, null);
  return rows;
}
