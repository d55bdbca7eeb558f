// strace(1) on the kernel's event stream: one line a call, in strace's own format. Times are guest time.
//
// A call is written in two halves as strace does it: at entry everything up to the first argument that only the result
// fills in, the rest at exit. If another task writes in between, the first half ends with `<unfinished ...>`.
//
// Where this differs from strace: a program that is traced by ptrace(2) is stopped at each signal, so ignored signals interrupt
// its sleeps; here nothing changes for being watched. "Process N attached" ends the line of a clone in progress.

import type { KernelEvent, SignalInfo } from '../../kernel/events.ts';
import { signalName } from '../../kernel/process/signals/numbers.ts';
import type { SyscallRow } from '../../kernel/syscalls/row.ts';
import type { ArgumentContext } from './arguments.ts';
import { argumentCount, formatCallArgument, printableOnEntry, specialArguments } from './calls.ts';
import { defaultStringLimit, hex, pointer, quote, signalCode } from './format.ts';
import { type Peek, PeekReader } from './memory.ts';
import { formatResult } from './results.ts';
import { Summary } from './summary.ts';

export interface TracerOptions {
  /** -f: follow children and threads. */
  readonly follow: boolean;
  /** -c: the table only. -C: both. */
  readonly summary: 'none' | 'only' | 'both';
  /** -T: time spent in each call. */
  readonly times: boolean;
  /** -t (seconds), -tt (microseconds) and -r (relative). */
  readonly stamp: 'none' | 'seconds' | 'microseconds' | 'relative';
  readonly stringLimit?: number;
  /** -e trace=… */
  readonly filter?: (name: string) => boolean;
  /** -q: 1 leaves out that processes attach, 2 also how they exit. */
  readonly quiet?: number;
  /** -a: the column that results stand in. */
  readonly column?: number;
  /** Each line of an output file carries its pid when following. */
  readonly toFile: boolean;
}

export interface TracedSystem {
  readonly clockHz: number;
  readonly environmentCount: number;
  /** Where the first program's environment array is. */
  readonly environmentAddress: number;
  row(number: number): SyscallRow | undefined;
  memoryOf(task: number): Peek | null;
  /** The program's sp. */
  stackPointerOf(task: number): number | undefined;
}

interface Pending {
  readonly task: number;
  readonly name: string;
  readonly row: SyscallRow | undefined;
  readonly args: readonly number[];
  readonly cycle: number;
  readonly shown: boolean;
  readonly entered: ReadonlyMap<number, number>;
  readonly stackPointer: number | undefined;
  /** Arguments already written. */
  written: number;
  /** The first half is on an unfinished line of its own. */
  unfinished: boolean;
  text: string;
  /** A signal interrupted the call: its result waits for what the signal does. */
  interrupted: { readonly result: number; readonly cycle: number } | null;
}

const SIGKILL = 9;

const noMemory: Peek = { peek: () => null };

export class Tracer {
  readonly summary = new Summary();
  readonly #options: TracerOptions;
  readonly #system: TracedSystem;
  readonly #write: (text: string) => void;
  readonly #note: (text: string) => void;
  /** Who sent the signals that are pending, by task and number. */
  readonly #generated = new Map<string, SignalInfo>();
  readonly #traced = new Set<number>();
  readonly #pending = new Map<number, Pending>();
  #everTraced = 0;
  #open: Pending | null = null;
  #lastCycle: number | null = null;
  #main = 0;

  /** `note` takes what strace says of itself, which never goes to its output file; by default it goes where the trace goes. */
  constructor(options: TracerOptions, system: TracedSystem, write: (text: string) => void, note = write) {
    this.#options = options;
    this.#note = note;
    this.#system = system;
    this.#write = write;
  }

  /** Names the task to trace; before it runs. */
  attach(task: number): void {
    this.#main = task;
    this.#traced.add(task);
    this.#everTraced = 1;
  }

