// /proc/<pid>/{stat,statm,status,sched,children}, proc(5): fs/proc/array.c and task_mmu.c of Linux 6.12, field by field.

import type { Kernel } from '../../kernel.ts';
import { groupUsage } from '../../process/cpu-timers.ts';
import { RLIMIT_SIGPENDING } from '../../process/limits.ts';
import { SIG_IGN } from '../../process/signals/state.ts';
import { type Task, taskStateLetters } from '../../process/task.ts';
import { PAGE_SIZE } from '../constants.ts';

/** USER_HZ: clock ticks of 10 ms. */
const NS_PER_TICK = 10_000_000;
const SIGNALS = 64;

const stateNames: Readonly<Record<string, string>> = {
  R: 'R (running)',
  S: 'S (sleeping)',
  D: 'D (disk sleep)',
  T: 'T (stopped)',
  Z: 'Z (zombie)',
  X: 'X (dead)',
};

/** include/linux/sched.h: used super-user privileges; forked but did not exec. */
const PF_SUPERPRIV = 0x100;
const PF_FORKNOEXEC = 0x40;

function ticks(nanoseconds: number): number {
  return Math.floor(nanoseconds / NS_PER_TICK);
}

function ignoredAndCaught(task: Task): { readonly ignored: bigint; readonly caught: bigint } {
  let ignored = 0n;
  let caught = 0n;
  for (let signal = 1; signal <= SIGNALS; signal++) {
    const { handler } = task.signals.handlers.get(signal);
    const bit = 1n << BigInt(signal - 1);
    if (handler === SIG_IGN) ignored |= bit;
    else if (handler > SIG_IGN) caught |= bit;
  }
  return { ignored, caught };
}

/** `whole`: counts of the whole thread group, as in /proc/<pid>/stat; else the thread's own, as in task/<tid>/stat. */
export function statText(kernel: Kernel, task: Task, whole: boolean): string {
  const { group, memory, scheduling } = task;
  kernel.scheduler.account(kernel, task);
  const usage = whole ? groupUsage(kernel, group) : task.usage;
  const { childUsage } = group;
  const { tty } = group.session;
  const realTime = scheduling.realTime;
  const priority = realTime > 0 ? -1 - realTime : 20 + scheduling.nice;
  const { ignored, caught } = ignoredAndCaught(task);
  const low = (set: bigint): string => (set & 0x7fff_ffffn).toString();
  const sleeping = task.state === 'sleeping' || task.state === 'uninterruptible' || task.state === 'stopped';
  const fields: (number | string)[] = [
    whole ? group.pid : task.tid,
    `(${task.comm})`,
    taskStateLetters[task.state],
    group.parentPid,
    group.processGroup.id,
    group.session.id,
    tty?.device ?? 0,
    tty?.foreground?.id ?? -1,
    PF_SUPERPRIV | (group.hasExecuted ? 0 : PF_FORKNOEXEC),
    usage.minorFaults,
    childUsage.minorFaults,
    usage.majorFaults,
    childUsage.majorFaults,
    ticks(usage.userTime),
    ticks(usage.systemTime),
    ticks(childUsage.userTime),
    ticks(childUsage.systemTime),
    priority,
    scheduling.nice,
    Math.max(1, group.threads.size),
    0, // itrealvalue
    ticks(whole ? group.startTime : task.startTime),
    memory?.totalBytes ?? 0,
    memory?.residentPages ?? 0,
    '18446744073709551615', // rsslim
    memory?.codeStart ?? 0,
    memory?.codeEnd ?? 0,
    memory?.stackTop ?? 0,
    0, // kstkesp: only of an exiting task
    0, // kstkeip
    low(task.signals.pending.set | (whole ? group.pending.set : 0n)),
    low(task.signals.blocked),
    low(ignored),
    low(caught),
    sleeping ? 1 : 0, // wchan: whether it waits; the address is hidden
    0,
    0,
    group.exitSignal,
    0, // processor
    realTime,
    scheduling.policy,
    0, // delayacct_blkio_ticks
    0, // guest_time
    0,
    memory?.dataStart ?? 0,
    memory?.dataEnd ?? 0,
    memory?.heapStart ?? 0,
    memory?.argumentStart ?? 0,
    memory?.argumentEnd ?? 0,
    memory?.environmentStart ?? 0,
    memory?.environmentEnd ?? 0,
    group.exited ? group.waitStatus : 0,
  ];
  return `${fields.join(' ')}\n`;
}

