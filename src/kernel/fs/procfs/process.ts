// /proc/<pid> and /proc/<pid>/task/<tid>, proc(5): one directory a process, one a thread.

import { EACCES, EFAULT, EINVAL, EIO, ENOENT, ESRCH } from '../../errno.ts';
import type { Kernel } from '../../kernel.ts';
import { limitNames } from '../../process/limits.ts';
import type { Task } from '../../process/task.ts';
import type { ThreadGroup } from '../../process/thread-group.ts';
import { O_ACCMODE, O_CLOEXEC, O_RDONLY, O_WRONLY } from '../constants.ts';
import { directory, link, type PseudoNode, text } from '../pseudo.ts';
import { encode } from '../text.ts';
import type { FileOperations } from '../types.ts';
import { mapsText, smapsRollupText, smapsText } from './maps.ts';
import { mountInfoText, mountStatsText, mountsText } from './mounts.ts';
import { childrenText, schedText, statmText, statText, statusText } from './status.ts';

/** Files of /proc/net that other subsystems provide, by name. */
export type ProcNet = ReadonlyMap<string, (kernel: Kernel) => string>;

export function processDirectory(group: ThreadGroup, net: ProcNet): PseudoNode {
  const children = taskFiles(group.leader, net, group);
  const owner = ownerOf(group.leader);
  return directory(
    {
      ...children,
      task: {
        ...owner,
        kind: 'directory',
        mode: 0o555,
        lookup(_kernel, name) {
          for (const thread of threadsOf(group))
            if (String(thread.tid) === name) return taskDirectory(thread, net, false);
          return null;
        },
        *list() {
          const tids = threadsOf(group)
            .map((thread) => thread.tid)
            .sort((a, b) => a - b);
          for (const tid of tids) yield [String(tid), 'directory'];
        },
      },
    },
    { mode: 0o555, ...owner },
  );
}

export function taskDirectory(task: Task, net: ProcNet, whole: boolean): PseudoNode {
  const files = taskFiles(task, net, whole ? task.group : null);
  return directory(
    { ...files, children: text((kernel) => childrenText(kernel, task)) },
    { mode: 0o555, ...ownerOf(task) },
  );
}

/** The leader stays listed, a zombie, while other threads live. */
function threadsOf(group: ThreadGroup): Task[] {
  return [...new Set([group.leader, ...group.threads])];
}

function ownerOf(task: Task): { readonly uid: number; readonly gid: number } {
  if (task.group.dumpable !== 1) return { uid: 0, gid: 0 };
  return { uid: task.credentials.euid, gid: task.credentials.egid };
}