  readonly listener = (event: KernelEvent): void => {
    if (event.type === 'fork') {
      if (this.#options.follow && this.#traced.has(event.task)) {
        this.#traced.add(event.child);
        this.#everTraced += 1;
        if ((this.#options.quiet ?? 0) < 1 && this.#options.summary !== 'only') {
          if (!this.#options.toFile) this.#closeOpen();
          this.#note(`strace: Process ${event.child} attached\n`);
        }
      }
      return;
    }
    if (!this.#traced.has(event.task)) return;
    if (!endsTask(event)) this.#settle(event.task);
    switch (event.type) {
      case 'syscallEnter':
        this.#enter(event.task, event.number, event.args, event.cycle);
        break;
      case 'syscallExit':
        this.#exit(event.task, event.result, event.cycle);
        break;
      case 'signal':
        this.#signal(event.task, event.stage, event.info, event.cycle);
        break;
      case 'exit':
        this.#exited(event.task, event.status, event.signal, event.cycle);
        break;
    }
  };

  /** The death of a process reaches its threads as the bare number; the first one to have it sent knows by whom. */
  #signal(task: number, stage: 'generated' | 'delivered', info: SignalInfo, cycle: number): void {
    const key = `${task}/${info.signal}`;
    if (stage === 'generated') {
      this.#generated.set(key, info);
      return;
    }
    const sent = this.#generated.get(key);
    this.#generated.delete(key);
    if (this.#options.summary === 'only' || info.signal === SIGKILL) return;
    const known = info.pid === undefined && sent !== undefined ? sent : info;
    this.#line(task, cycle, `--- ${signalName(info.signal)} ${formatSignalInfo(known)} ---`);
  }

  /** The task goes on after an interruption: now its result can be written. */
  #settle(task: number): void {
    const pending = this.#pending.get(task);
    if (pending === undefined || pending.interrupted === null) return;
    this.#pending.delete(task);
    this.#finishCall(pending, pending.interrupted.result, pending.interrupted.cycle);
  }

  /** After the run: what -c and -C print. */
  finish(): void {
    this.#closeOpen();
    if (this.#options.summary !== 'none') this.#write(this.summary.format());
  }

  #enter(task: number, number: number, args: readonly number[], cycle: number): void {
    const row = this.#system.row(number);
    const name = row?.name ?? `syscall_${hex(number)}`;
    const shown = this.#options.summary !== 'only' && (this.#options.filter?.(name) ?? true);
    const pending: Pending = {
      task,
      name,
      row,
      args: [...args],
      cycle,
      shown,
      entered: this.#enteredIntegers(task, row, args),
      stackPointer: this.#system.stackPointerOf(task),
      written: 0,
      unfinished: false,
      text: '',
      interrupted: null,
    };
    this.#pending.set(task, pending);
    if (!shown) return;
    this.#closeOpen();
    const context = this.#context(pending, null);
    const start = `${this.#prefix(task, cycle)}${name}(`;
    const parts: string[] = [];
    const special = row === undefined ? args.map(hex) : specialArguments(name, context);
    if (special !== null) parts.push(...(name === 'clone' ? special.slice(0, cloneArgumentsAtEntry) : special));
    else if (row !== undefined) {
      const count = argumentCount(name, args, row.arguments.length);
      for (let i = 0; i < count && printableOnEntry(name, row.arguments[i]!, i, args); i++)
        parts.push(formatCallArgument(name, row.arguments[i]!, i, context));
    }
    pending.written = parts.length;
    pending.text = start + parts.join(', ');
    this.#open = pending;
  }

  #exit(task: number, result: number, cycle: number): void {
    const pending = this.#pending.get(task);
    if (pending === undefined) return;
    if (isInterruption(result)) {
      pending.interrupted = { result, cycle };
      return;
    }
    this.#pending.delete(task);
    this.#finishCall(pending, result, cycle);
  }

  #finishCall(pending: Pending, result: number, cycle: number): void {
    const { task } = pending;
    const seconds = (cycle - pending.cycle) / this.#system.clockHz;
    const failed = result < 0 && result >= -4095;
    if (this.#options.filter?.(pending.name) ?? true) this.summary.add(pending.name, seconds, failed);
    if (!pending.shown) return;
    const context = this.#context(pending, result);
    const rest = this.#restOfArguments(pending, context);
    const body = pending.unfinished ? `${this.#prefix(task, cycle)}<... ${pending.name} resumed>` : pending.text;
    if (!pending.unfinished) this.#open = null;
    else this.#closeOpen();
    // An unfinished first half already ends with its comma, but that of clone.
    const comma = !pending.unfinished || pending.name === 'clone';
    const separator = pending.written > 0 && rest.length > 0 && comma ? ', ' : '';
    const line = `${body}${separator}${rest.join(', ')})`;
    const column = this.#options.column ?? 40;
    const time = this.#options.times ? ` <${seconds.toFixed(6)}>` : '';
    this.#write(`${line.padEnd(column - 1)} = ${formatResult(pending.name, pending.row?.result, context)}${time}\n`);
  }

  #restOfArguments(pending: Pending, context: ArgumentContext): string[] {
    if (pending.row === undefined) return [];
    const special = specialArguments(pending.name, context);
    if (special !== null) return special.slice(pending.written);
    const count = argumentCount(pending.name, pending.args, pending.row.arguments.length);
    const rest: string[] = [];
    for (let i = pending.written; i < count; i++)
      rest.push(formatCallArgument(pending.name, pending.row.arguments[i]!, i, context));
    return rest;
  }

