// The N_TTY line discipline: what happens between the keys and read(2), and between write(2) and the line.
//
// In canonical mode typed bytes gather in `line`, where erase, kill and word-erase edit them; a newline, EOL or EOF moves the line
// to `ready`. Otherwise every byte is ready at once. Bound: BUFFER_BYTES of input, as N_TTY_BUF_SIZE; what comes on top is lost.

import * as termios from './termios.ts';

export const BUFFER_BYTES = 4096;

/** What the discipline does to its surroundings. */
export interface LineEvents {
  /** Bytes to the line, already processed. */
  output(bytes: number[]): void;
  /** ISIG characters: the foreground group gets this signal. */
  signal(character: 'interrupt' | 'quit' | 'suspend'): void;
  /** Something can be read. */
  readable(): void;
  /** Output was started again after a stop. */
  writable(): void;
}

export class LineDiscipline {
  readonly settings = termios.standardTermios(termios.B115200, 115_200);
  readonly #events: LineEvents;
  /** Lines that can be read; an empty one is an end of file. */
  readonly #ready: number[][] = [];
  #readyBytes = 0;
  #line: number[] = [];
  #literalNext = false;
  /** ^S was typed: output waits for ^Q. */
  stopped = false;
  #column = 0;

  constructor(events: LineEvents) {
    this.#events = events;
  }

  /** Bytes that FIONREAD reports. */
  get readableBytes(): number {
    return this.#readyBytes + (this.#canonical ? 0 : this.#line.length);
  }

  /** A read would return now (poll(2)). */
  get hasInput(): boolean {
    if (this.#canonical) return this.#ready.length > 0;
    const minimum =
      this.settings.controlCharacters[termios.VTIME] === 0 ? this.settings.controlCharacters[termios.VMIN]! : 1;
    return this.#readyBytes >= Math.max(1, minimum);
  }

  get #canonical(): boolean {
    return (this.settings.localFlags & termios.ICANON) !== 0;
  }