/** Sizes in pages: total, resident, shared, text, lib (0), data, dirty (0). */
export function statmText(task: Task): string {
  const { memory } = task;
  if (memory === null) return '0 0 0 0 0 0 0\n';
  const { resident } = memory;
  const text = (Math.ceil(memory.codeEnd / PAGE_SIZE) - Math.floor(memory.codeStart / PAGE_SIZE)) | 0;
  const sizes = regionSizes(task);
  const total = Math.floor(memory.totalBytes / PAGE_SIZE);
  const data = Math.floor((sizes.data + sizes.stack) / PAGE_SIZE);
  return `${total} ${memory.residentPages} ${resident.file + resident.shared} ${text} 0 ${data} 0\n`;
}

interface Sizes {
  data: number;
  stack: number;
  executable: number;
}

/** data_vm, stack_vm and exec_vm of Linux (vm_stat_account). */
function regionSizes(task: Task): Sizes {
  const sizes: Sizes = { data: 0, stack: 0, executable: 0 };
  for (const region of task.memory!.regions) {
    const writable = (region.protection & 2) !== 0;
    if (region.growsDown) sizes.stack += region.bytes;
    else if ((region.protection & 4) !== 0 && !writable) sizes.executable += region.bytes;
    else if (writable && !region.shared) sizes.data += region.bytes;
  }
  return sizes;
}

