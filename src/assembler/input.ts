/*
 * Where the next statement comes from: a stack of files, macro expansions and repetitions, and which of their
 * statements count (`.if`). Knows no instruction and no section; `assembler.ts` pulls statements and pushes expansions.
 * Everything that can grow without end has a limit that ends in an error.
 */

import { StatementError } from './diagnostics.ts';
import { type Macro, substitute } from './macros.ts';
import { type Origin, type Statement, splitStatements } from './statements.ts';

const MAX_DEPTH = 256;
const MAX_STATEMENTS = 500_000;
const MAX_EXPANDED_CHARACTERS = 16 * 1024 * 1024;

interface Condition {
  readonly statement: Statement;
  /** Statements count now. */
  active: boolean;
  /** Some branch has been taken, or the whole lies in an inactive part. */
  done: boolean;
  elseSeen: boolean;
}

interface Frame {
  readonly statements: readonly Statement[];
  next: number;
  readonly kind: 'file' | 'macro' | 'repetition';
  readonly name: string;
  /** Depth of the condition stack when the frame began. */
  readonly conditions: number;
}

const OPENERS: Record<string, readonly string[]> = {
  '.endm': ['.macro'],
  '.endr': ['.rept', '.irp', '.irpc'],
};

/** The directive or mnemonic a statement begins with, labels before it passed over. */
function leadingWord(text: string): string {
  const match = /^\s*(?:(?:[\w.$]+|"[^"]*")\s*:\s*)*([\w.$]*)/.exec(text);
  return match?.[1] ?? '';
}

export class Input {
  private readonly frames: Frame[] = [];
  private readonly conditions: Condition[] = [];
  private statementCount = 0;
  private expandedCharacters = 0;
  private expansions = 0;
  private readonly report: (statement: Statement, message: string) => void;

  constructor(report: (statement: Statement, message: string) => void) {
    this.report = report;
  }

  pushFile(name: string, text: string, notes: readonly string[]): void {
    if (this.frames.length >= MAX_DEPTH) throw new StatementError(`includes are nested more than ${MAX_DEPTH} deep`, 0);
    const statements = splitStatements(text, { file: name, line: 1, counts: true, notes });
    this.push(statements, 'file', name);
  }

  /** Puts the body of a macro, each `\parameter` replaced, before what follows `call`. */
  pushMacro(macro: Macro, values: ReadonlyMap<string, string>, call: Statement): void {
    this.push(this.expand(macro.body, values, call, `macro \`${macro.name}\``), 'macro', macro.name);
  }

  /** Puts a body once for each set of values. */
  pushRepetition(body: readonly Statement[], rounds: Iterable<ReadonlyMap<string, string>>, call: Statement): void {
    const statements: Statement[] = [];
    if (body.length === 0) return;
    for (const values of rounds) {
      for (const statement of this.expand(body, values, call, undefined)) statements.push(statement);
    }
    this.push(statements, 'repetition', '');
  }

  private push(statements: readonly Statement[], kind: Frame['kind'], name: string): void {
    this.frames.push({ statements, next: 0, kind, name, conditions: this.conditions.length });
  }

  private expand(
    body: readonly Statement[],
    values: ReadonlyMap<string, string>,
    call: Statement,
    what: string | undefined,
  ): Statement[] {
    if (this.frames.length >= MAX_DEPTH) {
      throw new StatementError(`macros are nested more than ${MAX_DEPTH} deep; expected the recursion to end`, 0);
    }
    const number = this.expansions++;
    const note = what === undefined ? [] : [`in ${what}, called from ${call.file}:${call.line}`];
    const notes = [...note, ...call.notes].slice(0, 8);
    const result: Statement[] = [];
    for (const statement of body) {
      this.expandedCharacters += statement.text.length + 16;
      if (this.expandedCharacters > MAX_EXPANDED_CHARACTERS) {
        throw new StatementError('macros and repetitions expand to more than 16 MiB of text', 0);
      }
      const text = substitute(statement.text, values, number);
      if (text === statement.text) {
        result.push(notes.length === 0 ? statement : { ...statement, notes });
      } else {
        this.expandedCharacters += text.length;
        const origin: Origin = { file: statement.file, line: statement.line, counts: false, notes };
        for (const piece of splitStatements(text, origin)) result.push(piece);
      }
    }
    return result;
  }

  /** The next statement that counts, or undefined at the end of everything. */
  next(): Statement | undefined {
    for (;;) {
      const frame = this.frames.at(-1);
      if (frame === undefined) return undefined;
      if (frame.next >= frame.statements.length) {
        this.popFrame(frame);
        continue;
      }
      const statement = frame.statements[frame.next++]!;
      if (++this.statementCount > MAX_STATEMENTS) {
        this.report(statement, `more than ${MAX_STATEMENTS} statements after expansion of macros and repetitions`);
        this.frames.length = 0;
        return undefined;
      }
      if (this.isActive() || /^\s*\.(if|else|endif)/i.test(statement.text)) return statement;
    }
  }

  private popFrame(frame: Frame): void {
    while (this.conditions.length > frame.conditions) {
      const { statement } = this.conditions.pop()!;
      this.report(statement, 'this `.if` has no `.endif`');
    }
    this.frames.pop();
  }

  isActive(): boolean {
    return this.conditions.at(-1)?.active ?? true;
  }

  /** `.if` and its kin; `condition` is asked only where it matters. */
  beginIf(statement: Statement, condition: () => boolean): void {
    if (this.conditions.length >= 1000) throw new StatementError('`.if` is nested more than 1000 deep', 0);
    const outer = this.isActive();
    // Pushed before it is asked, so that an error in the condition leaves `.endif` its partner.
    const entry: Condition = { statement, active: false, done: true, elseSeen: false };
    this.conditions.push(entry);
    if (!outer) return;
    entry.active = condition();
    entry.done = entry.active;
  }

  elseIf(condition: () => boolean): void {
    const entry = this.innermost('.elseif');
    if (entry.elseSeen) throw new StatementError('`.elseif` after `.else`', 0);
    entry.active = false;
    if (!entry.done) {
      entry.active = condition();
      entry.done = entry.active;
    }
  }

  beginElse(): void {
    const entry = this.innermost('.else');
    if (entry.elseSeen) throw new StatementError('a second `.else` for one `.if`', 0);
    entry.elseSeen = true;
    entry.active = !entry.done;
    entry.done = true;
  }

  endIf(): void {
    this.innermost('.endif');
    this.conditions.pop();
  }

  private innermost(directive: string): Condition {
    const entry = this.conditions.at(-1);
    if (entry === undefined || this.conditions.length <= (this.frames.at(-1)?.conditions ?? 0)) {
      throw new StatementError(`\`${directive}\` without \`.if\``, 0);
    }
    return entry;
  }

  /** `.exitm`: leaves the innermost macro. */
  exitMacro(): void {
    if (!this.frames.some((frame) => frame.kind === 'macro')) throw new StatementError('`.exitm` outside a macro', 0);
    for (;;) {
      const frame = this.frames.pop()!;
      this.conditions.length = frame.conditions;
      if (frame.kind === 'macro') return;
    }
  }

  /** The statements up to the matching `.endm` or `.endr`, nested ones included; undefined if there is none. */
  collectBody(end: '.endm' | '.endr'): Statement[] | undefined {
    const frame = this.frames.at(-1)!;
    const openers = OPENERS[end]!;
    const body: Statement[] = [];
    let depth = 0;
    while (frame.next < frame.statements.length) {
      const statement = frame.statements[frame.next++]!;
      const word = leadingWord(statement.text).toLowerCase();
      if (openers.includes(word)) depth++;
      else if (word === end) {
        if (depth === 0) return body;
        depth--;
      }
      body.push(statement);
    }
    return undefined;
  }
}
