// Contents of a tmpfs file: a map from page index to frame. A missing page is a hole, or, for a file that the host installed, a page
// of the host's bytes that nobody has touched yet. Whatever changes the map keeps the file system's count of pages.

import { fsRoutines } from '../cost/routines/fs.ts';
import { EFAULT, EINVAL, ENOMEM, ENOSPC, ENXIO, EOPNOTSUPP, EPERM } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { unmapFilePages } from '../memory/address-space.ts';
import { PAGE_SIZE, SEEK_DATA, SEEK_HOLE } from './constants.ts';
import { writeRam } from './io-targets.ts';
import type { TmpfsInode } from './tmpfs.ts';
import type { FileOperations, Inode } from './types.ts';

const DAY_NS = 86_400e9;

const F_SEAL_SHRINK = 0x2;
const F_SEAL_GROW = 0x4;
const F_SEAL_WRITE = 0x8;
const F_SEAL_FUTURE_WRITE = 0x10;

const FALLOC_FL_KEEP_SIZE = 0x01;
const FALLOC_FL_PUNCH_HOLE = 0x02;

function own(inode: Inode): TmpfsInode {
  return inode as TmpfsInode;
}

/** The host's bytes of a file, fetched now if need be; null when it has none (any more). */
function hostBytes(inode: TmpfsInode): Uint8Array | null {
  if (typeof inode.content === 'function') inode.content = inode.content();
  return inode.content;
}

/** The frame of a page that exists, bringing in the host's bytes; 0 for a hole; -ENOMEM. */
function presentPage(kernel: Kernel, inode: TmpfsInode, index: number): number {
  const frame = inode.pages.get(index);
  if (frame !== undefined) return frame;
  const content = hostBytes(inode);
  const start = index * PAGE_SIZE;
  if (content === null || start >= content.length) return 0;
  const page = newFrame(kernel, inode, index);
  if (page < 0) return page;
  const bytes = content.subarray(start, Math.min(start + PAGE_SIZE, inode.size));
  writeRam(kernel, page, bytes);
  if (bytes.length < PAGE_SIZE) kernel.machine.ram.fill(page + bytes.length, PAGE_SIZE - bytes.length, 0);
  return page;
}

/** A frame for a page that has none, contents undefined: its address, -ENOSPC or -ENOMEM. */
function newFrame(kernel: Kernel, inode: TmpfsInode, index: number): number {
  const { fileSystem } = inode;
  if (fileSystem.usedPages >= fileSystem.pageLimit) return -ENOSPC;
  const page = kernel.frames.allocate();
  if (page === 0) return -ENOMEM;
  kernel.cost.execute(fsRoutines.shmem_new_page);
  fileSystem.usedPages += 1;
  inode.pages.set(index, page);
  return page;
}

/** The frame of a page, made (cleared) if it was a hole. */
function ensurePage(kernel: Kernel, inode: TmpfsInode, index: number): number {
  const present = presentPage(kernel, inode, index);
  if (present !== 0) return present;
  const page = newFrame(kernel, inode, index);
  if (page > 0) kernel.cost.zero(page, PAGE_SIZE);
  return page;
}

/** Gives a page back; it is a hole from then on. */
export function dropPage(kernel: Kernel, inode: TmpfsInode, index: number): void {
  const page = inode.pages.get(index);
  if (page === undefined) return;
  kernel.cost.execute(fsRoutines.shmem_truncate_page);
  inode.pages.delete(index);
  inode.fileSystem.usedPages -= 1;
  kernel.frames.release(page);
}

/** From here on the host's bytes past `size` are gone: they must not come back when the file grows. */
function cutContent(inode: TmpfsInode, size: number): void {
  if (inode.content === null) return;
  const content = hostBytes(inode)!;
  if (size === 0) inode.content = null;
  else if (size < content.length) inode.content = content.subarray(0, size);
}

/** Shrinks or grows the file, as far as its seals allow: 0 or -EPERM. */
export function resize(kernel: Kernel, inode: TmpfsInode, size: number): number {
  if (inode.seals > 0) {
    if (size < inode.size && (inode.seals & F_SEAL_SHRINK) !== 0) return -EPERM;
    if (size > inode.size && (inode.seals & F_SEAL_GROW) !== 0) return -EPERM;
  }
  if (size < inode.size) {
    cutContent(inode, size);
    const firstGone = Math.ceil(size / PAGE_SIZE);
    unmapFilePages(kernel, inode, firstGone);
    for (const index of [...inode.pages.keys()]) if (index >= firstGone) dropPage(kernel, inode, index);
    const within = size % PAGE_SIZE;
    const last = within === 0 ? undefined : inode.pages.get(firstGone - 1);
    if (last !== undefined) kernel.cost.zero(last + within, PAGE_SIZE - within);
  }
  inode.size = size;
  inode.mtime = inode.ctime = kernel.realTime();
  return 0;
}