export function statusText(kernel: Kernel, task: Task): string {
  const { group, credentials, signals } = task;
  kernel.scheduler.account(kernel, task);
  const hex = (set: bigint): string => set.toString(16).padStart(16, '0');
  const { ignored, caught } = ignoredAndCaught(task);
  const queued = kernel.tasks.queuedSignals.get(credentials.uid) ?? 0;
  const pendingLimit = group.limits.soft(RLIMIT_SIGPENDING);
  const lines: string[] = [
    `Name:\t${task.comm.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
    ...(task.memory === null ? [] : [`Umask:\t0${task.fs.umask.toString(8).padStart(3, '0')}`]),
    `State:\t${stateNames[taskStateLetters[task.state]]}`,
    `Tgid:\t${group.pid}`,
    'Ngid:\t0',
    `Pid:\t${task.tid}`,
    `PPid:\t${group.parentPid}`,
    'TracerPid:\t0',
    `Uid:\t${credentials.uid}\t${credentials.euid}\t${credentials.suid}\t${credentials.fsuid}`,
    `Gid:\t${credentials.gid}\t${credentials.egid}\t${credentials.sgid}\t${credentials.fsgid}`,
    `FDSize:\t${task.memory === null ? 0 : descriptorSlots(task.files.length)}`,
    `Groups:\t${credentials.groups.join(' ')} `,
    `NStgid:\t${group.pid}`,
    `NSpid:\t${task.tid}`,
    `NSpgid:\t${group.processGroup.id}`,
    `NSsid:\t${group.session.id}`,
    `Kthread:\t${task.memory === null && !group.exited ? 1 : 0}`,
    ...memoryLines(task),
    `Threads:\t${Math.max(1, group.threads.size)}`,
    `SigQ:\t${queued}/${pendingLimit === Infinity ? '18446744073709551615' : pendingLimit}`,
    `SigPnd:\t${hex(signals.pending.set)}`,
    `ShdPnd:\t${hex(group.pending.set)}`,
    `SigBlk:\t${hex(signals.blocked)}`,
    `SigIgn:\t${hex(ignored)}`,
    `SigCgt:\t${hex(caught)}`,
    `CapInh:\t${hex(credentials.inheritable)}`,
    `CapPrm:\t${hex(credentials.permitted)}`,
    `CapEff:\t${hex(credentials.effective)}`,
    `CapBnd:\t${hex(credentials.bounding)}`,
    `CapAmb:\t${hex(credentials.ambient)}`,
    `NoNewPrivs:\t${credentials.noNewPrivileges ? 1 : 0}`,
    'Seccomp:\t0',
    'Seccomp_filters:\t0',
    'Speculation_Store_Bypass:\tunknown',
    'SpeculationIndirectBranch:\tunknown',
    'Cpus_allowed:\t1',
    'Cpus_allowed_list:\t0',
    'Mems_allowed:\t1',
    'Mems_allowed_list:\t0',
    `voluntary_ctxt_switches:\t${task.usage.voluntarySwitches}`,
    `nonvoluntary_ctxt_switches:\t${task.usage.involuntarySwitches}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Slots of the descriptor array: 64 at first, then powers of two (expand_fdtable). */
function descriptorSlots(length: number): number {
  let slots = 64;
  while (slots < length) slots *= 2;
  return slots;
}

function memoryLines(task: Task): string[] {
  const { memory } = task;
  if (memory === null) return [];
  const kib = (bytes: number): string => `${String(Math.floor(bytes / 1024)).padStart(8)} kB`;
  const pages = (count: number): string => kib(count * PAGE_SIZE);
  const { resident } = memory;
  const sizes = regionSizes(task);
  const code = Math.ceil(memory.codeEnd / PAGE_SIZE) * PAGE_SIZE - Math.floor(memory.codeStart / PAGE_SIZE) * PAGE_SIZE;
  const text = Math.min(code, sizes.executable);
  return [
    `VmPeak:\t${kib(Math.max(memory.totalPeak, memory.totalBytes))}`,
    `VmSize:\t${kib(memory.totalBytes)}`,
    `VmLck:\t${kib(memory.lockedBytes)}`,
    `VmPin:\t${kib(0)}`,
    `VmHWM:\t${pages(Math.max(memory.residentPeak, memory.residentPages))}`,
    `VmRSS:\t${pages(memory.residentPages)}`,
    `RssAnon:\t${pages(resident.anonymous)}`,
    `RssFile:\t${pages(resident.file)}`,
    `RssShmem:\t${pages(resident.shared)}`,
    `VmData:\t${kib(sizes.data)}`,
    `VmStk:\t${kib(sizes.stack)}`,
    `VmExe:\t${kib(text)}`,
    `VmLib:\t${kib(sizes.executable - text)}`,
    `VmPTE:\t${pages(memory.tables.tables)}`,
    `VmSwap:\t${kib(0)}`,
    `HugetlbPages:\t${kib(0)}`,
    'CoreDumping:\t0',
    'THP_enabled:\t1',
    'untag_mask:\t0xffffffffffffffff',
  ];
}

export function schedText(kernel: Kernel, task: Task): string {
  kernel.scheduler.account(kernel, task);
  const { scheduling, usage } = task;
  const milliseconds = (nanoseconds: number): string => (nanoseconds / 1e6).toFixed(6);
  const rows: (readonly [string, string | number])[] = [
    ['se.exec_start', milliseconds(scheduling.executionStart)],
    ['se.vruntime', milliseconds(scheduling.virtualRuntime)],
    ['se.sum_exec_runtime', milliseconds(usage.userTime + usage.systemTime)],
    ['nr_switches', usage.voluntarySwitches + usage.involuntarySwitches],
    ['nr_voluntary_switches', usage.voluntarySwitches],
    ['nr_involuntary_switches', usage.involuntarySwitches],
    ['se.load.weight', scheduling.weight * 1024],
    ['policy', scheduling.policy],
    ['prio', scheduling.realTime > 0 ? 99 - scheduling.realTime : 120 + scheduling.nice],
  ];
  const title = `${task.comm} (${task.tid}, #threads: ${Math.max(1, task.group.threads.size)})`;
  const rule = '-'.repeat(67);
  const body = rows.map(([name, value]) => `${name.padEnd(44)}:${String(value).padStart(21)}`).join('\n');
  return `${title}\n${rule}\n${body}\n`;
}

export function childrenText(_kernel: Kernel, task: Task): string {
  if (task.group.leader !== task) return '';
  const pids = [...task.group.children].map((child) => child.pid).sort((a, b) => a - b);
  return pids.map((pid) => `${pid} `).join('');
}