/** `group` is given for a process's directory: times and faults are then the whole process's. */
function taskFiles(task: Task, net: ProcNet, group: ThreadGroup | null): Record<string, PseudoNode> {
  const owner = ownerOf(task);
  const guarded = (read: (kernel: Kernel, reader: Task) => string | Uint8Array | number): PseudoNode => ({
    ...text((kernel, reader) => (mayInspect(reader, task) ? read(kernel, reader) : -EACCES), 0o400),
    ...owner,
  });
  const open = (read: (kernel: Kernel, reader: Task) => string | Uint8Array | number, mode = 0o444): PseudoNode => ({
    ...text(read, mode),
    ...owner,
  });
  return {
    auxv: guarded(() => task.memory?.auxiliaryVector ?? ''),
    cgroup: open(() => '0::/\n'),
    cmdline: open((kernel) => argumentsText(kernel, task)),
    comm: {
      ...owner,
      kind: 'file',
      mode: 0o644,
      read: () => `${task.comm}\n`,
      write(_kernel, writer, input) {
        if (writer.group !== task.group) return -EINVAL;
        task.comm = input.replace(/\n$/, '').slice(0, 15);
        return 0;
      },
    },
    cwd: {
      ...owner,
      ...link(
        (kernel) => pathText(kernel, task, task.fs.cwd),
        (_kernel, _inode, reader) => (mayInspect(reader, task) ? { dentry: task.fs.cwd } : -EACCES),
      ),
    },
    environ: guarded((kernel) => environmentText(kernel, task)),
    exe: {
      ...owner,
      ...link(
        (kernel) => {
          const { executable } = task.group;
          return executable === null || task.memory === null ? -ENOENT : kernel.vfs.fileName(executable, task.fs.root);
        },
        (_kernel, _inode, reader) => {
          const { executable } = task.group;
          if (!mayInspect(reader, task)) return -EACCES;
          return executable === null || task.memory === null ? -ENOENT : { file: executable };
        },
      ),
    },
    fd: descriptorDirectory(task, 'link'),
    fdinfo: descriptorDirectory(task, 'file'),
    io: guarded(
      () => 'rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n',
    ),
    limits: open(() => limitsText(task)),
    loginuid: open(() => '4294967295'),
    maps: open((kernel) => (task.memory === null ? '' : mapsText(kernel, task))),
    mem: { ...owner, kind: 'file', mode: 0o600, access: memoryFile(task) },
    mountinfo: open((kernel, reader) => mountInfoText(kernel, reader)),
    mounts: open((kernel, reader) => mountsText(kernel, reader)),
    mountstats: open((kernel, reader) => mountStatsText(kernel, reader), 0o400),
    net: {
      kind: 'directory',
      mode: 0o555,
      lookup(_kernel, name) {
        const read = net.get(name);
        return read === undefined ? null : text((kernel) => read(kernel));
      },
      list: () => [...net.keys()].map((name) => [name, 'file'] as const),
    },
    ns: namespaceDirectory(owner),
    oom_score: open(() => '0\n'),
    oom_score_adj: {
      ...owner,
      kind: 'file',
      mode: 0o644,
      read: () => `${task.group.oomScoreAdjust}\n`,
      write(_kernel, writer, input) {
        const value = Number.parseInt(input, 10);
        if (!(value >= -1000 && value <= 1000)) return -EINVAL;
        if (value < task.group.oomScoreAdjust && writer.credentials.euid !== 0) return -EACCES;
        task.group.oomScoreAdjust = value;
        return 0;
      },
    },
    personality: guarded(() => `${task.group.personality.toString(16).padStart(8, '0')}\n`),
    root: {
      ...owner,
      ...link(
        (kernel) => pathText(kernel, task, task.fs.root),
        (_kernel, _inode, reader) => (mayInspect(reader, task) ? { dentry: task.fs.root } : -EACCES),
      ),
    },
    sched: open((kernel) => schedText(kernel, task)),
    sessionid: open(() => '4294967295'),
    smaps: open((kernel) => (task.memory === null ? '' : smapsText(kernel, task))),
    smaps_rollup: open((kernel) => (task.memory === null ? -ESRCH : smapsRollupText(kernel, task))),
    stat: { ...open((kernel) => statText(kernel, task, group !== null)), instructions: 6000 } as PseudoNode,
    statm: open(() => statmText(task)),
    status: { ...open((kernel) => statusText(kernel, task)), instructions: 8000 } as PseudoNode,
    syscall: guarded(() => (task.syscall < 0 ? 'running\n' : `${task.syscall} 0x0 0x0 0x0 0x0 0x0 0x0 0x0 0x0\n`)),
    wchan: open(() => (task.state === 'sleeping' ? 'do_wait' : '0')),
  };
}

/** ptrace_may_access of Linux: the same user, or root. */
function mayInspect(reader: Task, task: Task): boolean {
  if (reader.group === task.group) return true;
  const { credentials } = reader;
  if (credentials.euid === 0) return true;
  const theirs = task.credentials;
  return credentials.uid === theirs.euid && credentials.uid === theirs.suid && credentials.uid === theirs.uid;
}

function pathText(kernel: Kernel, task: Task, dentry: Task['fs']['cwd']): string {
  const path = kernel.vfs.pathOf(dentry, task.fs.root) ?? kernel.vfs.pathOf(dentry) ?? '/';
  return dentry.deleted ? `${path} (deleted)` : path;
}

/** What the program has at [argumentStart, argumentEnd) of its stack now; it may have changed it (setproctitle). */
function argumentsText(kernel: Kernel, task: Task): Uint8Array | string {
  const { memory } = task;
  if (memory === null || memory.argumentEnd <= memory.argumentStart) return '';
  return (
    readMemory(kernel, task, memory.argumentStart, memory.argumentEnd) ?? encode(`${task.group.argv.join('\0')}\0`)
  );
}

function environmentText(kernel: Kernel, task: Task): Uint8Array | string {
  const { memory } = task;
  if (memory === null || memory.environmentEnd <= memory.environmentStart) return '';
  return readMemory(kernel, task, memory.environmentStart, memory.environmentEnd) ?? '';
}

/** Bytes of another program's memory that are present, without charging its side; null if any page is missing. */
function readMemory(kernel: Kernel, task: Task, start: number, end: number): Uint8Array | null {
  const length = Math.min(end - start, 131_072);
  const result = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const address = start + done;
    const step = Math.min(length - done, 4096 - (address % 4096));
    const physical = task.memory!.translate(address, 'read');
    if (physical <= 0) return null;
    result.set(kernel.machine.ram.slice(physical, step), done);
    done += step;
  }
  return result;
}