export const tmpfsFileOperations: FileOperations = {
  seekable: true,

  read(kernel, file, target, offset) {
    const inode = own(file.inode);
    const { cost } = kernel;
    cost.execute(fsRoutines.shmem_read);
    cost.touch(inode.address, 128);
    let done = 0;
    let left = Math.min(target.remaining, inode.size - offset);
    while (left > 0) {
      const position = offset + done;
      const within = position % PAGE_SIZE;
      const step = Math.min(left, PAGE_SIZE - within);
      cost.execute(fsRoutines.shmem_read_page);
      const page = presentPage(kernel, inode, Math.floor(position / PAGE_SIZE));
      let moved: number;
      if (page > 0) moved = target.putPhysical(page + within, step);
      else if (page === 0) moved = target.putZeros(step);
      else moved = target.putBytes(hostBytes(inode)!.subarray(position, position + step));
      done += moved;
      left -= moved;
      if (moved < step) return done > 0 ? done : -EFAULT;
    }
    const now = kernel.realTime();
    if (inode.atime <= inode.mtime || inode.atime <= inode.ctime || now - inode.atime > DAY_NS) inode.atime = now;
    return done;
  },

  write(kernel, file, source, offset) {
    const inode = own(file.inode);
    const { cost } = kernel;
    cost.execute(fsRoutines.shmem_write);
    cost.touch(inode.address, 128, 'write');
    if (inode.seals > 0 && (inode.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0) return -EPERM;
    if (inode.seals > 0 && (inode.seals & F_SEAL_GROW) !== 0 && offset + source.remaining > inode.size) return -EPERM;
    let done = 0;
    let failure = 0;
    while (source.remaining > 0) {
      const position = offset + done;
      const within = position % PAGE_SIZE;
      const step = Math.min(source.remaining, PAGE_SIZE - within);
      const index = Math.floor(position / PAGE_SIZE);
      cost.execute(fsRoutines.shmem_write_page);
      const whole = step === PAGE_SIZE && !inode.pages.has(index);
      const page = whole ? newFrame(kernel, inode, index) : ensurePage(kernel, inode, index);
      if (page < 0) {
        failure = page;
        break;
      }
      const moved = source.takePhysical(page + within, step);
      if (whole && moved < step) kernel.machine.ram.fill(page + moved, PAGE_SIZE - moved, 0);
      done += moved;
      if (moved < step) {
        failure = -EFAULT;
        break;
      }
    }
    if (done > 0) {
      if (offset + done > inode.size) inode.size = offset + done;
      inode.mtime = inode.ctime = kernel.realTime();
      return done;
    }
    return failure;
  },

  seek(_kernel, file, offset, whence) {
    const inode = own(file.inode);
    if (offset < 0 || offset >= inode.size) return -ENXIO;
    if (whence !== SEEK_DATA && whence !== SEEK_HOLE) return -EINVAL;
    const last = Math.floor((inode.size - 1) / PAGE_SIZE);
    const held = hostBytes(inode)?.length ?? 0;
    const present = (index: number): boolean => inode.pages.has(index) || index * PAGE_SIZE < held;
    let index = Math.floor(offset / PAGE_SIZE);
    if (whence === SEEK_DATA) {
      if (present(index)) return offset;
      let next = Infinity;
      for (const page of inode.pages.keys()) if (page > index && page < next) next = page;
      return next > last ? -ENXIO : next * PAGE_SIZE;
    }
    if (!present(index)) return offset;
    while (index <= last && present(index)) index += 1;
    return Math.min(index * PAGE_SIZE, inode.size);
  },

  page(kernel, file, index) {
    const inode = own(file.inode);
    if (index * PAGE_SIZE >= inode.size) return -EFAULT;
    return ensurePage(kernel, inode, index);
  },

  cachedPage(kernel, file, index) {
    const inode = own(file.inode);
    return index * PAGE_SIZE >= inode.size ? 0 : presentPage(kernel, inode, index);
  },

  sync() {
    return 0;
  },

  allocate(kernel, file, mode, offset, length) {
    const inode = own(file.inode);
    if (mode === (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)) return punchHole(kernel, inode, offset, length);
    if ((mode & ~FALLOC_FL_KEEP_SIZE) !== 0) return -EOPNOTSUPP;
    const end = offset + length;
    if (inode.seals > 0 && (inode.seals & F_SEAL_GROW) !== 0 && end > inode.size) return -EPERM;
    const first = Math.floor(offset / PAGE_SIZE);
    const last = Math.ceil(end / PAGE_SIZE);
    if (last - first > inode.fileSystem.pageLimit - inode.fileSystem.usedPages + inode.pages.size) return -ENOSPC;
    const made: number[] = [];
    for (let index = first; index < last; index++) {
      const known = inode.pages.has(index);
      const page = ensurePage(kernel, inode, index);
      if (page < 0) {
        for (const back of made) dropPage(kernel, inode, back);
        return -ENOSPC;
      }
      if (!known) made.push(index);
    }
    if ((mode & FALLOC_FL_KEEP_SIZE) === 0 && end > inode.size) inode.size = end;
    inode.ctime = kernel.realTime();
    return 0;
  },
};

function punchHole(kernel: Kernel, inode: TmpfsInode, offset: number, length: number): number {
  if (inode.seals > 0 && (inode.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0) return -EPERM;
  const end = offset + length;
  const content = hostBytes(inode);
  if (content !== null) {
    const copy = content.slice();
    copy.fill(0, offset, end);
    inode.content = copy;
  }
  for (const [index, page] of [...inode.pages]) {
    const start = index * PAGE_SIZE;
    const from = Math.max(start, offset);
    const to = Math.min(start + PAGE_SIZE, end);
    if (from >= to) continue;
    if (to - from === PAGE_SIZE) {
      unmapFilePages(kernel, inode, index, index + 1);
      dropPage(kernel, inode, index);
    } else kernel.cost.zero(page + from - start, to - from);
  }
  inode.mtime = inode.ctime = kernel.realTime();
  return 0;
}
