// A booted kernel with one program that stands still, on whose behalf tests make system calls: handlers run as they do in the
// machine, on real address spaces and charged, without assembling a program for each case.

import { abandonOpen } from '../../../src/kernel/fs/open.ts';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import { wakeTask } from '../../../src/kernel/process/block.ts';
import type { Task } from '../../../src/kernel/process/task.ts';
import { BLOCKED, type SyscallResult } from '../../../src/kernel/syscalls/result.ts';
import { syscallRows } from '../../../src/kernel/syscalls/table.ts';
import { assembleProgram, Guest, type GuestOptions } from '../guest.ts';

const SCRATCH_BYTES = 0x10_0000;

const program = `
.globl _start
_start:
  la a0, scratch
1: j 1b
.bss
.balign 4096
.globl scratch
scratch: .space ${SCRATCH_BYTES}
`;

const rows = new Map(syscallRows.map((row) => [row.name, row]));

export class System {
  readonly guest: Guest;
  readonly kernel: Kernel;
  readonly task: Task;
  /** Guest address of SCRATCH_BYTES zeroed bytes that are the test's. */
  readonly scratch: number;
  #next: number;

  private constructor(guest: Guest, task: Task, scratch: number) {
    this.guest = guest;
    this.kernel = guest.kernel;
    this.task = task;
    this.scratch = scratch;
    this.#next = scratch;
  }

  static async boot(options: GuestOptions = {}): Promise<System> {
    const guest = await Guest.boot({ ...options, files: { ...options.files, '/bin/still': assembleProgram(program) } });
    const task = guest.kernel.start('/bin/still', ['still'], []);
    if (typeof task === 'number') throw new Error(`start: errno ${-task}`);
    guest.kernel.run({ maxInstructions: 2000 });
    const heap = [...task.memory!.regions].find((region) => region.bytes >= SCRATCH_BYTES);
    if (heap === undefined) throw new Error('no scratch memory');
    return new System(guest, task, Math.ceil(heap.start / 4096) * 4096);
  }

  /** A fresh piece of the scratch memory. */
  allocate(bytes: number): number {
    const address = this.#next;
    this.#next += Math.ceil(bytes / 16) * 16;
    if (this.#next > this.scratch + SCRATCH_BYTES - 4096) this.#next = this.scratch;
    return address;
  }

  /** Runs the call's handler. Strings (NUL-terminated) and bytes are put into the program's memory, their address passed. */
  call(name: string, ...args: readonly (number | string | Uint8Array)[]): SyscallResult {
    const row = rows.get(name);
    if (row === undefined) throw new Error(`no system call ${name}`);
    const values = args.map((arg) => (typeof arg === 'number' ? arg : this.put(arg)));
    while (values.length < 6) values.push(0);
    this.task.syscall = row.number;
    const [a, b, c, d, e, f] = values as [number, number, number, number, number, number];
    const result = row.handler(this.kernel, this.task, a, b, c, d, e, f);
    if (result !== BLOCKED) {
      this.task.syscall = -1;
      this.task.resume = null;
    }
    return result;
  }

  /** The task sleeps in a call: wakes it as a spurious event would and forgets the call. */
  abandon(): void {
    if (this.task.state !== 'running') wakeTask(this.kernel, this.task, 'signal');
    this.kernel.scheduler.pick(this.kernel);
    abandonOpen(this.kernel, this.task.resume);
    this.task.syscall = -1;
    this.task.resume = null;
    this.task.wakeReason = null;
  }

  put(data: string | Uint8Array): number {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(`${data}\0`) : data;
    const address = this.allocate(bytes.length);
    if (!this.task.memory!.write(address, bytes)) throw new Error('scratch memory is not writable');
    return address;
  }

  bytes(address: number, length: number): Uint8Array {
    return this.task.memory!.read(address, length)!.slice();
  }

  view(address: number, length: number): DataView {
    return new DataView(this.bytes(address, length).buffer);
  }

  open(path: string, flags = 0, mode = 0o644): number {
    return this.call('openat', -100, path, flags, mode);
  }

  write(fd: number, text: string): number {
    const bytes = new TextEncoder().encode(text);
    return this.call('write', fd, bytes, bytes.length);
  }

  /** Text of one read of at most `limit` bytes, or -errno. */
  read(fd: number, limit = 4096): string | number {
    const address = this.allocate(limit);
    const moved = this.call('read', fd, address, limit);
    return moved < 0 ? moved : new TextDecoder().decode(this.bytes(address, moved));
  }

  /** The whole text of a file. */
  readFile(path: string): string {
    const fd = this.open(path);
    if (fd < 0) throw new Error(`${path}: errno ${-fd}`);
    let text = '';
    for (;;) {
      const part = this.read(fd, 16384);
      if (typeof part === 'number') throw new Error(`${path}: errno ${-part}`);
      if (part === '') break;
      text += part;
    }
    this.call('close', fd);
    return text;
  }

  pipe(flags = 0): [number, number] {
    const address = this.allocate(8);
    const result = this.call('pipe2', address, flags);
    if (result !== 0) throw new Error(`pipe2: errno ${-result}`);
    const view = this.view(address, 8);
    return [view.getInt32(0, true), view.getInt32(4, true)];
  }

  stat(path: string): { mode: number; links: number; size: number; inode: number } | number {
    const address = this.allocate(128);
    const result = this.call('newfstatat', -100, path, address, 0x100);
    if (result < 0) return result;
    const view = this.view(address, 128);
    return {
      mode: view.getUint32(16, true),
      links: view.getUint32(20, true),
      size: Number(view.getBigInt64(48, true)),
      inode: Number(view.getBigUint64(8, true)),
    };
  }
}