/** /proc/<pid>/mem: reads and writes at virtual addresses, by ptrace's rules. */
function memoryFile(task: Task): FileOperations {
  return {
    seekable: true,
    read(_kernel, _file, target, offset, reader) {
      if (!mayInspect(reader, task)) return -EACCES;
      if (task.memory === null) return 0;
      let done = 0;
      while (target.remaining > 0) {
        const address = offset + done;
        const physical = task.memory.translate(address, 'read');
        if (physical <= 0) return done > 0 ? done : -EIO;
        const step = target.putPhysical(physical, Math.min(target.remaining, 4096 - (address % 4096)));
        if (step === 0) return done > 0 ? done : -EFAULT;
        done += step;
      }
      return done;
    },
    write(_kernel, _file, source, offset, writer) {
      if (!mayInspect(writer, task)) return -EACCES;
      if (task.memory === null) return 0;
      let done = 0;
      while (source.remaining > 0) {
        const address = offset + done;
        const physical = task.memory.translate(address, 'write');
        if (physical <= 0) return done > 0 ? done : -EIO;
        const step = source.takePhysical(physical, Math.min(source.remaining, 4096 - (address % 4096)));
        if (step === 0) return done > 0 ? done : -EFAULT;
        done += step;
      }
      return done;
    },
    seek: (_kernel, file, offset) => (file.offset = offset),
  };
}

function descriptorDirectory(task: Task, kind: 'link' | 'file'): PseudoNode {
  return {
    ...ownerOf(task),
    kind: 'directory',
    mode: kind === 'link' ? 0o500 : 0o555,
    lookup(_kernel, name) {
      if (!/^(0|[1-9][0-9]{0,9})$/.test(name) || task.memory === null) return null;
      const fd = Number(name);
      const file = task.files.get(fd);
      if (file === null) return null;
      const access = file.flags & O_ACCMODE;
      if (kind === 'file') return { ...ownerOf(task), ...text((kernel) => descriptorText(kernel, task, fd), 0o444) };
      const mode = access === O_RDONLY ? 0o500 : access === O_WRONLY ? 0o300 : 0o700;
      return {
        ...ownerOf(task),
        mode,
        ...link(
          (kernel) => {
            const current = task.files.get(fd);
            return current === null ? -ENOENT : kernel.vfs.fileName(current, task.fs.root);
          },
          (_current, _inode, reader) => {
            const current = task.files.get(fd);
            if (!mayInspect(reader, task)) return -EACCES;
            return current === null ? -ENOENT : { file: current };
          },
        ),
      };
    },
    *list() {
      if (task.memory === null) return;
      for (const [fd] of task.files.entries()) yield [String(fd), kind];
    },
  };
}

function descriptorText(kernel: Kernel, task: Task, fd: number): string | number {
  const file = task.files.get(fd);
  if (file === null) return -ENOENT;
  const flags = (file.flags | (task.files.isCloseOnExec(fd) ? O_CLOEXEC : 0)) >>> 0;
  const mount = file.dentry?.mount.id ?? 15;
  const common = `pos:\t${file.offset}\nflags:\t0${flags.toString(8)}\nmnt_id:\t${mount}\nino:\t${file.inode.number}\n`;
  return common + lockLines(file) + (file.operations.describe?.(kernel, file) ?? '');
}

function lockLines(file: NonNullable<ReturnType<Task['files']['get']>>): string {
  const { locks } = file.inode;
  if (locks === null) return '';
  let lines = '';
  for (const lock of locks.flocks) {
    if (lock.file !== file) continue;
    lines += `lock:\t1: FLOCK  ADVISORY  ${lock.type.toUpperCase().padEnd(5)} 0 00:00:${file.inode.number} 0 EOF\n`;
  }
  return lines;
}

function namespaceDirectory(owner: { readonly uid: number; readonly gid: number }): PseudoNode {
  const names: Readonly<Record<string, number>> = {
    cgroup: 4026531835,
    ipc: 4026531839,
    mnt: 4026531841,
    net: 4026531840,
    pid: 4026531836,
    pid_for_children: 4026531836,
    time: 4026531834,
    time_for_children: 4026531834,
    user: 4026531837,
    uts: 4026531838,
  };
  const links = Object.entries(names).map(([name, number]) => {
    const type = name.replace('_for_children', '');
    return [name, { ...owner, ...link(() => `${type}:[${number}]`) }] as const;
  });
  return directory(Object.fromEntries(links), { mode: 0o511, ...owner });
}

function limitsText(task: Task): string {
  const show = (value: number): string => (value === Infinity ? 'unlimited' : String(value));
  let lines = `${'Limit'.padEnd(25)} ${'Soft Limit'.padEnd(20)} ${'Hard Limit'.padEnd(20)} ${'Units'.padEnd(10)}\n`;
  limitNames.forEach(({ name, unit }, resource) => {
    const { soft, hard } = task.group.limits.get(resource);
    lines += `${name.padEnd(25)} ${show(soft).padEnd(20)} ${show(hard).padEnd(20)} ${unit === '' ? '' : unit.padEnd(10)}\n`;
  });
  return lines;
}
