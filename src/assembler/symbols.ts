/*
 * What a symbol comes to once layout is done: whether other modules see it, its section, its size.
 */

import type { AssemblySymbol, Section } from './object.ts';
import { evaluate } from './values.ts';

export function isGlobal(symbol: AssemblySymbol): boolean {
  return symbol.binding === 'global' || symbol.binding === 'weak';
}

/** Labels that begin with `.L` and numeric ones stay out of symbol tables. */
export function isTemporary(symbol: AssemblySymbol): boolean {
  return /^\.L|^\d|^\.$/.test(symbol.name);
}

/** The section a symbol lies in, through `.set` if need be. */
export function sectionOf(symbol: AssemblySymbol): Section | undefined {
  if (symbol.fragment !== undefined) return symbol.fragment.section;
  if (symbol.value === undefined) return undefined;
  const result = evaluate(symbol.value, { symbol: () => symbol, laidOut: true });
  return result.ok ? result.value.plus?.fragment?.section : undefined;
}

export function sizeOf(symbol: AssemblySymbol): bigint {
  if (symbol.common !== undefined) return BigInt(symbol.common.size);
  if (symbol.size === undefined) return 0n;
  const result = evaluate(symbol.size, { symbol: () => symbol, laidOut: true });
  return result.ok && result.value.plus === undefined ? result.value.constant : 0n;
}
