// A terminal: the line discipline in front of a line (the UART, or a pseudo-terminal's other side), its settings, its window
// size, and job control: who may read, and who gets the keys' signals (termios(3), tty_ioctl(4), credentials(7)).

import { ttyRoutines } from '../cost/routines/tty.ts';
import { EAGAIN, EFAULT, EINVAL, EIO, ENOTTY, EPERM, ESRCH } from '../errno.ts';
import type { IoTarget } from '../fs/io.ts';
import { allocateObject } from '../fs/objects.ts';
import type { FileOperations, OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import { CAP_SYS_ADMIN } from '../process/credentials.ts';
import type { ControllingTerminal, ProcessGroup, Session } from '../process/session.ts';
import {
  SIGCONT,
  SIGHUP,
  SIGINT,
  SIGQUIT,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGWINCH,
  signalBit,
} from '../process/signals/numbers.ts';
import { sendSignalToProcessGroup } from '../process/signals/send.ts';
import type { Task } from '../process/task.ts';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM, WaitQueue } from '../process/wait.ts';
import type { SyscallResult } from '../syscalls/result.ts';
import { LineDiscipline } from './line-discipline.ts';
import { ICANON, readTermios, TERMIOS_BYTES, TERMIOS2_BYTES, TOSTOP, VMIN, VTIME, writeTermios } from './termios.ts';

const TCGETS = 0x5401;
const TCSETS = 0x5402;
const TCSETSW = 0x5403;
const TCSETSF = 0x5404;
const TCSBRK = 0x5409;
const TCXONC = 0x540a;
const TCFLSH = 0x540b;
const TIOCEXCL = 0x540c;
const TIOCNXCL = 0x540d;
const TIOCSCTTY = 0x540e;
const TIOCGPGRP = 0x540f;
const TIOCSPGRP = 0x5410;
const TIOCOUTQ = 0x5411;
const TIOCSTI = 0x5412;
const TIOCGWINSZ = 0x5413;
const TIOCSWINSZ = 0x5414;
const FIONREAD = 0x541b;
const TIOCNOTTY = 0x5422;
const TIOCGETD = 0x5424;
const TCSBRKP = 0x5425;
const TIOCGSID = 0x5429;
const TCGETS2 = 0x802c542a;
const TCSETS2 = 0x402c542b;
const TCSETSW2 = 0x402c542c;
const TCSETSF2 = 0x402c542d;

const SI_KERNEL = 0x80;
/** Bytes that one write attempt moves, so that a long write can be interrupted. */
const WRITE_CHUNK = 2048;

/** The wire behind a terminal. */
export interface TtyLine {
  /** Sends bytes; how many it took. */
  transmit(kernel: Kernel, bytes: Uint8Array): number;
  /** The other side is gone (a pseudo-terminal's master was closed). */
  readonly hungUp: boolean;
}

export class Tty implements ControllingTerminal, FileOperations {
  readonly name: string;
  readonly device: number;
  readonly address: number;
  readonly queue = new WaitQueue();
  readonly discipline: LineDiscipline;
  readonly #kernel: Kernel;
  readonly #line: TtyLine;
  session: Session | null = null;
  foreground: ProcessGroup | null = null;
  rows = 24;
  columns = 80;
  #pixelWidth = 0;
  #pixelHeight = 0;
  readonly #echoed: number[] = [];

