// process_vm_readv(2) and process_vm_writev(2): bytes move between two programs' memories, page piece by page piece.

import { processRoutines } from '../cost/routines/process.ts';
import { EFAULT, EINVAL } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { UserMemory } from '../memory/user.ts';

const IOV_MAX = 1024;
const PAGE = 4096;

interface Range {
  readonly base: number;
  readonly length: number;
}

function readVector(memory: UserMemory, address: number, count: number): Range[] | number {
  if (!(count >= 0 && count <= IOV_MAX)) return -EINVAL;
  if (count === 0) return [];
  const view = memory.readStruct(address, 16 * count);
  if (view === null) return -EFAULT;
  const ranges: Range[] = [];
  for (let index = 0; index < count; index++) {
    const length = Number(view.getBigInt64(16 * index + 8, true));
    if (length < 0) return -EINVAL;
    ranges.push({ base: Number(view.getBigInt64(16 * index, true)), length });
  }
  return ranges;
}

/** Bytes moved, less when a page is missing on the way; -EFAULT when that is the first. */
export function copyBetween(
  kernel: Kernel,
  local: UserMemory,
  localVector: number,
  localCount: number,
  remote: UserMemory,
  remoteVector: number,
  remoteCount: number,
  write: boolean,
): number {
  const mine = readVector(local, localVector, localCount);
  if (typeof mine === 'number') return mine;
  const theirs = readVector(local, remoteVector, remoteCount);
  if (typeof theirs === 'number') return theirs;
  let done = 0;
  let localIndex = 0;
  let localOffset = 0;
  let remoteIndex = 0;
  let remoteOffset = 0;
  while (localIndex < mine.length && remoteIndex < theirs.length) {
    const here = mine[localIndex]!;
    const there = theirs[remoteIndex]!;
    const step = Math.min(here.length - localOffset, there.length - remoteOffset, PAGE);
    if (step > 0) {
      kernel.cost.execute(processRoutines.process_vm_page);
      const from = write ? local.read(here.base + localOffset, step) : remote.read(there.base + remoteOffset, step);
      const written =
        from !== null &&
        (write ? remote.write(there.base + remoteOffset, from) : local.write(here.base + localOffset, from));
      if (!written) return done > 0 ? done : -EFAULT;
      done += step;
    }
    localOffset += step;
    remoteOffset += step;
    if (localOffset >= here.length) {
      localIndex += 1;
      localOffset = 0;
    }
    if (remoteOffset >= there.length) {
      remoteIndex += 1;
      remoteOffset = 0;
    }
  }
  return done;
}
