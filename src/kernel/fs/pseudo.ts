// Pseudo file systems (procfs, sysfs): a tree of nodes whose names and contents are made when somebody asks. A file's text is
// made at the first read and again whenever it is read from the start, as Linux's seq_file does.
//
// Inodes are made by each lookup and not kept; a node's number depends on its path alone. They cost no slab object of their own:
// all share the root's address.

import { fsRoutines } from '../cost/routines/fs.ts';
import { EACCES, EFAULT, EINVAL, EIO, ENOENT, EPERM } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import { directoryType, S_IFDIR, S_IFLNK, S_IFREG, SEEK_SET } from './constants.ts';
import type { IoTarget } from './io.ts';
import { allocateObject } from './objects.ts';
import { decode, encode } from './text.ts';
import type { DirectoryEntry, FileOperations, FileSystem, Inode, InodeOperations, OpenFile, StatFs } from './types.ts';

export type PseudoText = string | Uint8Array | number;

interface NodeAttributes {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

export type PseudoNode =
  | (NodeAttributes & {
      readonly kind: 'file';
      /** The whole text, or -errno. `task` reads it; `file` is open on it. */
      readonly read?: (kernel: Kernel, task: Task) => PseudoText;
      /** One write call's text; 0 or -errno. */
      readonly write?: (kernel: Kernel, task: Task, text: string) => number;
      /** Instructions that making the text takes beyond its characters. */
      readonly instructions?: number;
      /** Reads at any place without making the whole text (/proc/<pid>/mem). */
      readonly access?: FileOperations;
    })
  | (NodeAttributes & {
      readonly kind: 'directory';
      readonly lookup: (kernel: Kernel, name: string) => PseudoNode | null;
      readonly list: (kernel: Kernel) => Iterable<readonly [name: string, kind: PseudoNode['kind']]>;
      readonly links?: number;
    })
  | (NodeAttributes & {
      readonly kind: 'link';
      readonly target: (kernel: Kernel, task: Task) => string | number;
      readonly follow?: InodeOperations['follow'];
    });

export interface PseudoInode extends Inode {
  readonly node: PseudoNode;
  readonly path: string;
  readonly fileSystem: PseudoFileSystem;
}

export class PseudoFileSystem implements FileSystem {
  readonly type: string;
  readonly device: number;
  readonly root: PseudoInode;
  readonly readOnly = false;
  readonly cacheNames = false;
  readonly #magic: number;

  constructor(kernel: Kernel, type: string, magic: number, device: number, root: PseudoNode) {
    this.type = type;
    this.device = device;
    this.#magic = magic;
    this.root = this.inode(kernel, root, '', allocateObject(kernel, 'proc_inode'));
  }

  inode(kernel: Kernel, node: PseudoNode, path: string, address = this.root.address): PseudoInode {
    const now = kernel.realTime();
    const type = node.kind === 'directory' ? S_IFDIR : node.kind === 'link' ? S_IFLNK : S_IFREG;
    return {
      node,
      path,
      number: path === '' ? 1 : hash(path),
      fileSystem: this,
      operations: node.kind === 'link' && node.follow !== undefined ? followingOperations : pseudoInodeOperations,
      mode: type | (node.mode ?? defaultMode(node)),
      uid: node.uid ?? 0,
      gid: node.gid ?? 0,
      links: node.kind === 'directory' ? (node.links ?? 2) : 1,
      size: 0,
      rdev: 0,
      atime: now,
      mtime: now,
      ctime: now,
      exactTimes: null,
      birth: now,
      address,
      opens: 0,
      writers: 0,
      locks: null,
      watches: null,
    };
  }

  statfs(): StatFs {
    return { type: this.#magic, blockSize: 4096, blocks: 0, blocksFree: 0, files: 0, filesFree: 0, nameLength: 255 };
  }
}

function defaultMode(node: PseudoNode): number {
  if (node.kind === 'directory') return 0o555;
  if (node.kind === 'link') return 0o777;
  return node.write === undefined ? 0o444 : node.read === undefined ? 0o200 : 0o644;
}

/** FNV-1a, kept in the range that Linux's procfs numbers its inodes in (above 2^32's lower part). */
function hash(path: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < path.length; index++) value = Math.imul(value ^ path.charCodeAt(index), 0x01000193);
  return (value >>> 4) + 0x1000;
}

function own(inode: Inode): PseudoInode {
  return inode as PseudoInode;
}

const pseudoInodeOperations: InodeOperations = {
  lookup(kernel, directory, name) {
    const { node, path, fileSystem } = own(directory);
    if (node.kind !== 'directory') return -ENOENT;
    kernel.cost.execute(fsRoutines.proc_lookup);
    const child = node.lookup(kernel, name);
    return child === null ? -ENOENT : fileSystem.inode(kernel, child, `${path}/${name}`);
  },

  readlink(kernel, inode, task) {
    const { node } = own(inode);
    return node.kind === 'link' ? node.target(kernel, task) : -EINVAL;
  },

  truncate() {
    return 0;
  },

  attributesChanged() {
    return -EPERM;
  },

  open(kernel, inode) {
    kernel.cost.execute(fsRoutines.proc_open);
    const { node } = own(inode);
    if (node.kind === 'directory') return new PseudoDirectory();
    if (node.kind === 'link') return -EINVAL;
    return node.access ?? new PseudoFile(node);
  },
};

/** A link whose node has `follow` walks by it and not by its text. */
const followingOperations: InodeOperations = {
  ...pseudoInodeOperations,
  follow(kernel, inode, task) {
    const { node } = own(inode);
    if (node.kind !== 'link' || node.follow === undefined) return -ENOENT;
    return node.follow(kernel, inode, task);
  },
};

class PseudoFile implements FileOperations {
  readonly seekable = true;
  readonly #node: Extract<PseudoNode, { kind: 'file' }>;
  #text: Uint8Array | null = null;

