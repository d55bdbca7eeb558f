/*
 * Cuts source text into statements: comments blanked (so that columns stay true), lines split at newlines and, as in
 * GNU as, at `;`. A separator or comment character inside a string or character constant is neither.
 * Comments: `#` and `//` to the end of the line, slash-star blocks over any number of lines.
 */

export interface Statement {
  readonly text: string;
  readonly file: string;
  readonly line: number;
  /** Index of the statement's first character in `sourceLine`. */
  readonly column: number;
  readonly sourceLine: string;
  /** The macro calls that led here, the innermost first. */
  readonly notes: readonly string[];
}

export interface Origin {
  readonly file: string;
  /** Line of the text's first line. */
  readonly line: number;
  /** True for a file, whose lines count up; an expansion keeps the line it came from. */
  readonly counts: boolean;
  readonly notes: readonly string[];
}

const NO_SPECIALS = /^[^"'#/;]*$/;

export function splitStatements(text: string, origin: Origin): Statement[] {
  const statements: Statement[] = [];
  const lines = text.split('\n');
  let inBlockComment = false;
  lines.forEach((sourceLine, index) => {
    if (sourceLine.endsWith('\r')) sourceLine = sourceLine.slice(0, -1);
    const line = origin.counts ? origin.line + index : origin.line;
    const add = (start: number, piece: string) => {
      if (piece.trim() === '') return;
      statements.push({ text: piece, file: origin.file, line, column: start, sourceLine, notes: origin.notes });
    };
    if (!inBlockComment && NO_SPECIALS.test(sourceLine)) {
      add(0, sourceLine);
      return;
    }
    let piece = '';
    let start = 0;
    let at = 0;
    while (at < sourceLine.length) {
      const character = sourceLine[at]!;
      if (inBlockComment) {
        const end = sourceLine.indexOf('*/', at);
        const next = end < 0 ? sourceLine.length : end + 2;
        piece += ' '.repeat(next - at);
        at = next;
        inBlockComment = end < 0;
      } else if (character === '"') {
        const end = endOfString(sourceLine, at);
        piece += sourceLine.slice(at, end);
        at = end;
      } else if (character === "'") {
        const end = endOfCharacter(sourceLine, at);
        piece += sourceLine.slice(at, end);
        at = end;
      } else if (character === '#' || (character === '/' && sourceLine[at + 1] === '/')) {
        break;
      } else if (character === '/' && sourceLine[at + 1] === '*') {
        inBlockComment = true;
        piece += '  ';
        at += 2;
      } else if (character === ';') {
        add(start, piece);
        piece = '';
        at++;
        start = at;
      } else {
        piece += character;
        at++;
      }
    }
    add(start, piece);
  });
  return statements;
}

/** Index after the string's closing quote, or the line's end if it is not closed. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

/** Index after a character constant: 'x, 'x', '\n or '\n'. */
function endOfCharacter(text: string, start: number): number {
  let at = start + (text[start + 1] === '\\' ? 3 : 2);
  if (text[at] === "'") at++;
  return Math.min(at, text.length);
}
