/*
 * Architecture strings: `rv64gc`, `rv64imac_zicsr_zifencei`.
 * Source: The RISC-V Instruction Set Manual, volume I, "ISA Extension Naming Conventions".
 */

import type { Extension } from '../isa/instruction.ts';

export const ALL_EXTENSIONS: readonly Extension[] = ['I', 'M', 'A', 'F', 'D', 'C', 'Zicsr', 'Zifencei', 'privileged'];

/** The extensions of an architecture string such as `rv64imac_zicsr`; undefined if it is malformed. */
export function parseArchitecture(march: string): Set<Extension> | undefined {
  const match = /^rv64([a-z][a-z0-9]*)((?:_[a-z0-9]+)*)$/.exec(march.toLowerCase());
  if (match === null || !/^[ieg]/.test(match[1]!)) return undefined;
  const set = new Set<Extension>(['I', 'Zicsr', 'Zifencei', 'privileged']);
  for (const letter of match[1]!.replace(/\d+p\d+|\d+/g, '')) {
    if (letter === 'g') for (const extension of ['M', 'A', 'F', 'D'] as const) set.add(extension);
    const extension = ALL_EXTENSIONS.find((known) => known === letter.toUpperCase());
    if (extension !== undefined) set.add(extension);
    if (letter === 'd') set.add('F');
  }
  return set;
}