  /** The first image was loaded by the kernel itself: strace shows it as the call that its own child made. */
  firstExec(path: string, argv: readonly string[], cycle: number): void {
    if (!(this.#options.filter?.('execve') ?? true)) return;
    this.summary.add('execve', 0, false);
    if (this.#options.summary === 'only') return;
    const encoder = new TextEncoder();
    const limit = this.#options.stringLimit ?? defaultStringLimit;
    const list = argv.slice(0, 32).map((argument) => quote(encoder.encode(argument), limit));
    const count = this.#system.environmentCount;
    const line = `execve(${quote(encoder.encode(path), 4096)}, [${list.join(', ')}${argv.length > 32 ? ', ...' : ''}], ${hex(this.#system.environmentAddress)} /* ${count} var${count === 1 ? '' : 's'} */)`;
    this.#write(`${this.#prefix(this.#main, cycle)}${line.padEnd((this.#options.column ?? 40) - 1)} = 0\n`);
  }

  #exited(task: number, status: number, signal: number, cycle: number): void {
    const pending = this.#pending.get(task);
    if (pending !== undefined) {
      this.#pending.delete(task);
      if (pending.shown) {
        if (pending.unfinished) this.#closeOpen();
        else this.#open = null;
        const start = pending.unfinished ? `${this.#prefix(task, cycle)}<... ${pending.name} resumed>` : pending.text;
        const cut = this.#hasMore(pending) ? `${pending.unfinished ? '' : ', '} <unfinished ...>` : '';
        this.#write(`${`${start}${cut})`.padEnd((this.#options.column ?? 40) - 1)} = ?\n`);
      }
    }
    if (this.#options.summary !== 'only' && (this.#options.quiet ?? 0) < 2) {
      this.#line(
        task,
        cycle,
        signal !== 0 ? `+++ killed by ${signalName(signal)} +++` : `+++ exited with ${status} +++`,
      );
    }
    this.#traced.delete(task);
  }

  #line(task: number, cycle: number, text: string): void {
    this.#closeOpen();
    this.#write(`${this.#prefix(task, cycle)}${text}\n`);
  }

