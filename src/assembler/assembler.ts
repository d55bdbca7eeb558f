/*
 * One source becomes one object module: the loop that takes statements from the input, defines labels, and hands
 * directives and instructions on. Holds the state they share: sections, symbols, options.
 * A statement that is wrong is reported and skipped; the rest of the source is still looked at.
 */

import { EF_RISCV_FLOAT_ABI_DOUBLE, EF_RISCV_RVC, STT_FILE } from '../elf/constants.ts';
import type { Extension } from '../isa/instruction.ts';
import { ALL_EXTENSIONS, parseArchitecture } from './architecture.ts';
import { type Diagnostic, StatementError } from './diagnostics.ts';
import { runDirective } from './directives.ts';
import type { EncodeContext } from './encode.ts';
import { Cursor, type Expression, type ExpressionScope } from './expressions.ts';
import { Input } from './input.ts';
import { layOut } from './layout.ts';
import { bindArguments, type Macro } from './macros.ts';
import { assembleMnemonic } from './mnemonics.ts';
import { AssemblySymbol, defaultSectionShape, type ObjectModule, Section, type SourcePlace } from './object.ts';
import { parseOperands } from './operands.ts';
import './pseudo.ts';
import { resolveFixups } from './relocate.ts';
import type { Statement } from './statements.ts';
import { bind, type Evaluation, type Evaluator, evaluate, isLargerThan } from './values.ts';

export interface SourceText {
  readonly name: string;
  readonly text: string;
}

export interface AssemblerOptions {
  /** Instruction set as GNU as writes it; `rv64gc` if absent. */
  readonly march?: string;
  /** Finds an included source; `from` is the name of the source that includes it. */
  readonly include?: (name: string, from: string) => SourceText | undefined;
  /** Finds the bytes of `.incbin`. */
  readonly incbin?: (name: string, from: string) => Uint8Array | undefined;
  /** Symbols with a constant value, as if by `.set` at the top. */
  readonly defines?: Readonly<Record<string, bigint | number>>;
}

const MAX_ERRORS = 200;

/** What `.option` can change, saved and restored by push and pop. */
export interface Options {
  compressed: boolean;
  pic: boolean;
  extensions: ReadonlySet<Extension>;
}

export class Assembler implements EncodeContext, ExpressionScope, Evaluator {
  readonly diagnostics: Diagnostic[] = [];
  readonly sections: Section[] = [];
  readonly symbols = new Map<string, AssemblySymbol>();
  readonly macros = new Map<string, Macro>();
  readonly input: Input;
  readonly options: AssemblerOptions;
  readonly optionStack: Options[] = [];
  readonly sectionStack: { section: Section; previous: Section }[] = [];
  section: Section;
  previousSection: Section;
  current: Options;
  laidOut = false;
  private everCompressed = false;
  /** The statement at hand. */
  statement: Statement;
  private readonly numericLabels = new Map<number, { last?: AssemblySymbol; next?: AssemblySymbol }>();
  private readonly allSymbols: AssemblySymbol[] = [];
  private readonly name: string;
  private ended = false;

  constructor(source: SourceText, options: AssemblerOptions) {
    this.options = options;
    this.name = source.name;
    this.statement = { text: '', file: source.name, line: 1, column: 0, sourceLine: '', notes: [] };
    const extensions = parseArchitecture(options.march ?? 'rv64gc');
    this.current = { compressed: false, pic: false, extensions: extensions ?? new Set(ALL_EXTENSIONS) };
    this.setCompressed(this.current.extensions.has('C'));
    this.section = this.findSection('.text');
    this.previousSection = this.section;
    this.findSection('.data');
    this.findSection('.bss');
    this.input = new Input((statement, message) => this.reportAt(statement, 0, message));
    if (extensions === undefined)
      this.report(`unknown architecture \`${options.march}\`; expected rv64… such as rv64gc`, 0);
    for (const [name, value] of Object.entries(options.defines ?? {})) {
      this.symbol(name).value = { kind: 'constant', value: BigInt(value) };
    }
    this.input.pushFile(source.name, source.text, []);
  }

  // --- What instructions and directives ask of their surroundings

  get compressed(): boolean {
    return this.current.compressed;
  }

  get pic(): boolean {
    return this.current.pic;
  }

  has(extension: Extension): boolean {
    return extension === 'C' ? this.current.compressed : this.current.extensions.has(extension);
  }

  setCompressed(on: boolean): void {
    this.current = { ...this.current, compressed: on };
    if (on) this.everCompressed = true;
  }

  symbol(name: string): AssemblySymbol {
    let symbol = this.symbols.get(name);
    if (symbol === undefined) {
      symbol = new AssemblySymbol(name);
      symbol.place = this.place(0);
      this.symbols.set(name, symbol);
      this.allSymbols.push(symbol);
    }
    return symbol;
  }

  evaluate(expression: Expression): Evaluation {
    return evaluate(expression, this);
  }

