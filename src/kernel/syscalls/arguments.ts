// Short names for the argument decoders that rows use most (decoders.ts says what each means).

import type { ArgumentDecoder, FlagTable, StructName } from './decoders.ts';

export const int: ArgumentDecoder = { kind: 'int' };
export const unsigned: ArgumentDecoder = { kind: 'unsigned' };
export const long: ArgumentDecoder = { kind: 'long' };
export const hex: ArgumentDecoder = { kind: 'hex' };
export const size: ArgumentDecoder = { kind: 'size' };
export const pointer: ArgumentDecoder = { kind: 'pointer' };
export const pid: ArgumentDecoder = { kind: 'pid' };
export const uid: ArgumentDecoder = { kind: 'uid' };
export const fd: ArgumentDecoder = { kind: 'fd' };
export const dirfd: ArgumentDecoder = { kind: 'dirfd' };
export const path: ArgumentDecoder = { kind: 'path' };
export const stringArray: ArgumentDecoder = { kind: 'stringArray' };
export const signal: ArgumentDecoder = { kind: 'signal' };
export const clock: ArgumentDecoder = { kind: 'clock' };

export function inStruct(name: StructName): ArgumentDecoder {
  return { kind: 'struct', name, direction: 'in' };
}

export function outStruct(name: StructName): ArgumentDecoder {
  return { kind: 'struct', name, direction: 'out' };
}

export function flags(table: FlagTable, zero?: string): ArgumentDecoder {
  return zero === undefined ? { kind: 'flags', flags: table } : { kind: 'flags', flags: table, zero };
}

export function enumeration(values: FlagTable, fallback: string): ArgumentDecoder {
  return { kind: 'enumeration', values, fallback };
}

/** Bytes the program gives, as many as that argument says. */
export function inBuffer(lengthArgument: number): ArgumentDecoder {
  return { kind: 'buffer', direction: 'in', length: { argument: lengthArgument } };
}

/** Bytes the call gives, as many as it returned. */
export const outBuffer: ArgumentDecoder = { kind: 'buffer', direction: 'out', length: 'result' };
