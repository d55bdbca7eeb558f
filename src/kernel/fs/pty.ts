// Pseudo-terminals, pty(7): /dev/ptmx makes a pair. What is written to the master is typed on the slave, /dev/pts/N; what programs
// write to the slave is read from the master. Bound: PTY_MAX pairs (ENOSPC), BUFFER_BYTES of unread output a pair.

import { standardTermios } from '../drivers/termios.ts';
import { Tty, type TtyLine } from '../drivers/tty.ts';
import { EAGAIN, EFAULT, EIO, ENOSPC } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import { POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM, WaitQueue } from '../process/wait.ts';
import type { SyscallResult } from '../syscalls/result.ts';
import { makeDevice, S_IFCHR } from './constants.ts';
import { newOwner } from './inode.ts';
import type { IoTarget } from './io.ts';
import type { TmpFileSystem } from './tmpfs.ts';
import type { FileOperations, Inode, OpenFile } from './types.ts';

/** kernel.pty.max */
const PTY_MAX = 4096;
const BUFFER_BYTES = 65_536;
const UNIX98_SLAVE_MAJOR = 136;

const TIOCGPTN = 0x80045430;
const TIOCSPTLCK = 0x40045431;
const TIOCGPTLCK = 0x80045439;

class PtyMaster implements FileOperations, TtyLine {
  readonly number: number;
  readonly queue = new WaitQueue();
  readonly slave: Tty;
  hungUp = false;
  locked = true;
  /** Descriptions of the slave that are open; the master reads EIO when the last has gone. */
  slaves = 0;
  slaveOpened = false;
  #output: number[] = [];

  constructor(kernel: Kernel, number: number) {
    this.number = number;
    this.slave = new Tty(kernel, `pts/${number}`, makeDevice(UNIX98_SLAVE_MAJOR, number), this);
    Object.assign(this.slave.discipline.settings, standardTermios());
    this.slave.rows = 0;
    this.slave.columns = 0;
  }

  transmit(kernel: Kernel, bytes: Uint8Array): number {
    for (const byte of bytes) if (this.#output.length < BUFFER_BYTES) this.#output.push(byte);
    this.queue.wake(kernel, POLLIN | POLLRDNORM);
    return bytes.length;
  }

  read(_kernel: Kernel, _file: OpenFile, target: IoTarget): number {
    if (this.#output.length === 0) return this.slaveOpened && this.slaves === 0 ? -EIO : -EAGAIN;
    const bytes = Uint8Array.from(this.#output.slice(0, target.remaining));
    const moved = target.putBytes(bytes);
    this.#output = this.#output.slice(moved);
    return moved === 0 && bytes.length > 0 ? -EFAULT : moved;
  }

  write(_kernel: Kernel, _file: OpenFile, source: IoTarget): number {
    const bytes = new Uint8Array(Math.min(source.remaining, 2048));
    const taken = source.takeBytes(bytes);
    if (taken === 0 && bytes.length > 0) return -EFAULT;
    this.slave.receive(bytes.subarray(0, taken));
    return taken;
  }

  poll(): number {
    let events = POLLOUT | POLLWRNORM;
    if (this.#output.length > 0) events |= POLLIN | POLLRDNORM;
    if (this.slaveOpened && this.slaves === 0) events |= POLLHUP;
    return events;
  }

  ioctl(kernel: Kernel, file: OpenFile, task: Task, request: number, argument: number): SyscallResult {
    const memory = task.memory!;
    switch (request >>> 0) {
      case TIOCGPTN:
        return memory.writeU32(argument, this.number) ? 0 : -EFAULT;
      case TIOCSPTLCK: {
        const value = memory.readU32(argument);
        if (value === null) return -EFAULT;
        this.locked = value !== 0;
        return 0;
      }
      case TIOCGPTLCK:
        return memory.writeU32(argument, this.locked ? 1 : 0) ? 0 : -EFAULT;
      default:
        return this.slave.ioctl(kernel, file, task, request, argument);
    }
  }

  release(kernel: Kernel): void {
    this.hungUp = true;
    this.slave.hangUp();
    const slaves = ptsFileSystem(kernel).root;
    const inode = slaves.operations.lookup!(kernel, slaves, String(this.number));
    if (typeof inode !== 'number') {
      slaves.operations.unlink!(kernel, slaves, String(this.number), inode);
      const dentry = kernel.vfs.pts?.root.children?.get(String(this.number));
      if (dentry !== undefined) kernel.vfs.dentries.remove(dentry);
    }
    kernel.vfs.characterDevices.delete(this.slave.device);
    kernel.vfs.ttys.delete(this.slave.name);
  }
}

function ptsFileSystem(kernel: Kernel): TmpFileSystem {
  return kernel.vfs.pts!.fileSystem as TmpFileSystem;
}

/** open(2) of /dev/ptmx: a new pair, its slave's node in /dev/pts. */
export function openMultiplexer(
  kernel: Kernel,
  _inode: Inode,
  file: OpenFile,
  task: Task | null,
): FileOperations | number {
  let number = 0;
  while (kernel.vfs.ttys.has(`pts/${number}`)) number += 1;
  if (number >= PTY_MAX || kernel.vfs.pts === null) return -ENOSPC;
  file.noControllingTerminal = true;
  const master = new PtyMaster(kernel, number);
  kernel.vfs.ttys.set(master.slave.name, master.slave);
  kernel.vfs.characterDevices.set(master.slave.device, {
    name: master.slave.name,
    open(_kernel, _slaveInode, slaveFile, opener) {
      if (master.locked || master.hungUp) return -EIO;
      master.slaves += 1;
      master.slaveOpened = true;
      master.slave.opened(opener, slaveFile);
      return slaveOperations(master);
    },
  });
  const { root } = ptsFileSystem(kernel);
  const owner = newOwner(root, S_IFCHR | 0o620, task);
  const made = root.operations.create!(kernel, root, String(number), S_IFCHR | 0o620, master.slave.device, task);
  if (typeof made === 'number') return made;
  made.uid = owner.uid;
  kernel.vfs.pts.root.children?.delete(String(number));
  return master;
}

/** The slave's side is the terminal itself, but closing it is counted. */
function slaveOperations(master: PtyMaster): FileOperations {
  const { slave } = master;
  return {
    queue: slave.queue,
    read: (kernel, file, target, offset, task) => slave.read(kernel, file, target, offset, task),
    write: (kernel, file, source, offset, task) => slave.write(kernel, file, source, offset, task),
    readDeadline: (kernel) => slave.readDeadline(kernel),
    poll: (kernel) => slave.poll(kernel),
    ioctl: (kernel, file, task, request, argument) => slave.ioctl(kernel, file, task, request, argument),
    release(kernel) {
      master.slaves -= 1;
      if (master.slaves === 0) master.queue.wake(kernel, POLLHUP | POLLIN);
    },
  };
}
