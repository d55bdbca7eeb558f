// strace(1) on the kernel's event stream: one line a call, in strace's own format. Times are guest time.
//
// A call is written in two halves as strace does it: at entry everything up to the first argument that only the result
// fills in, the rest at exit. If another task writes in between, the first half ends with `<unfinished ...>`.

import type { KernelEvent, SignalInfo } from '../../kernel/events.ts';
import type { SyscallRow } from '../../kernel/syscalls/row.ts';
import {
  type ArgumentContext,
  argumentCount,
  formatArgument,
  printableOnEntry,
  specialArguments,
} from './arguments.ts';
import { defaultStringLimit, errorResult, hex, octal, pointer, quote, signalCode, signalName } from './format.ts';
import { type Peek, PeekReader } from './memory.ts';
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
  /** -q: no attach and exit messages. */
  readonly quiet?: boolean;
  /** -a: the column that results stand in. */
  readonly column?: number;
  /** Each line of an output file carries its pid when following. */
  readonly toFile: boolean;
}

export interface TracedSystem {
  readonly clockHz: number;
  readonly environmentCount: number;
  row(number: number): SyscallRow | undefined;
  memoryOf(task: number): Peek | null;
}

interface Pending {
  readonly task: number;
  readonly name: string;
  readonly row: SyscallRow | undefined;
  readonly args: readonly number[];
  readonly cycle: number;
  readonly shown: boolean;
  /** Arguments already written. */
  written: number;
  /** The first half is on an unfinished line of its own. */
  unfinished: boolean;
  text: string;
}

const noMemory: Peek = { peek: () => null };

export class Tracer {
  readonly summary = new Summary();
  readonly #options: TracerOptions;
  readonly #system: TracedSystem;
  readonly #write: (text: string) => void;
  readonly #traced = new Set<number>();
  readonly #pending = new Map<number, Pending>();
  #everTraced = 0;
  #open: Pending | null = null;
  #lastCycle = 0;
  #main = 0;