  #closeOpen(): void {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    open.unfinished = true;
    const comma = open.written > 0 && this.#hasMore(open);
    this.#write(`${open.text}${comma ? ', ' : ''} <unfinished ...>\n`);
  }

  #hasMore(pending: Pending): boolean {
    return (
      pending.row !== undefined &&
      specialArguments(pending.name, this.#context(pending, null)) === null &&
      argumentCount(pending.name, pending.args, pending.row.arguments.length) > pending.written
    );
  }

  #context({ task, args, entered, stackPointer }: Pending, result: number | null): ArgumentContext {
    return {
      memory: new PeekReader(this.#system.memoryOf(task) ?? noMemory),
      args,
      result,
      stringLimit: this.#options.stringLimit ?? defaultStringLimit,
      verbose: false,
      entered,
      ...(stackPointer === undefined ? {} : { stackPointer }),
    };
  }

  #enteredIntegers(task: number, row: SyscallRow | undefined, args: readonly number[]): Map<number, number> {
    const integers = new Map<number, number>();
    for (const [index, decoder] of (row?.arguments ?? []).entries()) {
      if (decoder.kind !== 'struct' || decoder.direction !== 'inout' || decoder.name !== 'int') continue;
      const memory = new PeekReader(this.#system.memoryOf(task) ?? noMemory);
      const value = memory.view(args[index] ?? 0, 4)?.getInt32(0, true);
      if (value !== undefined) integers.set(index, value);
    }
    if (row?.name === 'sendfile') {
      const offset = new PeekReader(this.#system.memoryOf(task) ?? noMemory).long(args[2] ?? 0);
      if (offset !== null) integers.set(2, offset);
    }
    return integers;
  }

  #prefix(task: number, cycle: number): string {
    let prefix = '';
    if (this.#options.follow && this.#options.toFile) prefix = `${String(task).padEnd(5)} `;
    else if (this.#options.follow && this.#everTraced > 1 && this.#traced.size + (this.#traced.has(task) ? 0 : 1) > 1)
      prefix = `[pid ${String(task).padStart(5)}] `;
    const seconds = cycle / this.#system.clockHz;
    switch (this.#options.stamp) {
      case 'seconds':
        prefix += `${clock(seconds)} `;
        break;
      case 'microseconds':
        prefix += `${clock(seconds)}.${String(Math.floor((seconds % 1) * 1e6)).padStart(6, '0')} `;
        break;
      case 'relative':
        prefix += `${((cycle - (this.#lastCycle ?? cycle)) / this.#system.clockHz).toFixed(6).padStart(13)} `;
        this.#lastCycle = cycle;
        break;
    }
    return prefix;
  }
}

/** clone's argument list goes on after the call with what it fills in. */
const cloneArgumentsAtEntry = 2;

/** ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK, EINTR. */
function isInterruption(result: number): boolean {
  return (result <= -512 && result >= -516) || result === -4;
}

function endsTask(event: KernelEvent): boolean {
  return (
    event.type === 'exit' || (event.type === 'signal' && (event.stage === 'generated' || event.signal === SIGKILL))
  );
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return [Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

const SI_QUEUE = -1;
const SI_TIMER = -2;

function formatSignalInfo(info: SignalInfo): string {
  const parts = [`si_signo=${signalName(info.signal)}`, `si_code=${signalCode(info.signal, info.code)}`];
  if (info.address !== undefined) parts.push(`si_addr=${pointer(info.address)}`);
  if (info.pid !== undefined) parts.push(`si_pid=${info.pid}`);
  if (info.uid !== undefined) parts.push(`si_uid=${info.uid}`);
  if (info.status !== undefined) {
    const killed = info.code === 2 || info.code === 3 || info.code === 5;
    const status = killed ? signalName(info.status) : info.status;
    parts.push(`si_status=${status}`, `si_utime=${info.userTicks ?? 0}`, `si_stime=${info.systemTicks ?? 0}`);
  }
  if (info.code === SI_TIMER)
    parts.push(`si_timerid=${hex(info.timer ?? 0).replace(/^0x0$/, '0')}`, `si_overrun=${info.overrun ?? 0}`);
  if ((info.code === SI_QUEUE || info.code === SI_TIMER) && info.value !== undefined && BigInt(info.value) !== 0n) {
    const value = BigInt.asUintN(64, BigInt(info.value));
    parts.push(`si_int=${BigInt.asIntN(32, value)}`, `si_ptr=0x${value.toString(16)}`);
  }
  return `{${parts.join(', ')}}`;
}
