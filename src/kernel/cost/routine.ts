// A routine of kernel text: what one run of it executes. The routines of a subsystem stand in one table in cost/routines/;
// cost/layout.ts gives each a place in kernel text (its size follows from its instruction count), so that its lines go through L1I.

export interface Routine {
  readonly name: string;
  /** Instructions that one unit of this work executes (Linux 6.12 riscv64; where from stands in the table). */
  readonly instructions: number;
  /** Bytes of kernel text that one unit runs through; default 2 × instructions (cost/layout.ts), less for loops. */
  readonly textBytes?: number;
}

/** Declares a table of routines: the key becomes the name, e.g. `pipe_read`. */
export function routines<const T extends Record<string, number | { instructions: number; textBytes?: number }>>(
  table: T,
): { readonly [K in keyof T]: Routine } {
  const result: Record<string, Routine> = {};
  for (const [name, value] of Object.entries(table)) {
    result[name] = typeof value === 'number' ? { name, instructions: value } : { name, ...value };
  }
  return result as { readonly [K in keyof T]: Routine };
}
