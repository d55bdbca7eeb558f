/*
 * Register names. The index in each list is the register number.
 * Source: RISC-V ELF psABI, "Register Convention".
 */

export const INTEGER_ABI_NAMES: readonly string[] = (
  'zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 ' + 'a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6'
).split(' ');

export const FLOAT_ABI_NAMES: readonly string[] = (
  'ft0 ft1 ft2 ft3 ft4 ft5 ft6 ft7 fs0 fs1 fa0 fa1 fa2 fa3 fa4 fa5 ' +
  'fa6 fa7 fs2 fs3 fs4 fs5 fs6 fs7 fs8 fs9 fs10 fs11 ft8 ft9 ft10 ft11'
).split(' ');

function numbers(abiNames: readonly string[], prefix: string): Map<string, number> {
  const map = new Map<string, number>();
  abiNames.forEach((name, number) => {
    map.set(name, number).set(`${prefix}${number}`, number);
  });
  return map;
}

/** Every name the assembler accepts for an integer register: `x8`, `s0`, `fp`. */
export const INTEGER_REGISTERS: ReadonlyMap<string, number> = numbers(INTEGER_ABI_NAMES, 'x').set('fp', 8);

/** Every name the assembler accepts for a floating-point register: `f10`, `fa0`. */
export const FLOAT_REGISTERS: ReadonlyMap<string, number> = numbers(FLOAT_ABI_NAMES, 'f');

/** Rounding modes by field value; 5 and 6 are reserved. */
export const ROUNDING_MODES: readonly (string | undefined)[] = [
  'rne',
  'rtz',
  'rdn',
  'rup',
  'rmm',
  undefined,
  undefined,
  'dyn',
];
