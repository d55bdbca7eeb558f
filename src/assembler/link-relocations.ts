/*
 * Applies relocations to linked sections, as the RISC-V ELF psABI defines them ("Relocations"). Nothing is relaxed.
 */

import { R_RISCV, type RelocationName } from '../elf/constants.ts';
import { applyField, type FieldKind, rangeOf } from './apply.ts';
import { addressOf } from './layout.ts';
import type { AssemblySymbol, Relocation, Section, SourcePlace } from './object.ts';

export type LinkError = (place: SourcePlace | undefined, message: string) => void;

/** Where an input section was put. */
export interface Placement {
  /** Contents of the output section, and where in it the input begins. */
  readonly data: Uint8Array;
  readonly offset: number;
  readonly address: bigint;
}

/** What relocating asks of the linker. An address is undefined if there is none, which has then been reported. */
export interface RelocationContext {
  placement(section: Section): Placement | undefined;
  resolve(symbol: AssemblySymbol): AssemblySymbol;
  address(symbol: AssemblySymbol, place: SourcePlace | undefined): bigint | undefined;
  gotAddress(symbol: AssemblySymbol): bigint | undefined;
  readonly error: LinkError;
}

const NAME_BY_TYPE = new Map<number, RelocationName>(
  Object.entries(R_RISCV).map(([name, type]): [number, RelocationName] => [type, name as RelocationName]),
);

export class Relocator {
  private readonly linker: RelocationContext;
  private readonly highPartsOf = new Map<Section, Map<number, Relocation>>();

  constructor(linker: RelocationContext) {
    this.linker = linker;
  }

  /** Applies all relocations of an input section to the output it was copied to. */
  relocate(section: Section): void {
    const placed = this.linker.placement(section);
    if (placed === undefined) return;
    for (const relocation of section.relocations) {
      const { offset } = relocation;
      this.applyRelocation(placed.data, placed.offset + offset, placed.address + BigInt(offset), relocation);
    }
  }

  /** What a PC-relative high part adds up to: the address its low part needs too. */
  private pcrelOffset(relocation: Relocation, pc: bigint): bigint | undefined {
    if (relocation.type === R_RISCV.GOT_HI20) {
      const slot = relocation.symbol && this.linker.gotAddress(relocation.symbol);
      return slot === undefined ? undefined : slot - pc;
    }
    const target = relocation.symbol === undefined ? 0n : this.linker.address(relocation.symbol, relocation.place);
    return target === undefined ? undefined : target + relocation.addend - pc;
  }

  private applyRelocation(data: Uint8Array, at: number, pc: bigint, relocation: Relocation): void {
    const { type, symbol, addend, place } = relocation;
    const name = NAME_BY_TYPE.get(type)!;
    if (name === 'PCREL_LO12_I' || name === 'PCREL_LO12_S') {
      this.applyPcrelLow(data, at, name, relocation);
      return;
    }
    if (name.startsWith('TPREL')) {
      if (name !== 'TPREL_ADD') this.linker.error(place, 'thread-local storage is not supported');
      return;
    }
    const target = name === 'GOT_HI20' ? 0n : symbol === undefined ? 0n : this.linker.address(symbol, place);
    if (target === undefined) return;
    const value = target + addend;
    switch (name) {
      case 'PCREL_HI20':
      case 'GOT_HI20': {
        const offset = this.pcrelOffset(relocation, pc);
        if (offset !== undefined) this.apply(data, at, 'HI20', offset, relocation);
        return;
      }
      case 'CALL_PLT':
        this.apply(data, at, 'HI20', value - pc, relocation);
        applyField(data, at + 4, 'LO12_I', value - pc);
        return;
      case 'BRANCH':
      case 'JAL':
      case 'RVC_BRANCH':
      case 'RVC_JUMP':
        this.apply(data, at, name, value - pc, relocation);
        return;
      case 'LO12_I':
      case 'LO12_S':
        applyField(data, at, name, value);
        return;
      case '32_PCREL':
        this.apply(data, at, '32', value - pc, relocation);
        return;
      case 'HI20':
      case '32':
      case '64':
        this.apply(data, at, name, value, relocation);
        return;
      default:
        this.addOrSubtract(data, at, name, value);
    }
  }

  private addOrSubtract(data: Uint8Array, at: number, name: RelocationName, value: bigint): void {
    const bits = /(8|16|32|64)$/.exec(name)![1] as '8' | '16' | '32' | '64';
    let before = 0n;
    for (let i = Number(bits) / 8 - 1; i >= 0; i--) before = (before << 8n) | BigInt(data[at + i]!);
    applyField(data, at, bits, name.startsWith('SUB') ? before - value : before + value);
  }

  private apply(data: Uint8Array, at: number, kind: FieldKind, value: bigint, { symbol, place }: Relocation): void {
    const problem = rangeOf(kind, value);
    if (problem === undefined) applyField(data, at, kind, value);
    else this.linker.error(place, symbol === undefined ? problem : `\`${symbol.name}\` is out of reach: ${problem}`);
  }

  /** The low part belongs to the auipc that its symbol labels. */
  private applyPcrelLow(
    data: Uint8Array,
    at: number,
    name: 'PCREL_LO12_I' | 'PCREL_LO12_S',
    relocation: Relocation,
  ): void {
    const label = relocation.symbol && this.linker.resolve(relocation.symbol);
    const section = label?.fragment?.section;
    const placed = section && this.linker.placement(section);
    const high = section && this.highParts(section).get(addressOf(label!));
    if (high === undefined || placed === undefined) {
      this.linker.error(relocation.place, '%pcrel_lo needs the label of an auipc with %pcrel_hi or %got_pcrel_hi');
      return;
    }
    const offset = this.pcrelOffset(high, placed.address + BigInt(high.offset));
    if (offset !== undefined) applyField(data, at, name === 'PCREL_LO12_I' ? 'LO12_I' : 'LO12_S', offset);
  }

  /** The relocations of a section's auipc instructions by offset. */
  private highParts(section: Section): Map<number, Relocation> {
    let parts = this.highPartsOf.get(section);
    if (parts === undefined) {
      const high = section.relocations.filter(({ type }) => type === R_RISCV.PCREL_HI20 || type === R_RISCV.GOT_HI20);
      parts = new Map(high.map((relocation) => [relocation.offset, relocation]));
      this.highPartsOf.set(section, parts);
    }
    return parts;
  }
}
