// Every combination of PTE bits, ring, SUM and MXR, for each kind of access, against the rules of the privileged manual, section
// 12.3.1 and 12.4, written down once more here.

import { describe, expect, it } from 'vitest';
import { AddressSpace } from '../../bench/timing/bare-loader.ts';
import { loadBare, toGate } from './support.ts';

const V = 1;
const R = 2;
const W = 4;
const X = 8;
const U = 16;
const A = 64;
const D = 128;

type Access = 'load' | 'store' | 'fetch';
const PAGE_FAULT: Record<Access, bigint> = { fetch: 12n, load: 13n, store: 15n };
const TARGET = 0x10_0000_0000;
const TARGET_FRAME = 0x8060_0000;

/** Ring 0 sets up the access in s0 (0 load, 1 store, 2 fetch), does it in the ring of s1, and comes back through the handler. */
const SOURCE = `
    la   t0, handler
    csrw stvec, t0
    csrw satp, s2
    sfence.vma
    csrw sstatus, s3
    li   t1, 2
    beq  s0, t1, fetching
    la   t0, access
    bnez s1, 1f
    la   t0, access_user
1:  csrw sepc, t0
    sret
fetching:
    csrw sepc, a0
    sret
    .p2align 2
handler:
    csrr s4, scause
    csrr s5, sepc
    csrr s6, stval
    stop
    .p2align 12
access:
    beqz s0, 1f
    sd   a1, 0(a0)
    ebreak
1:  ld   a1, 0(a0)
    ebreak
    .p2align 12
access_user:
    beqz s0, 1f
    sd   a1, 0(a0)
    ebreak
1:  ld   a1, 0(a0)
    ebreak
    .p2align 12
end:
`;

function allowed(flags: number, access: Access, user: boolean, sum: boolean, mxr: boolean): boolean {
  if (!(flags & V) || (flags & (R | W)) === W) return false;
  if (!(flags & (R | X))) return false; // a pointer at the last level
  if (access === 'fetch') return (flags & X) !== 0 && ((flags & U) !== 0) === user;
  if (user ? !(flags & U) : (flags & U) !== 0 && !sum) return false;
  if (access === 'store') return (flags & W) !== 0;
  return (flags & R) !== 0 || (mxr && (flags & X) !== 0);
}

async function machineWithSpace(preset: string) {
  const bare = await loadBare(SOURCE, { preset });
  const space = new AddressSpace(bare.machine, 0x8080_0000);
  for (let page = 0x8000_0000; page < Number(bare.at('end')); page += 4096) {
    const user = page === Number(bare.at('access_user'));
    space.map(page, page, V | R | W | X | A | D | (user ? U : 0));
  }
  space.map(0x11_0000, 0x11_0000, V | R | W | A | D);
  // The target page holds an ebreak, for fetches.
  bare.machine.ram.setU32(TARGET_FRAME, 0x0010_0073);
  return { ...bare, space };
}