  /** Names become symbols, and symbols their values, as they are at this point of the source. */
  bind(expression: Expression): Expression {
    if (expression.kind === 'constant') return expression;
    const result = evaluate(expression, this);
    if (result.ok && result.value.plus === undefined && result.value.minus === undefined) {
      return { kind: 'constant', value: result.value.constant };
    }
    const bound = bind(expression, this);
    if (isLargerThan(bound, 2000)) throw new StatementError('this expression is too complex', 0);
    return bound;
  }

  place(column: number): SourcePlace {
    return { statement: this.statement, column };
  }

  here(): AssemblySymbol {
    return this.labelHere('.');
  }

  hiddenLabel(): AssemblySymbol {
    const symbol = this.labelHere('.L0 ');
    this.allSymbols.push(symbol);
    return symbol;
  }

  private labelHere(name: string): AssemblySymbol {
    const symbol = new AssemblySymbol(name);
    this.putHere(symbol);
    return symbol;
  }

  putHere(symbol: AssemblySymbol): void {
    symbol.fragment = this.section.current;
    symbol.offset = this.section.current.size;
    symbol.place = this.place(0);
  }

  numericLabel(number: number, direction: 'f' | 'b'): AssemblySymbol | undefined {
    const entry = this.numericLabels.get(number) ?? {};
    this.numericLabels.set(number, entry);
    if (direction === 'b') return entry.last;
    if (entry.next === undefined) {
      entry.next = new AssemblySymbol(`${number}f`);
      entry.next.place = this.place(0);
      this.allSymbols.push(entry.next);
    }
    return entry.next;
  }

  findSection(name: string, type?: number, flags?: number): Section {
    let section = this.sections.find((other) => other.name === name);
    if (section === undefined) {
      const shape = defaultSectionShape(name);
      section = new Section(name, type ?? shape.type, flags ?? shape.flags);
      this.sections.push(section);
    }
    return section;
  }

  enterSection(section: Section): void {
    this.previousSection = this.section;
    this.section = section;
  }

  // --- Diagnostics

  /** `column` counts from the start of the statement's text. */
  report(message: string, column: number): void {
    this.reportAt(this.statement, column, message);
  }

  warn(message: string, column: number): void {
    this.reportAt(this.statement, column, message, 'warning');
  }

  reportAt(statement: Statement, column: number, message: string, severity: Diagnostic['severity'] = 'error'): void {
    if (this.diagnostics.length > MAX_ERRORS) return;
    if (this.diagnostics.length === MAX_ERRORS) {
      message = `more than ${MAX_ERRORS} errors; the rest are not shown`;
      column = 0;
    }
    if (column === 0) column = statement.text.length - statement.text.trimStart().length;
    this.diagnostics.push({
      file: statement.file,
      line: statement.line,
      column: statement.column + column + 1,
      severity,
      message,
      sourceLine: statement.sourceLine,
      notes: statement.notes,
    });
  }

  // --- The loop

  /** `.end` */
  stop(): void {
    this.ended = true;
  }

