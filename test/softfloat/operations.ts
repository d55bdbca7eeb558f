// The floating-point operations under test, numbered by their place in the list (as in assembly/hart/softfloat/batch.ts).

export type Register = 'integer' | 'single' | 'double';

export interface Operation {
  mnemonic: string;
  operands: number;
  source: Register;
  result: Register;
  /** Whether the instruction has a rounding-mode field. */
  rounds: boolean;
}

type Row = [name: string, operands: number, source: 'integer' | 'float', result: 'integer' | 'float', rounds: boolean];

const rows: Row[] = [
  ['fadd', 2, 'float', 'float', true],
  ['fsub', 2, 'float', 'float', true],
  ['fmul', 2, 'float', 'float', true],
  ['fdiv', 2, 'float', 'float', true],
  ['fsqrt', 1, 'float', 'float', true],
  ['fmadd', 3, 'float', 'float', true],
  ['fmsub', 3, 'float', 'float', true],
  ['fnmsub', 3, 'float', 'float', true],
  ['fnmadd', 3, 'float', 'float', true],
  ['fmin', 2, 'float', 'float', false],
  ['fmax', 2, 'float', 'float', false],
  ['feq', 2, 'float', 'integer', false],
  ['flt', 2, 'float', 'integer', false],
  ['fle', 2, 'float', 'integer', false],
  ['fclass', 1, 'float', 'integer', false],
  ['fcvt.w', 1, 'float', 'integer', true],
  ['fcvt.wu', 1, 'float', 'integer', true],
  ['fcvt.l', 1, 'float', 'integer', true],
  ['fcvt.lu', 1, 'float', 'integer', true],
  ['fcvt.?.w', 1, 'integer', 'float', true],
  ['fcvt.?.wu', 1, 'integer', 'float', true],
  ['fcvt.?.l', 1, 'integer', 'float', true],
  ['fcvt.?.lu', 1, 'integer', 'float', true],
];

function inFormat(format: 'single' | 'double'): Operation[] {
  const letter = format === 'single' ? 's' : 'd';
  return rows.map(([name, operands, source, result, rounds]) => ({
    mnemonic: name.includes('?') ? name.replace('?', letter) : `${name}.${letter}`,
    operands,
    source: source === 'float' ? format : source,
    result: result === 'float' ? format : result,
    // fcvt.d.w and fcvt.d.wu are exact: GNU as takes no rounding mode for them.
    rounds: rounds && !/^fcvt\.d\.wu?$/.test(name.replace('?', letter)),
  }));
}

export const operations: Operation[] = [
  ...inFormat('single'),
  ...inFormat('double'),
  { mnemonic: 'fcvt.s.d', operands: 1, source: 'double', result: 'single', rounds: true },
  { mnemonic: 'fcvt.d.s', operands: 1, source: 'single', result: 'double', rounds: false },
];