  /** A byte arrives from the line. */
  receive(byte: number): void {
    const { inputFlags, localFlags, controlCharacters: cc } = this.settings;
    let character = byte;
    if ((inputFlags & termios.ISTRIP) !== 0) character &= 0x7f;
    if (this.#literalNext) {
      this.#literalNext = false;
      this.#accept(character);
      return;
    }
    if ((inputFlags & termios.IXON) !== 0) {
      if (character === cc[termios.VSTOP]) {
        this.stopped = true;
        return;
      }
      if (this.stopped && (character === cc[termios.VSTART] || (inputFlags & termios.IXANY) !== 0)) {
        this.stopped = false;
        this.#events.writable();
        if (character === cc[termios.VSTART]) return;
      } else if (character === cc[termios.VSTART]) {
        return;
      }
    }
    if ((localFlags & termios.ISIG) !== 0 && this.#signalCharacter(character)) return;
    if (character === 0x0d) {
      if ((inputFlags & termios.IGNCR) !== 0) return;
      if ((inputFlags & termios.ICRNL) !== 0) character = 0x0a;
    } else if (character === 0x0a && (inputFlags & termios.INLCR) !== 0) {
      character = 0x0d;
    }
    if (this.#canonical && this.#edit(character)) return;
    this.#accept(character);
  }

  /**
   * Takes up to `limit` bytes as read(2) does; null: nothing to read yet. In canonical mode at most one line; an empty array
   * is an end of file.
   */
  take(limit: number): number[] | null {
    if (!this.#canonical) {
      const cc = this.settings.controlCharacters;
      const minimum = Math.min(cc[termios.VMIN]!, limit);
      const timed = cc[termios.VTIME]! > 0;
      if (this.#readyBytes === 0) return cc[termios.VMIN] === 0 && !timed ? [] : null;
      if (!timed && this.#readyBytes < minimum) return null;
      const taken: number[] = [];
      while (taken.length < limit && this.#ready.length > 0) this.#takeFrom(taken, limit);
      return taken;
    }
    if (this.#ready.length === 0) return null;
    const taken: number[] = [];
    this.#takeFrom(taken, limit);
    return taken;
  }

  #takeFrom(taken: number[], limit: number): void {
    const first = this.#ready[0]!;
    const part = first.splice(0, limit - taken.length);
    for (const byte of part) taken.push(byte);
    this.#readyBytes -= part.length;
    if (first.length === 0) this.#ready.shift();
  }

  /** TCIFLUSH: what was typed and not read is dropped. */
  flushInput(): void {
    this.#ready.length = 0;
    this.#readyBytes = 0;
    this.#line = [];
  }

  /** TIOCSETA with ICANON changed: what is in the line becomes readable, and the other way round. */
  modeChanged(wasCanonical: boolean): void {
    if (wasCanonical && !this.#canonical && this.#line.length > 0) this.#push(this.#line.splice(0));
  }

  /** A byte that a program writes: what goes out on the line. */
  process(byte: number): number[] {
    const { outputFlags } = this.settings;
    if ((outputFlags & termios.OPOST) === 0) return [byte];
    switch (byte) {
      case 0x0a:
        if ((outputFlags & termios.ONLRET) !== 0) this.#column = 0;
        if ((outputFlags & termios.ONLCR) === 0) return [byte];
        this.#column = 0;
        return [0x0d, 0x0a];
      case 0x0d:
        if ((outputFlags & termios.ONOCR) !== 0 && this.#column === 0) return [];
        if ((outputFlags & termios.OCRNL) !== 0) return [0x0a];
        this.#column = 0;
        return [byte];
      case 0x08:
        if (this.#column > 0) this.#column -= 1;
        return [byte];
      default:
        if (byte >= 0x20) this.#column += 1;
        return (outputFlags & termios.OLCUC) !== 0 && byte >= 0x61 && byte <= 0x7a ? [byte - 32] : [byte];
    }
  }

  #signalCharacter(character: number): boolean {
    const { localFlags, controlCharacters: cc } = this.settings;
    const kind =
      character === cc[termios.VINTR] && character !== 0
        ? 'interrupt'
        : character === cc[termios.VQUIT] && character !== 0
          ? 'quit'
          : character === cc[termios.VSUSP] && character !== 0
            ? 'suspend'
            : null;
    if (kind === null) return false;
    if ((localFlags & termios.NOFLSH) === 0) this.flushInput();
    if ((localFlags & termios.ECHO) !== 0) this.#echo(character);
    this.#events.signal(kind);
    return true;
  }

  /** Editing characters of canonical mode; true when the byte was one. */
  #edit(character: number): boolean {
    const { localFlags, controlCharacters: cc } = this.settings;
    const extended = (localFlags & termios.IEXTEN) !== 0;
    if (character === 0) return false;
    if (character === cc[termios.VERASE]) {
      this.#erase(1);
    } else if (character === cc[termios.VKILL]) {
      this.#erase(this.#line.length);
      if ((localFlags & termios.ECHOK) !== 0 && (localFlags & termios.ECHOKE) === 0) this.#write(0x0a);
    } else if (extended && character === cc[termios.VWERASE]) {
      this.#erase(this.#wordLength());
    } else if (extended && character === cc[termios.VLNEXT]) {
      this.#literalNext = true;
    } else if (extended && character === cc[termios.VREPRINT]) {
      this.#echo(character);
      this.#write(0x0a);
      for (const byte of this.#line) this.#echo(byte);
    } else if (character === cc[termios.VEOF]) {
      this.#push(this.#line.splice(0));
      this.#events.readable();
    } else if (character === 0x0a || character === cc[termios.VEOL] || (extended && character === cc[termios.VEOL2])) {
      if ((localFlags & (termios.ECHO | termios.ECHONL)) !== 0) this.#write(character);
      this.#push([...this.#line.splice(0), character]);
      this.#events.readable();
    } else {
      return false;
    }
    return true;
  }

  #accept(character: number): void {
    const { localFlags, inputFlags } = this.settings;
    if (this.#readyBytes + this.#line.length >= BUFFER_BYTES - 1) {
      if ((inputFlags & termios.IMAXBEL) !== 0) this.#events.output([7]);
      return;
    }
    if ((localFlags & termios.ECHO) !== 0) this.#echo(character);
    if (this.#canonical) {
      this.#line.push(character);
      return;
    }
    this.#push([character]);
    this.#events.readable();
  }

  #push(bytes: number[]): void {
    this.#readyBytes += bytes.length;
    this.#ready.push(bytes);
  }

  #echo(character: number): void {
    const control = character < 0x20 && character !== 0x09 && character !== 0x0a;
    if ((this.settings.localFlags & termios.ECHOCTL) !== 0 && (control || character === 0x7f)) {
      this.#events.output([0x5e, character ^ 0x40]);
    } else {
      this.#write(character);
    }
  }

  #write(character: number): void {
    this.#events.output(this.process(character));
  }

  /** Removes the last `count` characters (UTF-8 sequences count as one with IUTF8) and rubs them out on the screen. */
  #erase(count: number): void {
    const { localFlags, inputFlags } = this.settings;
    for (let left = count; left > 0 && this.#line.length > 0; left--) {
      let removed = this.#line.pop()!;
      while ((inputFlags & termios.IUTF8) !== 0 && (removed & 0xc0) === 0x80 && this.#line.length > 0) {
        removed = this.#line.pop()!;
        left -= 1;
      }
      if ((localFlags & termios.ECHO) === 0) continue;
      if ((localFlags & termios.ECHOE) === 0) {
        this.#echo(this.settings.controlCharacters[termios.VERASE]!);
        continue;
      }
      const control = removed < 0x20 && removed !== 0x09;
      const width = control && (localFlags & termios.ECHOCTL) !== 0 ? 2 : 1;
      for (let column = 0; column < width; column++) this.#events.output([8, 0x20, 8]);
    }
  }

  #wordLength(): number {
    let index = this.#line.length;
    const word = (byte: number): boolean => byte > 0x20;
    while (index > 0 && !word(this.#line[index - 1]!)) index -= 1;
    while (index > 0 && word(this.#line[index - 1]!)) index -= 1;
    return this.#line.length - index;
  }
}
