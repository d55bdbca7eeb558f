// The virtual file system's state: the mounts, the dentry cache, the device registry, and what is bounded system-wide.
// Path walk is in namei.ts, open in open.ts, changes of the tree in tree.ts, what the host puts in in install.ts.
//
// The kernel makes it with `new Vfs(kernel)` and, once `kernel.vfs` is set, calls `initialise()`.

import { requestInterrupt } from '../drivers/plic.ts';
import type { Tty } from '../drivers/tty.ts';
import { UART_INTERRUPT, type UartDriver } from '../drivers/uart.ts';
import { EBUSY, ENOMEM } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import { AnonymousFileSystem } from './anonymous.ts';
import { DentryCache } from './dentry-cache.ts';
import { createDevfs, KernelLog } from './devfs.ts';
import { HostInput } from './host-streams.ts';
import { type InstallOptions, installDirectory, installFile, installStandardTree, installSymlink } from './install.ts';
import { IoBuffers } from './io-targets.ts';
import type { LockOwner, LockWait } from './locks.ts';
import { allocateObject } from './objects.ts';
import { createFile } from './open-file.ts';
import type { Pipe } from './pipe.ts';
import { ProcFileSystem } from './procfs/file-system.ts';
import type { PseudoNode } from './pseudo.ts';
import { SysFileSystem } from './sysfs.ts';
import { type HostContent, TmpFileSystem } from './tmpfs.ts';
import type { Dentry, FileOperations, FileSystem, Inode, Mount, OpenFile } from './types.ts';

/** A driver behind a character device node: gives an opened file its operations. */
export interface CharacterDevice {
  readonly name: string;
  open(kernel: Kernel, inode: Inode, file: OpenFile, task: Task | null): FileOperations | number;
}

export type AnonymousKind = 'pipe' | 'socket' | 'anon_inode';

