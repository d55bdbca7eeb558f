/*
 * Puts values into the fields that relocations name, and says which values fit.
 * Source: RISC-V ELF psABI, "Relocations".
 */

import { IMMEDIATES, type ImmediateName, insertImmediate } from '../isa/fields.ts';

export type FieldKind =
  | ('8' | '16' | '32' | '64' | 'BRANCH' | 'JAL' | 'RVC_BRANCH' | 'RVC_JUMP')
  | ('HI20' | 'LO12_I' | 'LO12_S');

const LAYOUTS: Partial<Record<FieldKind, ImmediateName>> = {
  BRANCH: 'B',
  JAL: 'J',
  RVC_BRANCH: 'CB',
  RVC_JUMP: 'CJ',
  HI20: 'U',
  LO12_I: 'I',
  LO12_S: 'S',
};

/** Bits of the instruction that the layout covers. */
function fieldMask(name: ImmediateName): number {
  return IMMEDIATES[name].pieces.reduce((mask, [from, , count]) => mask | ((2 ** count - 1) << from), 0);
}

/** Why the value does not fit the field, or undefined if it does. Data fields take signed and unsigned values. */
export function rangeOf(kind: FieldKind, value: bigint): string | undefined {
  const complain = (low: bigint, high: bigint) =>
    value < low || value > high ? `value ${value} does not fit: expected ${low} to ${high}` : undefined;
  switch (kind) {
    case '8':
    case '16':
    case '32': {
      const bits = BigInt(kind);
      return complain(-(1n << (bits - 1n)), (1n << bits) - 1n);
    }
    case '64':
      return undefined;
    case 'HI20':
      // The low part is signed, so the upper one reaches 2 KiB less far above and further below.
      return value !== BigInt.asIntN(32, value + 0x800n) - 0x800n
        ? `address 0x${BigInt.asUintN(64, value).toString(16)} is out of the reach of 2 GiB`
        : undefined;
    default: {
      const { width } = IMMEDIATES[LAYOUTS[kind]!];
      const reach = 1n << BigInt(width - 1);
      if (kind !== 'LO12_I' && kind !== 'LO12_S' && (value & 1n) !== 0n) return 'the target is at an odd address';
      return complain(-reach, reach - 1n);
    }
  }
}

/** Writes `value` into the field at `offset`. HI20 takes the full value and rounds for the signed low part. */
export function applyField(data: Uint8Array, offset: number, kind: FieldKind, value: bigint): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (kind) {
    case '8':
      view.setUint8(offset, Number(BigInt.asUintN(8, value)));
      return;
    case '16':
      view.setUint16(offset, Number(BigInt.asUintN(16, value)), true);
      return;
    case '32':
      view.setUint32(offset, Number(BigInt.asUintN(32, value)), true);
      return;
    case '64':
      view.setBigUint64(offset, BigInt.asUintN(64, value), true);
      return;
  }
  const name = LAYOUTS[kind]!;
  const number = Number(BigInt.asIntN(32, kind === 'HI20' ? value + 0x800n : value));
  if (kind === 'RVC_BRANCH' || kind === 'RVC_JUMP') {
    view.setUint16(offset, (view.getUint16(offset, true) & ~fieldMask(name)) | insertImmediate(number, name), true);
  } else {
    view.setUint32(offset, (view.getUint32(offset, true) & ~fieldMask(name)) | insertImmediate(number, name), true);
  }
}