  /** `device`: the number of its node, e.g. 4:64 for ttyS0. */
  constructor(kernel: Kernel, name: string, device: number, line: TtyLine) {
    this.name = name;
    this.device = device;
    this.address = allocateObject(kernel, 'tty');
    this.#kernel = kernel;
    this.#line = line;
    this.discipline = new LineDiscipline({
      output: (bytes) => {
        for (const byte of bytes) this.#echoed.push(byte);
      },
      signal: (character) => this.#keySignal(character),
      readable: () => this.queue.wake(this.#kernel, POLLIN | POLLRDNORM),
      writable: () => this.queue.wake(this.#kernel, POLLOUT | POLLWRNORM),
    });
  }

  /** Bytes arrive from the line (the UART's interrupt handler calls it). */
  receive(bytes: Uint8Array): void {
    for (const byte of bytes) {
      this.#kernel.cost.execute(ttyRoutines.n_tty_receive_character);
      this.discipline.receive(byte);
    }
    this.#kernel.cost.touch(this.address, 128, 'write');
    this.#flushEcho();
  }

  /** The window changed its size: SIGWINCH to the foreground. */
  resize(rows: number, columns: number): void {
    if (rows === this.rows && columns === this.columns) return;
    this.rows = rows;
    this.columns = columns;
    if (this.foreground !== null) {
      sendSignalToProcessGroup(this.#kernel, this.foreground, { signal: SIGWINCH, code: SI_KERNEL });
    }
  }

  /** The line is gone: the session's leader and the foreground group are told, readers get end of file. */
  hangUp(): void {
    const { session, foreground } = this;
    if (foreground !== null) {
      sendSignalToProcessGroup(this.#kernel, foreground, { signal: SIGHUP, code: SI_KERNEL });
      sendSignalToProcessGroup(this.#kernel, foreground, { signal: SIGCONT, code: SI_KERNEL });
    }
    if (session !== null) session.tty = null;
    this.session = null;
    this.foreground = null;
    this.queue.wake(this.#kernel);
  }

  /** open(2) by a session leader without a terminal makes this the controlling one, unless O_NOCTTY. */
  opened(task: Task | null, file: OpenFile): void {
    this.#kernel.cost.execute(ttyRoutines.tty_open);
    if (task === null || file.noControllingTerminal) return;
    const { session } = task.group;
    if (session.leader === task.group && session.tty === null && this.session === null) this.#become(session, task);
  }

  read(kernel: Kernel, _file: OpenFile, target: IoTarget, _offset: number, task: Task): number {
    kernel.cost.execute(ttyRoutines.tty_read);
    if (this.#line.hungUp) return 0;
    const denied = this.#checkBackground(task, SIGTTIN);
    if (denied !== 0) return denied;
    if (target.remaining === 0) return 0;
    const bytes = this.discipline.take(Math.min(target.remaining, 4096));
    if (bytes === null) return -EAGAIN;
    kernel.cost.execute(ttyRoutines.n_tty_copy_line);
    const moved = target.putBytes(Uint8Array.from(bytes));
    return moved === 0 && bytes.length > 0 ? -EFAULT : moved;
  }

  readDeadline(kernel: Kernel): number {
    const { localFlags, controlCharacters } = this.discipline.settings;
    const tenths = controlCharacters[VTIME]!;
    if ((localFlags & ICANON) !== 0 || tenths === 0 || controlCharacters[VMIN]! > 0) return Infinity;
    return kernel.now() + tenths * 1e8;
  }

  write(kernel: Kernel, _file: OpenFile, source: IoTarget, _offset: number, task: Task): number {
    kernel.cost.execute(ttyRoutines.tty_write);
    if (this.#line.hungUp) return -EIO;
    if ((this.discipline.settings.localFlags & TOSTOP) !== 0) {
      const denied = this.#checkBackground(task, SIGTTOU);
      if (denied !== 0) return denied;
    }
    if (source.remaining === 0) return 0;
    if (this.discipline.stopped) return -EAGAIN;
    const bytes = new Uint8Array(Math.min(source.remaining, WRITE_CHUNK));
    const taken = source.takeBytes(bytes);
    if (taken === 0) return -EFAULT;
    kernel.cost.execute(ttyRoutines.n_tty_output_character, taken);
    const processed: number[] = [];
    for (let index = 0; index < taken; index++)
      for (const byte of this.discipline.process(bytes[index]!)) processed.push(byte);
    this.#line.transmit(kernel, Uint8Array.from(processed));
    return taken;
  }

  poll(kernel: Kernel): number {
    kernel.cost.execute(ttyRoutines.tty_poll);
    kernel.cost.touch(this.address, 128);
    if (this.#line.hungUp) return POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLERR | POLLHUP;
    let events = this.discipline.stopped ? 0 : POLLOUT | POLLWRNORM;
    if (this.discipline.hasInput) events |= POLLIN | POLLRDNORM;
    return events;
  }

  ioctl(kernel: Kernel, _file: OpenFile, task: Task, request: number, argument: number): SyscallResult {
    kernel.cost.execute(ttyRoutines.tty_ioctl);
    const memory = task.memory!;
    switch (request >>> 0) {
      case TCGETS:
        return memory.writeStruct(argument, TERMIOS_BYTES, (view) => writeTermios(this.discipline.settings, view))
          ? 0
          : -EFAULT;
      case TCGETS2:
        return memory.writeStruct(argument, TERMIOS2_BYTES, (view) => writeTermios(this.discipline.settings, view))
          ? 0
          : -EFAULT;
      case TCSETS:
      case TCSETSW:
        return this.#setTermios(task, argument, TERMIOS_BYTES, false);
      case TCSETSF:
        return this.#setTermios(task, argument, TERMIOS_BYTES, true);
      case TCSETS2:
      case TCSETSW2:
        return this.#setTermios(task, argument, TERMIOS2_BYTES, false);
      case TCSETSF2:
        return this.#setTermios(task, argument, TERMIOS2_BYTES, true);
      case TCSBRK:
      case TCSBRKP:
      case TIOCEXCL:
      case TIOCNXCL:
        return 0;
      case TCXONC:
        return this.#flow(argument);
      case TCFLSH:
        if (argument < 0 || argument > 2) return -EINVAL;
        if (argument !== 1) this.discipline.flushInput();
        return 0;
      case TIOCGWINSZ:
        return memory.writeStruct(argument, 8, (view) => {
          view.setUint16(0, this.rows, true);
          view.setUint16(2, this.columns, true);
          view.setUint16(4, this.#pixelWidth, true);
          view.setUint16(6, this.#pixelHeight, true);
        })
          ? 0
          : -EFAULT;
      case TIOCSWINSZ: {
        const view = memory.readStruct(argument, 8);
        if (view === null) return -EFAULT;
        this.#pixelWidth = view.getUint16(4, true);
        this.#pixelHeight = view.getUint16(6, true);
        this.resize(view.getUint16(0, true), view.getUint16(2, true));
        return 0;
      }
      case FIONREAD:
        return memory.writeU32(argument, this.discipline.readableBytes) ? 0 : -EFAULT;
      case TIOCOUTQ:
        return memory.writeU32(argument, 0) ? 0 : -EFAULT;
      case TIOCGETD:
        return memory.writeU32(argument, 0) ? 0 : -EFAULT;
      case TIOCSTI:
        return this.#simulateInput(task, argument);
      case TIOCSCTTY:
        return this.#setControlling(task, argument);
      case TIOCNOTTY:
        return this.#detach(task);
      case TIOCGPGRP:
        if (this.session === null || this.session !== task.group.session) return -ENOTTY;
        return memory.writeU32(argument, this.foreground?.id ?? 0) ? 0 : -EFAULT;
      case TIOCGSID:
        if (this.session === null || this.session !== task.group.session) return -ENOTTY;
        return memory.writeU32(argument, this.session.id) ? 0 : -EFAULT;
      case TIOCSPGRP:
        return this.#setForeground(task, argument);
      default:
        return -ENOTTY;
    }
  }

  #setTermios(task: Task, argument: number, bytes: number, flush: boolean): SyscallResult {
    const denied = this.#checkBackground(task, SIGTTOU);
    if (denied === -EAGAIN) return this.#kernel.block(task, null, Infinity, null);
    if (denied !== 0) return denied;
    const view = task.memory!.readStruct(argument, bytes);
    if (view === null) return -EFAULT;
    const { settings } = this.discipline;
    const wasCanonical = (settings.localFlags & ICANON) !== 0;
    readTermios(settings, view);
    if (flush) this.discipline.flushInput();
    else this.discipline.modeChanged(wasCanonical);
    if (this.discipline.hasInput) this.queue.wake(this.#kernel, POLLIN | POLLRDNORM);
    return 0;
  }

  #flow(action: number): number {
    switch (action) {
      case 0:
        this.discipline.stopped = true;
        return 0;
      case 1:
        this.discipline.stopped = false;
        this.queue.wake(this.#kernel, POLLOUT | POLLWRNORM);
        return 0;
      case 2:
      case 3:
        return 0;
      default:
        return -EINVAL;
    }
  }

  #simulateInput(task: Task, argument: number): number {
    if (this.session !== task.group.session && !task.credentials.capable(CAP_SYS_ADMIN)) return -EPERM;
    const byte = task.memory!.read(argument, 1);
    if (byte === null) return -EFAULT;
    this.receive(byte);
    return 0;
  }

  #setControlling(task: Task, force: number): number {
    const { session } = task.group;
    if (session.leader === task.group && this.session === session) return 0;
    if (session.leader !== task.group || session.tty !== null) return -EPERM;
    if (this.session !== null) {
      if (force !== 1 || !task.credentials.capable(CAP_SYS_ADMIN)) return -EPERM;
      this.session.tty = null;
    }
    this.#become(session, task);
    return 0;
  }

  #become(session: Session, task: Task): void {
    session.tty = this;
    this.session = session;
    this.foreground = task.group.processGroup;
  }

  #detach(task: Task): number {
    const { session } = task.group;
    if (session.tty !== this) return -ENOTTY;
    if (session.leader === task.group) this.hangUp();
    return 0;
  }

  #setForeground(task: Task, argument: number): SyscallResult {
    const denied = this.#checkBackground(task, SIGTTOU);
    if (denied === -EAGAIN) return this.#kernel.block(task, null, Infinity, null);
    if (denied !== 0) return denied;
    if (this.session === null || this.session !== task.group.session) return -ENOTTY;
    const id = task.memory!.readU32(argument);
    if (id === null) return -EFAULT;
    if ((id | 0) < 0) return -EINVAL;
    const group = this.#kernel.tasks.processGroup(id);
    if (group === undefined) return -ESRCH;
    if (group.session !== task.group.session) return -EPERM;
    this.foreground = group;
    return 0;
  }

  /**
   * Job control of a background process: the signal is sent to its whole group and -EAGAIN returned, so that the caller waits
   * and is interrupted; -EIO when nobody could continue it, or it ignores a SIGTTIN; 0: go on (tty_check_change of Linux).
   */
  #checkBackground(task: Task, signal: number): number {
    if (task.group.session.tty !== this || this.foreground === null || task.group.processGroup === this.foreground)
      return 0;
    const blocked = (task.signals.blocked & signalBit(signal)) !== 0n;
    if (blocked || task.signals.handlers.ignores(signal)) return signal === SIGTTIN ? -EIO : 0;
    if (task.group.processGroup.isOrphaned()) return -EIO;
    sendSignalToProcessGroup(this.#kernel, task.group.processGroup, { signal, code: SI_KERNEL });
    return -EAGAIN;
  }

  #keySignal(character: 'interrupt' | 'quit' | 'suspend'): void {
    if (this.foreground === null) return;
    const signal = character === 'interrupt' ? SIGINT : character === 'quit' ? SIGQUIT : SIGTSTP;
    sendSignalToProcessGroup(this.#kernel, this.foreground, { signal, code: SI_KERNEL });
  }

  #flushEcho(): void {
    if (this.#echoed.length === 0) return;
    const bytes = Uint8Array.from(this.#echoed.splice(0));
    this.#line.transmit(this.#kernel, bytes);
  }
}