export class Vfs {
  readonly #kernel: Kernel;
  readonly dentries: DentryCache;
  readonly mounts: Mount[] = [];
  /** Pairs inotify's IN_MOVED_FROM and IN_MOVED_TO. */
  nextCookie = 1;
  /** Open file descriptions of the whole system; bound `fileMax` (open-file.ts). */
  openFiles = 0;
  /** Watches of all inotify instances. */
  inotifyWatches = 0;
  /** Items of all epolls. */
  epollItems = 0;
  /** The pipes of FIFOs that are open. */
  readonly fifos = new Map<Inode, Pipe>();
  readonly lockWaits = new Map<LockOwner, LockWait>();
  /** By device number. */
  readonly characterDevices = new Map<number, CharacterDevice>();
  readonly buffers: IoBuffers;
  /** Terminals by /dev name; the UART's is `ttyS0`. */
  readonly ttys = new Map<string, Tty>();
  /** The console's UART: its interrupt handler, and where its output goes. */
  uart!: UartDriver;
  readonly log = new KernelLog();
  /** Standard input from the host; `awaited` says that a task waits for it. */
  readonly hostInput = new HostInput();
  readonly hostStreams = new Map<Inode, FileOperations>();
  /** Files of /proc/net and nodes of /proc/sys/net, which the network provides. */
  readonly procNet = new Map<string, (kernel: Kernel) => string>();
  readonly procSysNet = new Map<string, PseudoNode>();
  /** The mount at /dev/pts. */
  pts: Mount | null = null;
  root!: Dentry;
  rootFileSystem!: TmpFileSystem;
  #anonymous!: AnonymousFileSystem;
  #nextMountId = 20;
  #nextDevice = 20;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.dentries = new DentryCache(kernel);
    this.buffers = new IoBuffers(kernel);
  }

  /** Makes the root file system with its standard directories, /dev, /proc, /sys and /tmp, mounted. */
  initialise(): void {
    const kernel = this.#kernel;
    this.#anonymous = new AnonymousFileSystem(kernel, this.newDevice());
    this.rootFileSystem = new TmpFileSystem(kernel, { device: this.newDevice(), type: 'tmpfs', mode: 0o755 });
    const mount = this.#createMount(this.rootFileSystem, null, 'root', 0);
    this.root = mount.root;
    this.dentries.pin(this.root);
    installStandardTree(kernel);
    this.#mountAt('/dev', createDevfs(kernel, this.newDevice()), 'devtmpfs');
    this.uart.initialise(kernel);
    requestInterrupt(kernel, UART_INTERRUPT, () => this.uart.interrupt(kernel));
    this.#mountAt(
      '/dev/shm',
      new TmpFileSystem(kernel, { device: this.newDevice(), type: 'tmpfs', mode: 0o1777 }),
      'tmpfs',
    );
    const pts = new TmpFileSystem(kernel, { device: this.newDevice(), type: 'devpts', mode: 0o755 });
    this.pts = this.#mountAt('/dev/pts', pts, 'devpts');
    this.#mountAt('/proc', new ProcFileSystem(kernel, this.newDevice()), 'proc');
    this.#mountAt('/sys', new SysFileSystem(kernel, this.newDevice()), 'sysfs');
    this.#mountAt(
      '/tmp',
      new TmpFileSystem(kernel, { device: this.newDevice(), type: 'tmpfs', mode: 0o1777 }),
      'tmpfs',
    );
  }

  /** Puts a file of the host's into the tree (fs/install.ts): 0 or -errno. `() => bytes` is fetched at the first use. */
  install(path: string, content: HostContent, mode = 0o644, options: InstallOptions = {}): number {
    return installFile(this.#kernel, path, content, { mode, ...options });
  }

  installDirectory(path: string, mode = 0o755, options: InstallOptions = {}): number {
    return installDirectory(this.#kernel, path, { mode, ...options });
  }

  installSymlink(path: string, target: string): number {
    return installSymlink(this.#kernel, path, target);
  }

  /** A device number for a file system without a device (major 0). */
  newDevice(): number {
    return this.#nextDevice++;
  }

  /** Mounts a file system on a directory; -EBUSY when the same directory is a mount's root already covered. */
  mount(fileSystem: FileSystem, point: Dentry, source: string, flags: number): Mount | number {
    if (point.covered !== null) return -EBUSY;
    if (this.mounts.length >= 100_000) return -ENOMEM;
    if (point.mount.fileSystem.cacheNames === false && point.parent !== null) {
      point.parent.children ??= new Map();
      point.parent.children.set(point.name, point);
    }
    const mount = this.#createMount(fileSystem, point, source, flags);
    point.covered = mount;
    this.dentries.pin(point);
    return mount;
  }

  /** -EBUSY while files are open in it, something works in it, or another mount lies in it; `lazy` detaches it anyway. */
  unmount(mount: Mount, lazy: boolean): number {
    if (mount.point === null || (mount.uses > 0 && !lazy)) return -EBUSY;
    mount.point.covered = null;
    this.dentries.unpin(mount.point);
    this.mounts.splice(this.mounts.indexOf(mount), 1);
    return 0;
  }

  /** A file without a name in the tree: one end of a pipe, a socket, an eventfd. `description` e.g. `[eventfd]`. */
  openAnonymous(
    kind: AnonymousKind,
    operations: FileOperations,
    flags: number,
    description?: string,
    inode: Inode = this.#anonymous.inodeFor(this.#kernel, kind),
  ): OpenFile | number {
    const name = kind === 'anon_inode' ? `anon_inode:${description}` : `${kind}:[${inode.number}]`;
    return createFile(this.#kernel, inode, null, name, operations, flags);
  }

  /** A new inode for `openAnonymous`, to be shared by both ends of a pipe. */
  anonymousInode(kind: AnonymousKind): Inode {
    return this.#anonymous.inodeFor(this.#kernel, kind);
  }

  /** Stands for a file without dentry where a walk through /proc/<pid>/fd ends. */
  anonymousDentry(file: OpenFile): Dentry {
    const { root } = this.#anonymous;
    const mount: Mount = {
      id: 0,
      fileSystem: this.#anonymous,
      root: null as unknown as Dentry,
      point: null,
      source: 'none',
      flags: 0,
      uses: 0,
    };
    return {
      name: file.description,
      parent: null,
      inode: file.inode,
      mount,
      address: root.address,
      children: null,
      pins: 0,
      covered: null,
      deleted: false,
    };
  }

  /** The absolute path of a dentry as seen from `root`, or null when `root` is not above it. d_path of Linux. */
  pathOf(dentry: Dentry, root: Dentry = this.root): string | null {
    const parts: string[] = [];
    let current = dentry;
    while (current !== root) {
      if (current.parent === null) {
        const { point } = current.mount;
        if (point === null) return current === this.root ? null : current.name;
        current = point;
        continue;
      }
      parts.push(current.name);
      current = current.parent;
    }
    return `/${parts.reverse().join('/')}`;
  }

  /** What /proc/<pid>/fd/N and maps show for a file. */
  fileName(file: OpenFile, root: Dentry = this.root): string {
    if (file.dentry === null) return file.description;
    const path = this.pathOf(file.dentry, root) ?? this.pathOf(file.dentry) ?? file.dentry.name;
    return file.dentry.deleted ? `${path} (deleted)` : path;
  }

  #mountAt(path: string, fileSystem: FileSystem, source: string): Mount {
    let current = this.root;
    for (const name of path.split('/').filter(Boolean)) {
      const inode = current.inode!;
      const child = current.children?.get(name);
      const found = child?.inode ?? inode.operations.lookup!(this.#kernel, inode, name);
      if (typeof found === 'number') throw new Error(`no mount point ${path}`);
      const dentry = child ?? this.dentries.add(current, name, found);
      current = dentry.covered === null ? dentry : dentry.covered.root;
    }
    return this.mount(fileSystem, current, source, 0) as Mount;
  }

  #createMount(fileSystem: FileSystem, point: Dentry | null, source: string, flags: number): Mount {
    allocateObject(this.#kernel, 'mount');
    const mount: { -readonly [K in keyof Mount]: Mount[K] } = {
      id: this.#nextMountId++,
      fileSystem,
      root: null as unknown as Dentry,
      point,
      source,
      flags,
      uses: 0,
    };
    mount.root = this.dentries.createRoot(mount, fileSystem.root);
    this.mounts.push(mount);
    return mount;
  }
}
