// From an address of a program to [shared object, symbol]: by the regions of its address space, the file that each maps, and that
// file's symbols. So what fork, execve, dlopen and mmap do to an address space needs no following. Reads the guest's files beside
// the kernel: nothing is charged and no page is brought in.

import { SHT_DYNSYM } from '../../elf/constants.ts';
import { readElf, readSymbols } from '../../elf/read.ts';
import type { TmpfsInode } from '../../kernel/fs/tmpfs.ts';
import type { Inode } from '../../kernel/fs/types.ts';
import type { AddressSpace } from '../../kernel/memory/address-space.ts';
import type { Region } from '../../kernel/memory/region.ts';
import type { Ram } from '../../machine/ram.ts';
import { SymbolTable } from './symbols.ts';

export interface Place {
  /** Name of the mapped file, or [vdso], [heap], [anon]. */
  readonly object: string;
  readonly symbol: string;
}

interface Executable {
  readonly symbols: SymbolTable;
  /** Where a byte of the file is, as the file's symbols count. */
  addressOf(fileOffset: number): number | null;
}

const pageBytes = 4096;
const unknown = '[unknown]';
const noSymbols: Executable = { symbols: new SymbolTable([]), addressOf: () => null };

export class Executables {
  readonly #ram: Ram;
  readonly #executables = new WeakMap<Inode, Executable>();

  constructor(ram: Ram) {
    this.#ram = ram;
  }

  find(space: AddressSpace, address: number): Place {
    const region = regionAt(space, address);
    if (region === null) return { object: unknown, symbol: unknown };
    if (region.file === null) return { object: region.name === '' ? '[anon]' : region.name, symbol: unknown };
    const { inode, dentry, description } = region.file;
    const { symbols, addressOf } = this.#executable(inode);
    const linked = addressOf(address - region.start + region.offset);
    return {
      object: dentry?.name ?? description,
      symbol: (linked === null ? null : symbols.find(linked)) ?? unknown,
    };
  }

  #executable(inode: Inode): Executable {
    let executable = this.#executables.get(inode);
    if (executable === undefined) {
      executable = readExecutable(contents(inode, this.#ram));
      this.#executables.set(inode, executable);
    }
    return executable;
  }
}

function regionAt(space: AddressSpace, address: number): Region | null {
  for (let index = 0; index < space.regions.count; index++) {
    const region = space.regions.at(index)!;
    if (address >= region.start && address < region.end) return region;
  }
  return null;
}

function readExecutable(bytes: Uint8Array): Executable {
  const result = readElf(bytes);
  if (!result.ok) return noSymbols;
  const { segments, sections, symbols } = result.elf;
  return {
    symbols: new SymbolTable(symbols.length > 0 ? symbols : readSymbols(sections, SHT_DYNSYM)),
    addressOf(fileOffset) {
      for (const { offset, fileSize, virtualAddress } of segments) {
        if (fileOffset >= offset && fileOffset < offset + fileSize) return Number(virtualAddress) + fileOffset - offset;
      }
      return null;
    },
  };
}

/** A file of tmpfs: what the host installed, and over it the pages that are in guest RAM. */
function contents(inode: Inode, ram: Ram): Uint8Array {
  if (!('pages' in inode)) return new Uint8Array(0);
  const { content, pages, size } = inode as TmpfsInode;
  const installed = typeof content === 'function' ? content() : (content ?? new Uint8Array(0));
  const bytes = new Uint8Array(size);
  bytes.set(installed.subarray(0, size));
  for (const [index, frame] of pages) {
    const start = index * pageBytes;
    if (start < size) bytes.set(ram.slice(frame, Math.min(pageBytes, size - start)), start);
  }
  return bytes;
}
