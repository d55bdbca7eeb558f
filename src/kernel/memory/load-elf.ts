// Loading a program (Linux's fs/binfmt_elf.c): maps the segments of an ELF file and of its interpreter into a fresh address
// space, and puts arguments, environment and auxiliary vector on a new stack. Nothing is read that the program does not touch:
// pages come by faults.

import { PF_R, PF_W, PF_X, PT_INTERP, PT_LOAD } from '../../elf/constants.ts';
import { type ElfProgram, readProgram } from '../../elf/read.ts';
import { memoryCosts } from '../cost/routines/memory.ts';
import { E2BIG, EACCES, EINVAL, ELIBBAD, ENOEXEC, ENOMEM } from '../errno.ts';
import { openExecutable } from '../fs/open.ts';
import { releaseFile } from '../fs/open-file.ts';
import type { OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import type { Credentials } from '../process/credentials.ts';
import { RLIMIT_STACK } from '../process/limits.ts';
import type { Task } from '../process/task.ts';
import { type AddressSpace, LOWEST_ADDRESS, STACK_GUARD_BYTES } from './address-space.ts';
import { PAGE_SIZE, USER_END } from './layout.ts';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from './region.ts';
import { mapVdso } from './vdso.ts';

/** Where a position-independent program with an interpreter goes: two thirds of the address space (ELF_ET_DYN_BASE). */
const PROGRAM_BASE = Math.floor(((USER_END / 3) * 2) / PAGE_SIZE) * PAGE_SIZE;
/** stack_expand of setup_arg_pages: the stack region starts with this much room below the arguments. */
const STACK_ROOM = 128 * 1024;
const EM_RISCV = 243;
const ET_EXEC = 2;
const ET_DYN = 3;
/** The single-letter extensions of RV64GC (bit 0 is 'a'): AT_HWCAP of riscv. */
const HWCAP = [...'imafdc'].reduce((bits, letter) => bits | (1 << (letter.charCodeAt(0) - 97)), 0);
/** struct rt_sigframe of riscv without vector state, and its alignment: AT_MINSIGSTKSZ. */
const MINIMUM_SIGNAL_STACK = 1104;

// getauxval(3)
const AT = {
  NULL: 0,
  PHDR: 3,
  PHENT: 4,
  PHNUM: 5,
  PAGESZ: 6,
  BASE: 7,
  FLAGS: 8,
  ENTRY: 9,
  UID: 11,
  EUID: 12,
  GID: 13,
  EGID: 14,
  HWCAP: 16,
  CLKTCK: 17,
  SECURE: 23,
  RANDOM: 25,
  EXECFN: 31,
  SYSINFO_EHDR: 33,
  MINSIGSTKSZ: 51,
} as const;

export interface LoadOptions {
  readonly argv: readonly string[];
  readonly envp: readonly string[];
  /** As the program was named: AT_EXECFN. */
  readonly path: string;
  /** Whose it runs as. */
  readonly credentials: Credentials;
  /** The program runs with other rights than its caller: AT_SECURE. */
  readonly secure: boolean;
}

export interface LoadedProgram {
  readonly entry: number;
  readonly stackPointer: number;
}

/**
 * Loads the program in `file` into `space`, which must be empty, for `task` to run. ENOEXEC: not an ELF for this machine. ELIBBAD: its
 * interpreter is not. E2BIG: the strings do not fit the stack. On an error the caller throws the address space away.
 */
export function loadElf(
  kernel: Kernel,
  task: Task,
  space: AddressSpace,
  file: OpenFile,
  options: LoadOptions,
): LoadedProgram | number {
  kernel.cost.execute(memoryCosts.load_elf);
  const { credentials } = options;
  const program = readHeaders(kernel, file);
  if (typeof program === 'number') return program;
  const interpreterPath = readInterpreterPath(kernel, file, program);
  if (typeof interpreterPath === 'number') return interpreterPath;

  const dynamic = program.header.type === ET_DYN;
  let bias = 0;
  if (dynamic) {
    const extent = segmentExtent(program);
    if (extent === null) return -ENOEXEC;
    const size = extent.end - extent.start;
    const base = interpreterPath === null ? space.mmapBase - size : PROGRAM_BASE;
    bias = Math.floor(base / extent.align) * extent.align - extent.start;
  }
  const main = mapSegments(kernel, space, file, program, bias);
  if (typeof main === 'number') return main;
  space.codeStart = main.codeStart;
  space.codeEnd = main.codeEnd;
  space.dataStart = main.dataStart;
  space.dataEnd = main.dataEnd;
  space.heapStart = dynamic && interpreterPath === null ? PROGRAM_BASE : pageCeiling(main.end);
  space.heapEnd = space.heapStart;

  let entry = Number(program.header.entry) + bias;
  let interpreterBase = 0;
  if (interpreterPath !== null) {
    const loaded = loadInterpreter(kernel, task, space, interpreterPath);
    if (typeof loaded === 'number') return loaded;
    interpreterBase = loaded.base;
    entry = loaded.entry;
  }
  if (!(entry >= 0 && entry < USER_END)) return -EINVAL;
  const mapped = mapVdso(kernel, space);
  if (mapped < 0) return mapped;

  const stackPointer = buildStack(kernel, space, options, [
    [AT.SYSINFO_EHDR, space.vdso],
    [AT.MINSIGSTKSZ, MINIMUM_SIGNAL_STACK],
    [AT.HWCAP, HWCAP],
    [AT.PAGESZ, PAGE_SIZE],
    [AT.CLKTCK, 100],
    [AT.PHDR, programHeaderAddress(program, bias)],
    [AT.PHENT, 56],
    [AT.PHNUM, program.segments.length],
    [AT.BASE, interpreterBase],
    [AT.FLAGS, 0],
    [AT.ENTRY, Number(program.header.entry) + bias],
    [AT.UID, credentials.uid],
    [AT.EUID, credentials.euid],
    [AT.GID, credentials.gid],
    [AT.EGID, credentials.egid],
    [AT.SECURE, options.secure ? 1 : 0],
  ]);
  return stackPointer < 0 ? stackPointer : { entry, stackPointer };
}

/** The file's headers, checked to be a program for this machine; its first page must hold the program headers, as it always does. */
function readHeaders(kernel: Kernel, file: OpenFile): ElfProgram | number {
  const bytes = readFilePage(kernel, file, 0);
  if (typeof bytes === 'number') return bytes;
  const size = file.inode.size;
  const result = readProgram(bytes.subarray(0, Math.min(size, bytes.length)), size);
  if (!result.ok) return -ENOEXEC;
  const { header } = result.elf;
  if (header.machine !== EM_RISCV || (header.type !== ET_EXEC && header.type !== ET_DYN)) return -ENOEXEC;
  return result.elf;
}

/** The bytes of one page of the file, as they lie in guest RAM. */
function readFilePage(kernel: Kernel, file: OpenFile, index: number): Uint8Array | number {
  if (file.operations.page === undefined) return -EACCES;
  const physical = file.operations.page(kernel, file, index, 'read');
  if (physical <= 0) return physical === -ENOMEM || physical === 0 ? -ENOMEM : -ENOEXEC;
  kernel.cost.touch(physical, PAGE_SIZE, 'read');
  return kernel.machine.ram.slice(physical, PAGE_SIZE);
}

function readInterpreterPath(kernel: Kernel, file: OpenFile, program: ElfProgram): string | null | number {
  const segment = program.segments.find((candidate) => candidate.type === PT_INTERP);
  if (segment === undefined) return null;
  const { offset, fileSize } = segment;
  if (fileSize < 2 || fileSize > PAGE_SIZE) return -ENOEXEC;
  const path = new Uint8Array(fileSize);
  for (let done = 0; done < fileSize; ) {
    const at = offset + done;
    const bytes = readFilePage(kernel, file, Math.floor(at / PAGE_SIZE));
    if (typeof bytes === 'number') return bytes;
    const piece = bytes.subarray(at % PAGE_SIZE, Math.min(PAGE_SIZE, (at % PAGE_SIZE) + fileSize - done));
    path.set(piece, done);
    done += piece.length;
  }
  if (path[fileSize - 1] !== 0) return -ENOEXEC;
  return new TextDecoder().decode(path.subarray(0, path.indexOf(0)));
}

function loadInterpreter(
  kernel: Kernel,
  task: Task,
  space: AddressSpace,
  path: string,
): { base: number; entry: number } | number {
  const file = openExecutable(kernel, task, task.fs.cwd, path);
  if (typeof file === 'number') return file;
  try {
    const program = readHeaders(kernel, file);
    if (typeof program === 'number') return program === -ENOMEM ? program : -ELIBBAD;
    const extent = segmentExtent(program);
    if (extent === null) return -ELIBBAD;
    let bias = 0;
    if (program.header.type === ET_DYN) {
      const bytes = pageCeiling(extent.end - extent.start);
      const hole = space.regions.holeBelow(bytes, LOWEST_ADDRESS, space.mmapBase, STACK_GUARD_BYTES);
      if (hole === null) return -ENOMEM;
      bias = hole - extent.start;
    }
    const mapped = mapSegments(kernel, space, file, program, bias);
    if (typeof mapped === 'number') return mapped;
    return { base: bias, entry: Number(program.header.entry) + bias };
  } finally {
    releaseFile(kernel, file);
  }
}

/** From the first page to the last byte of the loadable segments, and the greatest alignment; null if there is none or it makes no sense. */
function segmentExtent(program: ElfProgram): { start: number; end: number; align: number } | null {
  let start = Infinity;
  let end = 0;
  let align = PAGE_SIZE;
  for (const segment of program.segments) {
    if (segment.type !== PT_LOAD) continue;
    const address = Number(segment.virtualAddress);
    start = Math.min(start, pageFloor(address));
    end = Math.max(end, address + Number(segment.memorySize));
    const wanted = Number(segment.align);
    if (wanted > align && wanted <= USER_END / 4 && Number.isInteger(Math.log2(wanted))) align = wanted;
  }
  return start < end && end < USER_END ? { start, end, align } : null;
}

interface MappedSegments {
  end: number;
  codeStart: number;
  codeEnd: number;
  dataStart: number;
  dataEnd: number;
}

/** Maps every PT_LOAD at its address plus `bias`; -ENOEXEC or -EINVAL for segments that cannot be mapped. */
function mapSegments(
  kernel: Kernel,
  space: AddressSpace,
  file: OpenFile,
  program: ElfProgram,
  bias: number,
): MappedSegments | number {
  const mapped: MappedSegments = { end: 0, codeStart: Infinity, codeEnd: 0, dataStart: 0, dataEnd: 0 };
  for (const segment of program.segments) {
    if (segment.type !== PT_LOAD) continue;
    const memorySize = Number(segment.memorySize);
    if (memorySize === 0) continue;
    kernel.cost.execute(memoryCosts.load_segment);
    const { fileSize, offset, flags } = segment;
    const address = Number(segment.virtualAddress) + bias;
    if (fileSize > memorySize || !(address >= LOWEST_ADDRESS && address + memorySize <= USER_END)) return -EINVAL;
    if (address % PAGE_SIZE !== offset % PAGE_SIZE && fileSize > 0) return -EINVAL;
    const protection =
      ((flags & PF_R) !== 0 ? PROT_READ : 0) |
      ((flags & PF_W) !== 0 ? PROT_WRITE : 0) |
      ((flags & PF_X) !== 0 ? PROT_EXEC : 0);
    const fileEnd = address + fileSize;
    const end = address + memorySize;
    let anonymousStart = pageFloor(address);
    if (fileSize > 0) {
      anonymousStart = pageCeiling(fileEnd);
      const result = space.map({
        start: pageFloor(address),
        end: anonymousStart,
        protection,
        file,
        offset: pageFloor(offset),
      });
      if (result < 0) return result;
      // What follows the file's bytes in their last page, to its end, starts as zeros: ld.so allocates from there (padzero).
      if (end > fileEnd && (protection & PROT_WRITE) !== 0 && fileEnd < anonymousStart) {
        if (!space.clear(fileEnd, anonymousStart - fileEnd)) return -ENOMEM;
      }
    }
    if (pageCeiling(end) > anonymousStart) {
      const result = space.map({ start: anonymousStart, end: pageCeiling(end), protection });
      if (result < 0) return result;
    }
    mapped.end = Math.max(mapped.end, end);
    if ((flags & PF_X) !== 0) {
      mapped.codeStart = Math.min(mapped.codeStart, address);
      mapped.codeEnd = Math.max(mapped.codeEnd, fileEnd);
    }
    if (fileEnd > mapped.dataEnd) {
      mapped.dataStart = address;
      mapped.dataEnd = fileEnd;
    }
  }
  if (mapped.end === 0) return -ENOEXEC;
  if (mapped.codeStart === Infinity) mapped.codeStart = 0;
  return mapped;
}

/** Where the program finds its own program headers: in the segment that holds their place in the file. */
function programHeaderAddress(program: ElfProgram, bias: number): number {
  const { programHeaderOffset } = program.header;
  for (const segment of program.segments) {
    if (segment.type !== PT_LOAD) continue;
    if (programHeaderOffset >= segment.offset && programHeaderOffset < segment.offset + segment.fileSize) {
      return Number(segment.virtualAddress) + programHeaderOffset - segment.offset + bias;
    }
  }
  return 0;
}

/**
 * The stack as a program finds it, from high to low addresses: 8 zero bytes, the program's name, environment and argument
 * strings, 16 random bytes, the auxiliary vector, envp, argv, argc. Returns the stack pointer (16-byte aligned), or an errno.
 */
function buildStack(
  kernel: Kernel,
  space: AddressSpace,
  options: LoadOptions,
  auxiliary: readonly (readonly [number, number])[],
): number {
  const { argv, envp } = options;
  kernel.cost.execute(memoryCosts.stack_string, argv.length + envp.length + 1);
  const encoder = new TextEncoder();
  const encoded = [...argv, ...envp, options.path].map((text) => encoder.encode(text));
  const stringBytes = encoded.reduce((sum, bytes) => sum + bytes.length + 1, 0);
  const words = 1 + argv.length + 1 + envp.length + 1 + (auxiliary.length + 3) * 2;
  const size = stringBytes + words * 8 + 8 + 16 + 32;
  const limit = space.limits.soft(RLIMIT_STACK);
  if (size > Math.max(limit / 4, 128 * 1024) || size > 6 * 1024 * 1024) return -E2BIG;

  const stringsStart = space.stackTop - 8 - stringBytes;
  const randomAddress = Math.floor((stringsStart - 16) / 16) * 16;
  const stackPointer = Math.floor((randomAddress - words * 8) / 16) * 16;
  const start = pageFloor(stackPointer) - STACK_ROOM;
  const mapped = space.map({
    start,
    end: space.stackTop,
    protection: PROT_READ | PROT_WRITE,
    growsDown: true,
    name: '[stack]',
  });
  if (mapped < 0) return mapped;

  const image = new Uint8Array(space.stackTop - stackPointer);
  const view = new DataView(image.buffer);
  let at = stringsStart;
  const addresses = encoded.map((bytes) => {
    const address = at;
    image.set(bytes, address - stackPointer);
    at += bytes.length + 1;
    return address;
  });
  image.set(kernel.random(16), randomAddress - stackPointer);
  let word = 0;
  const push = (value: number): void => {
    view.setBigInt64(word, BigInt(value), true);
    word += 8;
  };
  push(argv.length);
  for (let index = 0; index < argv.length; index += 1) push(addresses[index]!);
  push(0);
  for (let index = 0; index < envp.length; index += 1) push(addresses[argv.length + index]!);
  push(0);
  const vectorStart = word;
  const path = addresses[argv.length + envp.length]!;
  for (const [type, value] of [...auxiliary, [AT.RANDOM, randomAddress], [AT.EXECFN, path], [AT.NULL, 0]] as const) {
    push(type);
    push(value);
  }
  space.auxiliaryVector = image.slice(vectorStart, word);
  space.argumentStart = addresses[0]!;
  space.argumentEnd = addresses[argv.length]!;
  space.environmentStart = space.argumentEnd;
  space.environmentEnd = path;
  return space.write(stackPointer, image) ? stackPointer : -ENOMEM;
}

function pageFloor(address: number): number {
  return Math.floor(address / PAGE_SIZE) * PAGE_SIZE;
}

function pageCeiling(address: number): number {
  return Math.ceil(address / PAGE_SIZE) * PAGE_SIZE;
}
