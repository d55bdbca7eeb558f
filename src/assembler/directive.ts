/*
 * What a directive is: a function that reads the rest of its statement and acts on the assembler.
 */

import type { Assembler } from './assembler.ts';
import { StatementError } from './diagnostics.ts';
import type { Cursor } from './expressions.ts';

export type Directive = (assembler: Assembler, cursor: Cursor, name: string) => void;

/** The value of an expression that must be known at once. */
export function constantExpression(assembler: Assembler, cursor: Cursor, what: string): bigint {
  cursor.skipSpace();
  const column = cursor.at;
  const result = assembler.evaluate(cursor.parseExpression(assembler));
  if (!result.ok) throw new StatementError(result.reason, column);
  const { constant, plus, minus } = result.value;
  if (plus !== undefined || minus !== undefined) {
    throw new StatementError(
      `${what} must be a constant that is known here; \`${(plus ?? minus)!.name}\` is not`,
      column,
    );
  }
  return constant;
}