  constructor(node: Extract<PseudoNode, { kind: 'file' }>) {
    this.#node = node;
  }

  read(kernel: Kernel, _file: OpenFile, target: IoTarget, offset: number, task: Task): number {
    const { read } = this.#node;
    if (read === undefined) return -EIO;
    kernel.cost.execute(fsRoutines.seq_read);
    if (offset === 0 || this.#text === null) {
      const text = read(kernel, task);
      if (typeof text === 'number') return text;
      this.#text = typeof text === 'string' ? encode(text) : text;
      if (this.#node.instructions !== undefined) kernel.cost.execute(fsRoutines.seq_unit, this.#node.instructions);
      kernel.cost.execute(fsRoutines.seq_character, this.#text.length);
    }
    const piece = this.#text.subarray(offset, offset + target.remaining);
    if (piece.length === 0) return 0;
    const moved = target.putBytes(piece);
    return moved === 0 ? -EFAULT : moved;
  }

  write(kernel: Kernel, _file: OpenFile, source: IoTarget, _offset: number, task: Task): number {
    const { write } = this.#node;
    if (write === undefined) return -EIO;
    const bytes = new Uint8Array(Math.min(source.remaining, 4096));
    const taken = source.takeBytes(bytes);
    if (taken < bytes.length) return -EFAULT;
    const result = write(kernel, task, decode(bytes));
    return result < 0 ? result : taken;
  }

  seek(_kernel: Kernel, file: OpenFile, offset: number, whence: number): number {
    if (whence !== SEEK_SET) return -EINVAL;
    file.offset = offset;
    return offset;
  }
}

class PseudoDirectory implements FileOperations {
  readonly seekable = true;

  readDirectory(kernel: Kernel, file: OpenFile, emit: (entry: DirectoryEntry) => boolean): number {
    const inode = own(file.inode);
    const { node, path } = inode;
    if (node.kind !== 'directory') return -ENOENT;
    let position = 0;
    const add = (name: string, number: number, kind: PseudoNode['kind']): boolean => {
      position += 1;
      if (position <= file.offset) return true;
      const type = directoryType(kind === 'directory' ? S_IFDIR : kind === 'link' ? S_IFLNK : S_IFREG);
      if (!emit({ inode: number, offset: position, type, name })) return false;
      kernel.cost.execute(fsRoutines.procfs_entry);
      file.offset = position;
      return true;
    };
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (!add('.', inode.number, 'directory')) return 0;
    if (!add('..', parent === '' ? 1 : hash(parent), 'directory')) return 0;
    for (const [name, kind] of node.list(kernel)) if (!add(name, hash(`${path}/${name}`), kind)) return 0;
    return 0;
  }
}

/** A directory with fixed children. */
export function directory(children: Readonly<Record<string, PseudoNode>>, attributes: NodeAttributes = {}): PseudoNode {
  const names = Object.entries(children).map(([name, node]) => [name, node.kind] as const);
  const subdirectories = names.filter(([, kind]) => kind === 'directory').length;
  return {
    ...attributes,
    kind: 'directory',
    links: 2 + subdirectories,
    lookup: (_kernel, name) => (Object.hasOwn(children, name) ? children[name]! : null),
    list: () => names,
  };
}

/** A read-only file. */
export function text(read: (kernel: Kernel, task: Task) => PseudoText, mode = 0o444): PseudoNode {
  return { kind: 'file', mode, read };
}

/** A file with a number that may be set within bounds. */
export function setting(
  get: (kernel: Kernel) => number | string,
  set?: (kernel: Kernel, value: number) => number,
): PseudoNode {
  return {
    kind: 'file',
    mode: set === undefined ? 0o444 : 0o644,
    read: (kernel) => `${get(kernel)}\n`,
    ...(set === undefined
      ? {}
      : {
          write: (kernel: Kernel, task: Task, input: string) => {
            if (task.credentials.euid !== 0) return -EACCES;
            const value = Number.parseInt(input.trim(), 10);
            return Number.isSafeInteger(value) ? set(kernel, value) : -EINVAL;
          },
        }),
  };
}

export function link(
  target: (kernel: Kernel, task: Task) => string | number,
  follow?: InodeOperations['follow'],
): PseudoNode {
  return follow === undefined ? { kind: 'link', target } : { kind: 'link', target, follow };
}