  run(): ObjectModule | undefined {
    while (!this.ended) {
      const statement = this.input.next();
      if (statement === undefined) break;
      this.statement = statement;
      try {
        this.assembleStatement(statement);
      } catch (error) {
        if (!(error instanceof StatementError)) throw error;
        this.report(error.message, error.column);
      }
    }
    for (const [number, { next }] of this.numericLabels) {
      if (next !== undefined) this.reportPlace(next.place!, `there is no label \`${number}:\` after this line`);
    }
    if (this.hasErrors()) return undefined;
    for (const section of this.sections) padToAlignment(section);
    layOut(this);
    if (this.hasErrors()) return undefined;
    this.laidOut = true;
    resolveFixups(this, this.sections);
    for (const symbol of this.allSymbols) this.checkSymbol(symbol);
    if (this.hasErrors()) return undefined;
    const fileSymbol = new AssemblySymbol(this.name.replace(/^.*\//, ''));
    fileSymbol.type = STT_FILE;
    return {
      name: this.name,
      sections: this.sections,
      symbols: [fileSymbol, ...this.allSymbols],
      flags:
        (this.everCompressed ? EF_RISCV_RVC : 0) | (this.current.extensions.has('D') ? EF_RISCV_FLOAT_ABI_DOUBLE : 0),
    };
  }

  private hasErrors(): boolean {
    return this.diagnostics.some(({ severity }) => severity === 'error');
  }

  reportPlace(place: SourcePlace, message: string): void {
    this.reportAt(place.statement, place.column, message);
  }

  /** A `.set` symbol must by now have a value that an object file can hold. */
  private checkSymbol(symbol: AssemblySymbol): void {
    if (symbol.value === undefined) return;
    const result = evaluate(symbol.value, this);
    if (!result.ok) this.reportPlace(symbol.place!, result.reason);
    else if (result.value.minus !== undefined) {
      this.reportPlace(symbol.place!, `\`${symbol.name}\` is a difference of symbols in different sections`);
    }
  }

  private assembleStatement(statement: Statement): void {
    const { text } = statement;
    const cursor = new Cursor(text);
    for (;;) {
      if (cursor.atEnd()) return;
      if (!this.acceptLabel(cursor)) break;
    }
    const start = cursor.at;
    const word = cursor.acceptName();
    if (word === undefined) {
      throw cursor.error(`expected a label, a directive or an instruction${cursor.found()}`);
    }
    // `symbol = value`, but not `symbol == value`, which GNU as takes as `.eqv`.
    if (cursor.peek() === '=') {
      const once = text[cursor.at + 1] === '=';
      cursor.at += once ? 2 : 1;
      this.defineValue(word, cursor, start, once);
      return;
    }
    const macro = this.macros.get(word);
    if (macro !== undefined) {
      this.input.pushMacro(macro, bindArguments(macro, statement, cursor.at), statement);
      return;
    }
    if (word.startsWith('.')) {
      if (!runDirective(this, word.toLowerCase(), cursor)) throw cursor.error(`unknown directive \`${word}\``, start);
      return;
    }
    const operands = parseOperands(text, cursor.at, this);
    const { section } = this;
    if (!assembleMnemonic(this, word, operands, start, text.trimEnd().length)) {
      throw cursor.error(
        `unknown instruction \`${word}\`; expected a mnemonic, a macro or a label followed by \`:\``,
        start,
      );
    }
    if (!section.isCode && section.flags !== 0 && section.type === 8) {
      throw cursor.error(`instructions cannot stand in ${section.name}, which has no contents in the file`, start);
    }
    if (section.align < (this.compressed ? 2 : 4)) section.align = this.compressed ? 2 : 4;
  }

  private acceptLabel(cursor: Cursor): boolean {
    const start = cursor.at;
    const first = cursor.text.charCodeAt(start);
    if (first >= 48 && first <= 57) return this.acceptNumericLabel(cursor);
    const name = cursor.acceptName();
    if (name === undefined || cursor.peek() !== ':') {
      cursor.at = start;
      return false;
    }
    cursor.at++;
    const symbol = this.symbol(name);
    if (symbol.isDefined) {
      const before = symbol.place?.statement;
      const where = before === undefined ? '' : ` (first at ${before.file}:${before.line})`;
      throw cursor.error(`\`${name}\` is already defined${where}`, start);
    }
    this.putHere(symbol);
    symbol.place = this.place(start);
    return true;
  }

  private acceptNumericLabel(cursor: Cursor): boolean {
    const numeric = /^(\d+)\s*:/.exec(cursor.text.slice(cursor.at));
    if (numeric === null) return false;
    cursor.at += numeric[0].length;
    this.defineNumericLabel(Number(numeric[1]));
    return true;
  }

  private defineNumericLabel(number: number): void {
    const entry = this.numericLabels.get(number) ?? {};
    const symbol = entry.next ?? new AssemblySymbol(`${number}`);
    this.putHere(symbol);
    this.numericLabels.set(number, { last: symbol });
  }

  /** `.set`, `.equ`, `=`; `once` for `.equiv` and `==`, which refuse a second definition. */
  defineValue(name: string, cursor: Cursor, nameColumn: number, once: boolean): void {
    const column = cursor.at;
    const expression = cursor.parseExpression(this);
    cursor.expectEnd();
    if (name === '.') {
      this.advanceTo(expression, 0, column);
      return;
    }
    const value = this.normalize(this.bind(expression));
    const symbol = this.symbol(name);
    if (symbol.fragment !== undefined || symbol.common !== undefined || (once && symbol.isDefined)) {
      throw cursor.error(`\`${name}\` is already defined`, nameColumn);
    }
    symbol.value = value;
    symbol.place = this.place(nameColumn);
  }

  /** `.org` and `. =` */
  advanceTo(target: Expression, fill: number, column: number): void {
    this.section.addTail({ kind: 'org', target: this.bind(target), fill, place: this.place(column) });
  }

  /** The same value in the flattest form, so that chains of `.set` stay shallow. */
  private normalize(expression: Expression): Expression {
    if (expression.kind === 'constant' || expression.kind === 'symbol') return expression;
    const result = evaluate(expression, this);
    if (!result.ok) return expression;
    const { constant, plus, minus } = result.value;
    let flat: Expression = { kind: 'constant', value: constant };
    if (plus !== undefined) {
      flat = { kind: 'binary', operator: '+', left: { kind: 'symbol', symbol: plus }, right: flat, column: 0 };
    }
    if (minus !== undefined) {
      flat = { kind: 'binary', operator: '-', left: flat, right: { kind: 'symbol', symbol: minus }, column: 0 };
    }
    return flat;
  }
}

/** GNU as fills code up to the section's own alignment, and other sections not. */
function padToAlignment(section: Section): void {
  if (section.align === 1 || !section.isCode) return;
  section.addTail({ kind: 'align', bytes: section.align, fill: 'code', limit: section.align });
}
