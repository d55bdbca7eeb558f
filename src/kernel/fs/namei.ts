// Path walk (path_resolution(7)): from a starting directory, one component after the other through the dentry cache, across
// mounts, `..` and symbolic links, to a dentry. A dentry without inode is a name that does not exist (yet).
//
// Bounds: PATH_MAX bytes a path, NAME_MAX a component, SYMLINKS_MAX links in one walk (ENAMETOOLONG, ELOOP).

import { fsRoutines } from '../cost/routines/fs.ts';
import { ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import { isDirectory, isSymlink, MAY_EXECUTE, NAME_MAX, PATH_MAX, SYMLINKS_MAX } from './constants.ts';
import { checkPermission } from './permission.ts';
import { byteLength } from './text.ts';
import type { Dentry } from './types.ts';

export interface WalkOptions {
  /** Follow a symbolic link in the last component. Default true. */
  readonly follow?: boolean;
  /** openat2(2)'s RESOLVE_*: stay below the start, treat it as the root, refuse links or mount crossings. */
  readonly beneath?: boolean;
  readonly inRoot?: boolean;
  readonly noSymlinks?: boolean;
  readonly noMagicLinks?: boolean;
  readonly noMounts?: boolean;
}

/** Where a walk for creation, removal or renaming ends: the directory, and the name in it. */
export interface ParentWalk {
  readonly parent: Dentry;
  readonly name: string;
  /** `.`, `..` or `/`: the path names no entry that could be made or removed. */
  readonly special: 'dot' | 'dotdot' | 'root' | null;
  /** The path ended in a slash: only a directory may stand there. */
  readonly trailingSlash: boolean;
}

/** The dentry that the path names; negative (inode null) never: -ENOENT instead. */
export function walk(
  kernel: Kernel,
  task: Task,
  start: Dentry,
  path: string,
  options: WalkOptions = {},
): Dentry | number {
  const result = new Walker(kernel, task, start, options).run(path, false);
  if (typeof result === 'number') return result;
  return result.inode === null ? -ENOENT : result;
}

/** All but the last component. */
export function walkParent(
  kernel: Kernel,
  task: Task,
  start: Dentry,
  path: string,
  options: WalkOptions = {},
): ParentWalk | number {
  const walker = new Walker(kernel, task, start, options);
  const parent = walker.run(path, true);
  if (typeof parent === 'number') return parent;
  return { parent, name: walker.last, special: walker.special, trailingSlash: walker.trailingSlash };
}

/** The child called `name`, from the cache or its file system: possibly negative. Charged as one component. */
export function lookupChild(kernel: Kernel, parent: Dentry, name: string): Dentry | number {
  const { cost } = kernel;
  cost.execute(fsRoutines.walk_component);
  const cached = parent.children?.get(name);
  if (cached !== undefined) {
    cost.touch(cached.address, 128);
    return cached;
  }
  const directory = parent.inode!;
  const { lookup } = directory.operations;
  if (lookup === undefined) return -ENOTDIR;
  if (directory.fileSystem.cacheNames !== false) cost.execute(fsRoutines.lookup_miss);
  cost.touch(directory.address, 64);
  const found = lookup(kernel, directory, name);
  if (typeof found === 'number' && found !== -ENOENT) return found;
  const inode = typeof found === 'number' ? null : found;
  if (directory.fileSystem.cacheNames === false) {
    return inode === null ? -ENOENT : kernel.vfs.dentries.addUncached(parent, name, inode);
  }
  return kernel.vfs.dentries.add(parent, name, inode);
}

/** Down to the root of whatever is mounted on this dentry. */
export function crossMounts(kernel: Kernel, dentry: Dentry): Dentry {
  while (dentry.covered !== null) {
    kernel.cost.execute(fsRoutines.walk_mount_crossing);
    dentry = dentry.covered.root;
  }
  return dentry;
}

class Walker {
  readonly #kernel: Kernel;
  readonly #task: Task;
  readonly #options: WalkOptions;
  readonly #start: Dentry;
  readonly #root: Dentry;
  #links = 0;
  last = '';
  special: ParentWalk['special'] = null;
  trailingSlash = false;

  constructor(kernel: Kernel, task: Task, start: Dentry, options: WalkOptions) {
    this.#kernel = kernel;
    this.#task = task;
    this.#options = options;
    this.#start = start;
    this.#root = options.inRoot ? start : task.fs.root;
  }

  /** With `parentOnly` the result is the parent of the last component, which is left in `last`. */
  run(path: string, parentOnly: boolean): Dentry | number {
    const kernel = this.#kernel;
    if (path.length === 0) return -ENOENT;
    if (path.length >= PATH_MAX / 4 && byteLength(path) >= PATH_MAX) return -ENAMETOOLONG;
    kernel.cost.execute(fsRoutines.path_init);

    let current = this.#start;
    if (path.startsWith('/')) {
      if (this.#options.beneath) return -EXDEV;
      current = this.#root;
    }
    // Components still to walk, the next one last. A symbolic link's components are pushed on top.
    const stack = path.split('/').reverse();
    this.trailingSlash = path.endsWith('/');
    let component: string | undefined;
    while ((component = stack.pop()) !== undefined) {
      if (component === '') continue;
      if (component.length > NAME_MAX / 4 && byteLength(component) > NAME_MAX) return -ENAMETOOLONG;
      const { inode } = current;
      if (inode === null) return -ENOENT;
      if (!isDirectory(inode.mode)) return -ENOTDIR;
      kernel.cost.touch(inode.address, 64);
      const denied = checkPermission(inode, this.#task.credentials, MAY_EXECUTE);
      if (denied !== 0) return denied;

      const isLast = stack.every((rest) => rest === '');
      if (parentOnly && isLast) {
        this.last = component;
        this.special = component === '.' ? 'dot' : component === '..' ? 'dotdot' : null;
        return current;
      }
      if (component === '.') continue;
      if (component === '..') {
        const up = this.#up(current);
        if (typeof up === 'number') return up;
        current = up;
        continue;
      }

      const child = lookupChild(kernel, current, component);
      if (typeof child === 'number') return child;
      if (child.inode === null) {
        if (!isLast) return -ENOENT;
        return child;
      }
      const mustFollow = !isLast || this.#options.follow !== false || this.trailingSlash;
      if (isSymlink(child.inode.mode) && mustFollow) {
        const next = this.#followLink(child, current, stack);
        if (typeof next === 'number') return next;
        current = next;
        continue;
      }
      const crossed = crossMounts(kernel, child);
      if (crossed !== child && this.#options.noMounts) return -EXDEV;
      current = crossed;
    }
    if (parentOnly) {
      // Nothing but slashes.
      this.special = 'root';
      return current;
    }
    if (this.trailingSlash && current.inode !== null && !isDirectory(current.inode.mode)) return -ENOTDIR;
    kernel.cost.execute(fsRoutines.path_complete);
    return current;
  }

  #up(from: Dentry): Dentry | number {
    let current = from;
    if (current === this.#root || (this.#options.beneath && current === this.#start)) {
      return this.#options.beneath ? -EXDEV : current;
    }
    while (current.parent === null) {
      const point = current.mount.point;
      if (point === null || current === this.#root) return current;
      if (this.#options.noMounts) return -EXDEV;
      current = point;
    }
    return crossMounts(this.#kernel, current.parent);
  }

  /** The place from which to go on; the link's own components are now on the stack. */
  #followLink(link: Dentry, directory: Dentry, stack: string[]): Dentry | number {
    const kernel = this.#kernel;
    this.#links += 1;
    if (this.#links > SYMLINKS_MAX || this.#options.noSymlinks) return -ELOOP;
    kernel.cost.execute(fsRoutines.walk_symlink);
    const inode = link.inode!;
    const { follow, readlink } = inode.operations;
    if (follow !== undefined) {
      if (this.#options.noMagicLinks) return -ELOOP;
      const place = follow(kernel, inode, this.#task);
      if (typeof place === 'number') return place;
      if ('dentry' in place) return place.dentry;
      return place.file.dentry ?? kernel.vfs.anonymousDentry(place.file);
    }
    if (readlink === undefined) return -ELOOP;
    const target = readlink(kernel, inode, this.#task);
    if (typeof target === 'number') return target;
    if (target === '') return -ENOENT;
    for (const component of target.split('/').reverse()) stack.push(component);
    if (!target.startsWith('/')) return directory;
    return this.#options.beneath ? -EXDEV : this.#root;
  }
}
