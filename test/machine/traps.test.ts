import { describe, expect, it } from 'vitest';
import { runBare } from './support.ts';

/** Runs a snippet with a handler that stops; `fault` labels the instruction that must trap. */
async function trap(snippet: string, preset = 'rocket') {
  const bare = await runBare(
    `
    la   t0, handler
    csrw stvec, t0
    ${snippet}
    stop
    .p2align 2
handler:
    csrr s1, scause
    csrr s2, sepc
    csrr s3, stval
    csrr s4, sstatus
    stop
    .p2align 3
data:
    .zero 64
    `,
    { preset },
  );
  const { hart } = bare.machine;
  return { cause: hart.x(9), epc: hart.x(18), value: hart.x(19), status: hart.x(20), bare };
}

// Cause numbers and stval: privileged manual, sections 12.1.8 and 12.1.9.
const CASES: [name: string, snippet: string, cause: bigint, value: bigint | string][] = [
  ['illegal instruction, 32 bits', 'fault: .word 0xffffffff', 2n, 0xffff_ffffn],
  ['illegal instruction, 16 bits', 'fault: .half 0, 0', 2n, 0n],
  ['unimplemented CSR', 'fault: csrr a0, 0x7c0', 2n, 0x7c00_2573n],
  ['machine-level CSR', 'fault: csrr a0, mstatus', 2n, 0x3000_2573n],
  ['write to a read-only CSR', 'fault: csrw cycle, a0', 2n, 0xc005_1073n],
  ['mret without machine mode', 'fault: mret', 2n, 0x3020_0073n],
  ['floating point while FS is off', 'fault: fadd.d fa0, fa0, fa0', 2n, 0x02a5_7553n],
  ['compressed floating-point load while FS is off', 'fault: .half 0x2108, 1 # c.fld fa0, 0(a0); c.nop', 2n, 0x2108n],
  ['reserved rounding mode', 'li t1, 0x2000\ncsrs sstatus, t1\nfault: .word 0x02a55553', 2n, 0x02a5_5553n],
  ['breakpoint', 'fault: ebreak', 3n, 'fault'],
  ['load-reserved, misaligned', 'la a0, data+4\nfault: lr.d a1, (a0)', 4n, 'data+4'],
  ['load where nothing is', 'li a0, 0x50000000\nfault: ld a1, 8(a0)', 5n, 0x5000_0008n],
  ['store-conditional, misaligned', 'la a0, data+2\nfault: sc.w a1, a1, (a0)', 6n, 'data+2'],
  ['atomic, misaligned', 'la a0, data+4\nfault: amoadd.d a1, a1, (a0)', 6n, 'data+4'],
  ['store where nothing is', 'li a0, 0x50000000\nfault: sw a1, -4(a0)', 7n, 0x4fff_fffcn],
  ['atomic on a device', 'li a0, 0x10000000\nfault: amoadd.w a1, a1, (a0)', 7n, 0x1000_0000n],
  ['misaligned load from a device', 'li a0, 0x0c000001\nfault: lw a1, 0(a0)', 5n, 0x0c00_0001n],
  ['environment call from ring 0', 'fault: ecall', 9n, 0n],
  ['jump to where nothing is', 'li a0, 0x50000000\njr a0', 1n, 0x5000_0000n],
];

describe('traps in ring 0', () => {
  for (const preset of ['rocket', 'ideal']) {
    it.each(CASES)(`${preset}: %s`, async (name, snippet, cause, value) => {
      const result = await trap(snippet, preset);
      expect(result.cause).toBe(cause);
      const at = (text: string) => {
        const [symbol, offset] = text.split('+');
        return result.bare.at(symbol!) + BigInt(offset ?? 0);
      };
      expect(result.value).toBe(typeof value === 'string' ? at(value) : value);
      expect(result.epc).toBe(name.startsWith('jump') ? 0x5000_0000n : result.bare.at('fault'));
      // SPP: came from ring 0; SPIE: interrupts were off; SIE: off.
      expect(result.status & 0x122n).toBe(0x100n);
    });
  }

  it('counts each trap under its cause', async () => {
    const { bare } = await trap('fault: ebreak');
    expect(bare.machine.counters.get('trap-3')).toBe(1);
  });

  it('an instruction that traps does not retire', async () => {
    const ecall = await trap('nop\nfault: ecall');
    const plain = await trap('nop\nfault: nop\nj handler');
    expect(plain.bare.machine.instret - ecall.bare.machine.instret).toBe(2);
  });

  it('a handler that cannot be fetched does not hang the host', async () => {
    const { machine } = await runBare('stop\nli t0, 0x50000000\ncsrw stvec, t0\necall');
    expect(machine.run(1000)).toBe('slice');
  });
});
