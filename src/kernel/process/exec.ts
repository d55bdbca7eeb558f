// execve(2): another program in the same process. The new address space is made beside the old one, so that every failure up
// to `commit` leaves the caller as it was; after it there is no way back but a signal.

import { processRoutines } from '../cost/routines/process.ts';
import { E2BIG, ELOOP, ENOEXEC, ENOMEM } from '../errno.ts';
import { openExecutable } from '../fs/open.ts';
import { denyWrite, releaseFile } from '../fs/open-file.ts';
import type { Dentry, OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import { AddressSpace } from '../memory/address-space.ts';
import { loadElf } from '../memory/load-elf.ts';
import { TrapFrame } from '../memory/trap-frame.ts';
import type { Credentials } from './credentials.ts';
import { freeTaskStruct, killOtherThreads, releaseMemory } from './exit.ts';
import { RLIMIT_STACK } from './limits.ts';
import { dropProgram } from './program-file.ts';
import { SIGCHLD } from './signals/numbers.ts';
import { SS_DISABLE } from './signals/state.ts';
import type { Task } from './task.ts';

/** BINPRM_BUF_SIZE: how much of a file is looked at to see what it is, and how long a #! line may be. */
const HEADER_BYTES = 256;
/** Scripts whose interpreter is a script, at most (binfmt recursion). */
const MAXIMUM_INTERPRETERS = 5;
/** MAX_ARG_STRLEN */
const MAXIMUM_STRING = 131_072;
const MS_NOSUID = 2;

/** What the caller asked to run. */
export interface ExecArguments {
  /** Where a relative path starts. */
  readonly start: Dentry;
  readonly path: string;
  /** AT_SYMLINK_NOFOLLOW absent. */
  readonly follow?: boolean;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
  /** execveat of a descriptor: this file, already open (the reference is taken over). `path` is then /dev/fd/N. */
  readonly file?: OpenFile;
}

/** Runs the program in `task`: 0, and the frame is the new program's; or -errno, and nothing has changed. */
export function execProgram(kernel: Kernel, task: Task, args: ExecArguments): number {
  kernel.cost.execute(processRoutines.do_execveat);
  const tooLong = checkArguments(task, args.argv, args.envp);
  if (tooLong !== 0) {
    if (args.file !== undefined) releaseFile(kernel, args.file);
    return tooLong;
  }
  let argv = args.argv.length === 0 ? [''] : [...args.argv];
  let { path, start } = args;
  let file = args.file ?? openExecutable(kernel, task, start, path, args.follow ?? true);
  const scriptName = path;
  let script = false;
  for (let depth = 0; ; depth++) {
    if (typeof file === 'number') return file;
    const busy = denyWrite(file.inode);
    if (busy !== 0) {
      releaseFile(kernel, file);
      return busy;
    }
    const header = readHeader(kernel, file);
    if (header === null || !(header[0] === 0x23 && header[1] === 0x21)) break;
    const line = parseInterpreterLine(header);
    dropProgram(kernel, file);
    if (line === null) return -ENOEXEC;
    if (depth >= MAXIMUM_INTERPRETERS) return -ELOOP;
    argv = [line.interpreter, ...(line.argument === null ? [] : [line.argument]), path, ...argv.slice(1)];
    path = line.interpreter;
    start = task.fs.cwd;
    script = true;
    file = openExecutable(kernel, task, start, path);
  }

  const limits = task.group.limits;
  const space = AddressSpace.create(kernel, limits);
  if (space === null) {
    dropProgram(kernel, file);
    return -ENOMEM;
  }
  const credentials = credentialsAfter(task, file);
  const loaded = loadElf(kernel, task, space, file, {
    argv,
    envp: args.envp,
    path: script ? scriptName : path,
    credentials,
    secure: credentials.euid !== credentials.uid || credentials.egid !== credentials.gid,
  });
  if (typeof loaded === 'number') {
    space.release();
    dropProgram(kernel, file);
    return loaded;
  }
  commit(kernel, task, space, credentials);
  const { group } = task;
  if (group.executable !== null) dropProgram(kernel, group.executable);
  group.executable = file;
  group.argv = argv;
  group.envp = args.envp;
  task.comm = commandName(scriptName);
  TrapFrame.start(kernel, task.frame, loaded.entry, loaded.stackPointer);
  if (kernel.events.active) {
    kernel.events.emit({ type: 'exec', cycle: kernel.machine.cycle, hart: 0, task: task.tid, path: scriptName, argv });
  }
  return 0;
}

/** The point of no return (begin_new_exec): other threads end, what was shared becomes this process's own, handlers are reset. */
function commit(kernel: Kernel, task: Task, space: AddressSpace, credentials: Credentials): void {
  kernel.cost.execute(processRoutines.begin_new_exec);
  const { group } = task;
  killOtherThreads(kernel, task);
  if (!task.isLeader) becomeLeader(kernel, task);

  releaseMemory(kernel, task);
  task.memory = space;
  if (kernel.scheduler.current === task) kernel.switchTo(task);

  if (task.signals.handlers.references > 1) {
    task.signals.handlers.references -= 1;
    task.signals.handlers = task.signals.handlers.copy();
  }
  task.signals.handlers.resetCaught();
  task.signals.alternateStack = { address: 0, size: 0, flags: SS_DISABLE };
  if (task.files.references > 1) {
    const own = task.files.fork(kernel);
    task.files.release(kernel);
    task.files = own;
  }
  task.files.closeMarked(kernel);
  if (credentials !== task.credentials) {
    kernel.tasks.userChanged(task.credentials.uid, credentials.uid);
    task.credentials = credentials;
    task.parentDeathSignal = 0;
  }
  task.robustList = 0;
  task.clearChildTid = 0;
  task.restart = null;
  task.membarrier = 0;
  group.hasExecuted = true;
  // timer_create(2): POSIX timers are not preserved; setitimer's are.
  for (const timer of group.posixTimers.values()) timer.cancel(kernel);
  group.posixTimers.clear();
  if (group.exitSignal !== 0) group.exitSignal = SIGCHLD;
}

/** A thread that is not the leader takes its place: its tid becomes the pid (de_thread). */
function becomeLeader(kernel: Kernel, task: Task): void {
  const { group } = task;
  const old = group.leader;
  kernel.tasks.replaceLeader(old, task);
  freeTaskStruct(kernel, old);
}

/** Set-user-ID and set-group-ID programs (execve(2)), and the capability rules for root (capabilities(7)). */
function credentialsAfter(task: Task, file: OpenFile): Credentials {
  const { credentials } = task;
  const { mode, uid, gid } = file.inode;
  const allowed = !credentials.noNewPrivileges && ((file.dentry?.mount.flags ?? 0) & MS_NOSUID) === 0;
  let euid = credentials.euid;
  let egid = credentials.egid;
  if (allowed && (mode & 0o4000) !== 0) euid = uid;
  if (allowed && (mode & 0o2000) !== 0 && (mode & 0o010) !== 0) egid = gid;
  const root = euid === 0 || credentials.uid === 0;
  const permitted = root ? credentials.bounding : credentials.ambient;
  const effective = euid === 0 ? permitted : root ? 0n : credentials.ambient;
  if (
    euid === credentials.euid &&
    egid === credentials.egid &&
    credentials.suid === euid &&
    credentials.sgid === egid &&
    permitted === credentials.permitted &&
    effective === credentials.effective &&
    !credentials.keepCapabilities
  ) {
    return credentials;
  }
  return credentials.with({
    euid,
    egid,
    suid: euid,
    sgid: egid,
    fsuid: euid,
    fsgid: egid,
    permitted,
    effective,
    keepCapabilities: false,
  });
}

/** E2BIG: one string longer than 128 KiB, or all together more than a quarter of the stack limit (execve(2)). */
function checkArguments(task: Task, argv: readonly string[], envp: readonly string[]): number {
  let total = 0;
  for (const text of [...argv, ...envp]) {
    const bytes = byteLength(text) + 1;
    if (bytes > MAXIMUM_STRING) return -E2BIG;
    total += bytes + 8;
  }
  const limit = Math.min(Math.max(task.group.limits.soft(RLIMIT_STACK) / 4, MAXIMUM_STRING), 6 * 1024 * 1024);
  return total > limit ? -E2BIG : 0;
}

const encoder = new TextEncoder();

function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** The file's first bytes, from its page cache; null when it cannot be read. */
function readHeader(kernel: Kernel, file: OpenFile): Uint8Array | null {
  const { page } = file.operations;
  if (page === undefined || file.inode.size === 0) return null;
  const physical = page.call(file.operations, kernel, file, 0, 'read');
  if (physical <= 0) return null;
  const bytes = Math.min(HEADER_BYTES, file.inode.size);
  kernel.cost.touch(physical, bytes);
  return kernel.machine.ram.slice(physical, bytes).slice();
}

/** `#! interpreter [one argument]`: load_script of fs/binfmt_script.c. null: no interpreter, or a name that is cut off. */
function parseInterpreterLine(header: Uint8Array): { interpreter: string; argument: string | null } | null {
  let end = header.indexOf(0x0a);
  if (end < 0) end = header.length;
  const line = new TextDecoder('utf-8').decode(header.subarray(2, end)).replace(/^[ \t]+|[ \t\0]+$/g, '');
  if (line === '') return null;
  const space = line.search(/[ \t\0]/);
  if (space < 0) {
    // The whole header without an end of the name: it may be cut.
    return end === HEADER_BYTES ? null : { interpreter: line, argument: null };
  }
  const argument = line.slice(space).replace(/^[ \t]+/, '');
  return { interpreter: line.slice(0, space), argument: argument === '' ? null : argument };
}

/** The last component, at most 15 bytes. */
export function commandName(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const bytes = encoder.encode(name);
  return bytes.length <= 15 ? name : new TextDecoder().decode(bytes.subarray(0, 15));
}
