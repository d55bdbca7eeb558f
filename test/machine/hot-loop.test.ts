// The hot loop must stay one switch compiled to one br_table: read from the binary itself.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseFunctions } from './wasm-code.ts';

it('each specialisation of the hot loop has exactly one br_table, with a target for every opcode', () => {
  const wasm = readFileSync(new URL('../../build/machine.wasm', import.meta.url));
  const generated = readFileSync(new URL('../../assembly/generated/isa.ts', import.meta.url), 'utf8');
  const opcodes = Number(/OP_COUNT: i32 = (\d+)/.exec(generated)![1]);
  const functions = parseFunctions(wasm);
  // Only the loops dispatch over the whole bytecode: more targets than there are instructions.
  const loops = functions.filter((tables) => tables.some((targets) => targets > opcodes));
  expect(loops).toHaveLength(2);
  for (const tables of loops) expect(tables).toHaveLength(1);
});