describe.each(['rocket', 'ideal'])('Sv39 permissions, %s', (preset) => {
  it('every combination', async () => {
    const { machine, space, at } = await machineWithSpace(preset);
    const { hart, ram } = machine;
    let checked = 0;
    for (let flags = 0; flags < 32; flags++) {
      for (const access of ['load', 'store', 'fetch'] as const) {
        for (const user of [true, false]) {
          for (const sum of [false, true]) {
            for (const mxr of [false, true]) {
              space.map(TARGET, TARGET_FRAME, flags);
              hart.setCsr(0x180, 0n);
              hart.privilege = 1;
              hart.pc = at('_start');
              hart.setX(8, { load: 0n, store: 1n, fetch: 2n }[access]);
              hart.setX(9, user ? 0n : 1n);
              hart.setX(18, (8n << 60n) | BigInt(space.root / 4096));
              hart.setX(19, (user ? 0n : 0x100n) | (sum ? 1n << 18n : 0n) | (mxr ? 1n << 19n : 0n));
              hart.setX(10, BigInt(TARGET));
              hart.setX(11, 0x0010_0073n);
              toGate(machine);
              const what = `flags ${flags.toString(2)} ${access} user ${user} sum ${sum} mxr ${mxr}`;
              if (allowed(flags, access, user, sum, mxr)) {
                expect(hart.x(20), what).toBe(3n); // the ebreak that follows
                const used = ram.u32(space.entry(TARGET)) & 0xff;
                expect(used, what).toBe(flags | A | (access === 'store' ? D : 0));
              } else {
                expect(hart.x(20), what).toBe(PAGE_FAULT[access]);
                expect(hart.x(22), what).toBe(BigInt(TARGET));
                expect(ram.u32(space.entry(TARGET)) & 0xff, what).toBe(flags);
              }
              checked++;
            }
          }
        }
      }
    }
    expect(checked).toBe(32 * 3 * 2 * 4);
  });

  it('superpages of 2 MiB and 1 GiB translate; misaligned ones fault', async () => {
    const { machine, space, at } = await machineWithSpace(preset);
    const { hart, ram } = machine;
    const load = (address: number): { cause: bigint; value: bigint } => {
      hart.setCsr(0x180, 0n);
      hart.privilege = 1;
      hart.pc = at('_start');
      hart.setX(8, 0n);
      hart.setX(9, 1n);
      hart.setX(18, (8n << 60n) | BigInt(space.root / 4096));
      hart.setX(19, 0x100n);
      hart.setX(10, BigInt(address));
      toGate(machine);
      return { cause: hart.x(20), value: hart.x(11) };
    };
    ram.setU64(0x8060_0128, 77n);
    space.map(0x20_0000_0000, 0x8060_0000, V | R | A | D, 1);
    expect(load(0x20_0000_0128)).toEqual({ cause: 3n, value: 77n });
    space.map(0x24_0000_0000, 0x8000_0000, V | R | A | D, 2);
    expect(load(0x24_0060_0128)).toEqual({ cause: 3n, value: 77n });
    space.map(0x28_0000_0000, 0x8060_1000, V | R | A | D, 1);
    expect(load(0x28_0000_0128).cause).toBe(13n);
  });

  it('addresses that are not canonical fault', async () => {
    const { machine, space, at } = await machineWithSpace(preset);
    const { hart } = machine;
    hart.setX(8, 0n);
    hart.setX(9, 1n);
    hart.setX(18, (8n << 60n) | BigInt(space.root / 4096));
    hart.setX(19, 0x100n);
    hart.setX(10, 0x0100_0000_8000_0000n);
    hart.pc = at('_start');
    toGate(machine);
    expect(hart.x(20)).toBe(13n);
    expect(hart.x(22)).toBe(0x0100_0000_8000_0000n);
  });

  it('translations that changed are seen after sfence.vma', async () => {
    const source = await loadBare(
      `
    csrw satp, s2
    sfence.vma
    ld   a1, 0(a0)
    stop
    sfence.vma a0
    ld   a2, 0(a0)
    stop`,
      { preset },
    );
    const other = new AddressSpace(source.machine, 0x8080_0000);
    other.map(0x8000_0000, 0x8000_0000, V | R | W | X | A | D, 1);
    other.map(0x11_0000, 0x11_0000, V | R | W | A | D);
    other.map(TARGET, 0x8060_0000, V | R | A | D);
    source.machine.ram.setU64(0x8060_0000, 1n);
    source.machine.ram.setU64(0x8060_1000, 2n);
    source.machine.hart.setX(10, BigInt(TARGET));
    source.machine.hart.setX(18, (8n << 60n) | BigInt(other.root / 4096));
    toGate(source.machine);
    other.map(TARGET, 0x8060_1000, V | R | A | D);
    toGate(source.machine);
    expect([source.machine.hart.x(11), source.machine.hart.x(12)]).toEqual([1n, 2n]);
  });
});