  constructor(options: TracerOptions, system: TracedSystem, write: (text: string) => void) {
    this.#options = options;
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
        if (this.#options.quiet !== true && this.#options.summary !== 'only') {
          this.#closeOpen();
          this.#write(`strace: Process ${event.child} attached\n`);
        }
      }
      return;
    }
    if (!this.#traced.has(event.task)) return;
    switch (event.type) {
      case 'syscallEnter':
        this.#enter(event.task, event.number, event.args, event.cycle);
        break;
      case 'syscallExit':
        this.#exit(event.task, event.result, event.restarted, event.cycle);
        break;
      case 'signal':
        if (event.stage === 'delivered' && this.#options.summary !== 'only')
          this.#line(event.task, event.cycle, `--- ${signalName(event.signal)} ${formatSignalInfo(event.info)} ---`);
        break;
      case 'exit':
        this.#exited(event.task, event.status, event.signal, event.cycle);
        break;
    }
  };

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
      written: 0,
      unfinished: false,
      text: '',
    };
    this.#pending.set(task, pending);
    if (!shown) return;
    this.#closeOpen();
    const context = this.#context(task, args, null);
    const start = `${this.#prefix(task, cycle)}${name}(`;
    const parts: string[] = [];
    if (row === undefined) parts.push(...args.map(hex));
    else if (specialArguments(name, context) === null) {
      const count = argumentCount(name, args, row.arguments.length);
      for (let i = 0; i < count && printableOnEntry(row.arguments[i]!, args); i++)
        parts.push(formatArgument(row.arguments[i]!, i, context));
    }
    pending.written = parts.length;
    pending.text = start + parts.join(', ');
    this.#open = pending;
  }

  #exit(task: number, result: number, restarted: boolean, cycle: number): void {
    const pending = this.#pending.get(task);
    if (pending === undefined) return;
    this.#pending.delete(task);
    const seconds = (cycle - pending.cycle) / this.#system.clockHz;
    const failed = result < 0 && result >= -4095;
    if (this.#options.filter?.(pending.name) ?? true) this.summary.add(pending.name, seconds, failed);
    if (!pending.shown) return;
    const context = this.#context(task, pending.args, result);
    const rest = this.#restOfArguments(pending, context);
    const body = pending.unfinished ? `${this.#prefix(task, cycle)}<... ${pending.name} resumed>` : pending.text;
    if (!pending.unfinished) this.#open = null;
    else this.#closeOpen();
    // An unfinished first half already ends with its comma.
    const separator = pending.written > 0 && rest.length > 0 && !pending.unfinished ? ', ' : '';
    const line = `${body}${separator}${rest.join(', ')})`;
    const column = this.#options.column ?? 40;
    const time = this.#options.times ? ` <${seconds.toFixed(6)}>` : '';
    this.#write(
      `${line.padEnd(column - 1)} = ${restarted ? '? ERESTARTSYS (To be restarted if SA_RESTART is set)' : this.#result(pending, result)}${time}\n`,
    );
  }

  #restOfArguments(pending: Pending, context: ArgumentContext): string[] {
    if (pending.row === undefined) return [];
    const special = specialArguments(pending.name, context);
    if (special !== null) return special.slice(pending.written);
    const count = argumentCount(pending.name, pending.args, pending.row.arguments.length);
    const rest: string[] = [];
    for (let i = pending.written; i < count; i++) rest.push(formatArgument(pending.row.arguments[i]!, i, context));
    return rest;
  }

  #result(pending: Pending, result: number): string {
    if (result < 0 && result >= -4095) return errorResult(-result);
    switch (pending.row?.result) {
      case 'hex':
      case 'pointer':
        return pending.row.result === 'pointer' ? pointer(result) : hex(result);
      case 'octal':
        return octal(result);
      case 'none':
        return '?';
      default: {
        if (pending.name === 'ppoll' && result > 0) return `${result} (${this.#ready(pending, result)})`;
        if (pending.name === 'ppoll' && result === 0) return '0 (Timeout)';
        return String(result);
      }
    }
  }

  #ready(pending: Pending, result: number): string {
    const context = this.#context(pending.task, pending.args, result);
    return formatArgument({ kind: 'struct', name: 'pollfds', direction: 'out' }, 0, context);
  }

  /** The first image was loaded by the kernel itself: strace shows it as the call that its own child made. */
  firstExec(path: string, argv: readonly string[], cycle: number): void {
    this.summary.add('execve', 0, false);
    if (this.#options.summary === 'only' || !(this.#options.filter?.('execve') ?? true)) return;
    const encoder = new TextEncoder();
    const limit = this.#options.stringLimit ?? defaultStringLimit;
    const list = argv.slice(0, 32).map((argument) => quote(encoder.encode(argument), limit));
    const count = this.#system.environmentCount;
    const line = `execve(${quote(encoder.encode(path), 4096)}, [${list.join(', ')}${argv.length > 32 ? ', ...' : ''}], [/* ${count} var${count === 1 ? '' : 's'} */])`;
    this.#write(`${this.#prefix(this.#main, cycle)}${line.padEnd((this.#options.column ?? 40) - 1)} = 0\n`);
  }

  #exited(task: number, status: number, signal: number, cycle: number): void {
    const pending = this.#pending.get(task);
    if (pending !== undefined) {
      this.#pending.delete(task);
      if (pending.shown) {
        if (pending.unfinished) this.#line(task, cycle, `<... ${pending.name} resumed>) = ?`);
        else {
          this.#open = null;
          this.#write(`${`${pending.text})`.padEnd((this.#options.column ?? 40) - 1)} = ?\n`);
        }
      }
    }
    if (this.#options.summary !== 'only' && this.#options.quiet !== true) {
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
      argumentCount(pending.name, pending.args, pending.row.arguments.length) > pending.written
    );
  }

  #context(task: number, args: readonly number[], result: number | null): ArgumentContext {
    return {
      memory: new PeekReader(this.#system.memoryOf(task) ?? noMemory),
      args,
      result,
      stringLimit: this.#options.stringLimit ?? defaultStringLimit,
      verbose: false,
    };
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
        prefix += `${((cycle - this.#lastCycle) / this.#system.clockHz).toFixed(6).padStart(12)} `;
        this.#lastCycle = cycle;
        break;
    }
    return prefix;
  }
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return [Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

function formatSignalInfo(info: SignalInfo): string {
  const parts = [`si_signo=${signalName(info.signal)}`, `si_code=${signalCode(info.signal, info.code)}`];
  if (info.address !== undefined) parts.push(`si_addr=${pointer(info.address)}`);
  if (info.pid !== undefined) parts.push(`si_pid=${info.pid}`);
  if (info.uid !== undefined) parts.push(`si_uid=${info.uid}`);
  if (info.status !== undefined) {
    const killed = info.code === 2 || info.code === 3 || info.code === 5;
    parts.push(`si_status=${killed ? signalName(info.status) : info.status}`, 'si_utime=0', 'si_stime=0');
  }
  return `{${parts.join(', ')}}`;
}
