// /proc/<pid>/{maps,smaps,smaps_rollup}, proc(5): fs/proc/task_mmu.c's show_map_vma and __show_smap.

import type { Kernel } from '../../kernel.ts';
import type { AddressSpace } from '../../memory/address-space.ts';
import { PTE_A, PTE_D, PTE_V, ptePhysical } from '../../memory/page-tables.ts';
import type { Region } from '../../memory/region.ts';
import type { Task } from '../../process/task.ts';
import { majorOf, minorOf, PAGE_SIZE } from '../constants.ts';

/** Column at which a mapping's name starts: 25 + 6 × sizeof(void *), less one, and a blank. */
const NAME_COLUMN = 72;

export function mapsText(kernel: Kernel, task: Task): string {
  let lines = '';
  for (const region of task.memory!.regions) lines += `${mapLine(kernel, task, region)}\n`;
  return lines;
}

function mapLine(kernel: Kernel, task: Task, region: Region): string {
  const { start, end, protection } = region;
  const permissions =
    ((protection & 1) !== 0 ? 'r' : '-') +
    ((protection & 2) !== 0 ? 'w' : '-') +
    ((protection & 4) !== 0 ? 'x' : '-') +
    (region.shared ? 's' : 'p');
  const inode = region.file?.inode;
  const device = inode?.fileSystem.device ?? 0;
  const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0');
  const line =
    `${hex(start, 8)}-${hex(end, 8)} ${permissions} ${hex(region.file === null ? 0 : region.offset, 8)} ` +
    `${hex(majorOf(device), 2)}:${hex(minorOf(device), 2)} ${inode?.number ?? 0} `;
  const name = region.file !== null ? escaped(kernel.vfs.fileName(region.file, task.fs.root)) : region.name;
  return name === '' ? line : `${line.padEnd(NAME_COLUMN)} ${name}`;
}

function escaped(path: string): string {
  return path.replaceAll('\n', '\\012');
}

interface Residence {
  resident: number;
  proportional: number;
  sharedClean: number;
  sharedDirty: number;
  privateClean: number;
  privateDirty: number;
  referenced: number;
  anonymous: number;
}

/** Walks the region's page table entries; sums in bytes. */
function residence(kernel: Kernel, memory: AddressSpace, region: Region): Residence {
  const sum = residenceOfNothing();
  for (let page = region.start; page < region.end; page += PAGE_SIZE) {
    const entry = memory.tables.get(page / PAGE_SIZE);
    if ((entry & PTE_V) === 0) continue;
    const physical = ptePhysical(entry);
    const references = Math.max(1, kernel.frames.references(physical));
    const dirty = (entry & PTE_D) !== 0;
    // One reference may be the page cache's own.
    const mappers = region.file !== null || region.shared ? Math.max(1, references - 1) : references;
    sum.resident += PAGE_SIZE;
    sum.proportional += PAGE_SIZE / mappers;
    if ((entry & PTE_A) !== 0) sum.referenced += PAGE_SIZE;
    if (region.file === null && !region.shared) sum.anonymous += PAGE_SIZE;
    if (mappers > 1) sum[dirty ? 'sharedDirty' : 'sharedClean'] += PAGE_SIZE;
    else sum[dirty ? 'privateDirty' : 'privateClean'] += PAGE_SIZE;
  }
  return sum;
}

function kib(bytes: number): string {
  return `${String(Math.floor(bytes / 1024)).padStart(8)} kB`;
}

function residenceLines(sum: Residence, rollup: boolean): string {
  return (
    `Rss:            ${kib(sum.resident)}\n` +
    `Pss:            ${kib(sum.proportional)}\n` +
    `Pss_Dirty:      ${kib(sum.privateDirty)}\n` +
    (rollup
      ? `Pss_Anon:       ${kib(sum.anonymous)}\nPss_File:       ${kib(sum.proportional - sum.anonymous)}\nPss_Shmem:      ${kib(0)}\n`
      : '') +
    `Shared_Clean:   ${kib(sum.sharedClean)}\n` +
    `Shared_Dirty:   ${kib(sum.sharedDirty)}\n` +
    `Private_Clean:  ${kib(sum.privateClean)}\n` +
    `Private_Dirty:  ${kib(sum.privateDirty)}\n` +
    `Referenced:     ${kib(sum.referenced)}\n` +
    `Anonymous:      ${kib(sum.anonymous)}\n` +
    `KSM:            ${kib(0)}\n` +
    `LazyFree:       ${kib(0)}\n` +
    `AnonHugePages:  ${kib(0)}\n` +
    `ShmemPmdMapped: ${kib(0)}\n` +
    `FilePmdMapped:  ${kib(0)}\n` +
    `Shared_Hugetlb: ${kib(0)}\n` +
    `Private_Hugetlb:${kib(0)}\n` +
    `Swap:           ${kib(0)}\n` +
    `SwapPss:        ${kib(0)}\n` +
    `Locked:         ${kib(0)}\n`
  );
}

export function smapsText(kernel: Kernel, task: Task): string {
  const memory = task.memory!;
  let lines = '';
  for (const region of memory.regions) {
    const sum = residence(kernel, memory, region);
    lines +=
      `${mapLine(kernel, task, region)}\n` +
      `Size:           ${kib(region.bytes)}\n` +
      `KernelPageSize: ${kib(PAGE_SIZE)}\n` +
      `MMUPageSize:    ${kib(PAGE_SIZE)}\n` +
      residenceLines(sum, false) +
      `THPeligible:           0\nVmFlags: ${flagNames(region)}\n`;
  }
  return lines;
}

export function smapsRollupText(kernel: Kernel, task: Task): string {
  const memory = task.memory!;
  const total = residenceOfNothing();
  let start = Infinity;
  let end = 0;
  for (const region of memory.regions) {
    const sum = residence(kernel, memory, region);
    for (const key of Object.keys(total) as (keyof Residence)[]) total[key] += sum[key];
    start = Math.min(start, region.start);
    end = Math.max(end, region.end);
  }
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  const head = `${hex(start === Infinity ? 0 : start)}-${hex(end)} ---p 00000000 00:00 0 `;
  return `${head.padEnd(NAME_COLUMN)} [rollup]\n${residenceLines(total, true)}`;
}

function residenceOfNothing(): Residence {
  return {
    resident: 0,
    proportional: 0,
    sharedClean: 0,
    sharedDirty: 0,
    privateClean: 0,
    privateDirty: 0,
    referenced: 0,
    anonymous: 0,
  };
}

function flagNames(region: Region): string {
  const names: string[] = [];
  if ((region.protection & 1) !== 0) names.push('rd');
  if ((region.protection & 2) !== 0) names.push('wr');
  if ((region.protection & 4) !== 0) names.push('ex');
  if (region.shared) names.push('sh');
  names.push('mr', 'mw', 'me');
  if (region.growsDown) names.push('gd');
  if (region.locked) names.push('lo');
  return `${names.join(' ')} `;
}
