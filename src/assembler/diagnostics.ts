/*
 * What the assembler says when a source is wrong: one diagnostic an error, all errors of a file, in the form
 * compilers use (file:line:column, the message, the source line, a caret).
 */

export interface Diagnostic {
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  readonly severity: 'error' | 'warning';
  /** What is wrong and what was expected. */
  readonly message: string;
  /** The line the column points into: the source line, or the expanded one inside a macro. */
  readonly sourceLine: string;
  /** The macro calls and includes that led here, the innermost first. */
  readonly notes: readonly string[];
}

/** Thrown inside the assembler to give up one statement; `column` is an index into the statement's text. */
export class StatementError extends Error {
  readonly column: number;

  constructor(message: string, column: number) {
    super(message);
    this.column = column;
  }
}

/** Every diagnostic with its source line and a caret below the column, ending in a newline. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[]): string {
  let text = '';
  for (const { file, line, column, severity, message, sourceLine, notes } of diagnostics) {
    text += `${file}:${line}:${column}: ${severity}: ${message}\n`;
    if (sourceLine.trim() !== '') {
      const shown = sourceLine.slice(0, 200);
      // Tabs are kept before the caret so that it stands below its column on any terminal.
      const before = shown.slice(0, column - 1).replace(/[^\t]/g, ' ');
      text += `    ${shown}\n    ${before}^\n`;
    }
    for (const note of notes) text += `    ${note}\n`;
  }
  return text;
}
