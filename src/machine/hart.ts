// A typed view of the running hart's architectural state in linear memory. Reads and writes take effect at once; they are
// the host's and cost no cycles.

import { F, PC, PRIVILEGE, X } from './layout.ts';

/** Entry points of the machine for CSRs: numbers and values as the instructions see them in ring 0. */
export interface CsrAccess {
  readCsr(number: number): bigint;
  writeCsr(number: number, value: bigint): void;
  setPrivilege(ring: number): void;
  setPc(value: bigint): void;
}

export class Hart {
  readonly #view: DataView;
  readonly #access: CsrAccess;

  constructor(memory: ArrayBuffer, access: CsrAccess) {
    this.#view = new DataView(memory);
    this.#access = access;
  }

  /** Integer register 0-31, unsigned. */
  x(index: number): bigint {
    return this.#view.getBigUint64(X + 8 * index, true);
  }

  setX(index: number, value: bigint): void {
    if (index !== 0) this.#view.setBigUint64(X + 8 * index, BigInt.asUintN(64, value), true);
  }

  /** Floating-point register 0-31 as bits. */
  f(index: number): bigint {
    return this.#view.getBigUint64(F + 8 * index, true);
  }

  setF(index: number, value: bigint): void {
    this.#view.setBigUint64(F + 8 * index, BigInt.asUintN(64, value), true);
  }

  get pc(): bigint {
    return this.#view.getBigUint64(PC, true);
  }

  set pc(value: bigint) {
    this.#access.setPc(BigInt.asUintN(64, value));
  }

  /** The program counter as a signed number: upper-half addresses are negative. */
  get pcNumber(): number {
    return this.#view.getInt32(PC + 4, true) * 0x1_0000_0000 + this.#view.getUint32(PC, true);
  }

  set pcNumber(value: number) {
    this.pc = BigInt(value);
  }

  /** 0 user, 1 supervisor. */
  get privilege(): 0 | 1 {
    return this.#view.getUint32(PRIVILEGE, true) === 0 ? 0 : 1;
  }

  set privilege(ring: 0 | 1) {
    this.#access.setPrivilege(ring);
  }

  csr(number: number): bigint {
    return BigInt.asUintN(64, this.#access.readCsr(number));
  }

  setCsr(number: number, value: bigint): void {
    this.#access.writeCsr(number, BigInt.asUintN(64, value));
  }
}
