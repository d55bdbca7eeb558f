import { describe, expect, it } from 'vitest';
import { assembleAt } from '../../src/kernel/boot.ts';
import { loadKernelSources } from '../../src/kernel/boot-sources.ts';
import { buildVdso } from '../../src/kernel/memory/vdso.ts';
import { createMemoryKernel } from './fake-machine.ts';

/** As a program's loader looks up a vDSO symbol: PT_DYNAMIC, DT_HASH, DT_SYMTAB, DT_STRTAB, DT_VERSYM. */
function lookUp(image: Uint8Array, name: string): { value: number; size: number; version: number } | null {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const dynamic = new Map<number, number>();
  const programHeaders = view.getUint16(56, true);
  for (let index = 0; index < programHeaders; index += 1) {
    const header = 64 + index * 56;
    if (view.getUint32(header, true) !== 2) continue;
    for (let at = view.getUint32(header + 8, true); view.getUint32(at, true) !== 0; at += 16) {
      dynamic.set(view.getUint32(at, true), view.getUint32(at + 8, true));
    }
  }
  const hash = dynamic.get(4)!;
  const symbols = dynamic.get(6)!;
  const strings = dynamic.get(5)!;
  const buckets = view.getUint32(hash, true);
  expect(buckets).toBe(1);
  for (
    let index = view.getUint32(hash + 8, true);
    index !== 0;
    index = view.getUint32(hash + 8 + buckets * 4 + index * 4, true)
  ) {
    const symbol = symbols + index * 24;
    const start = strings + view.getUint32(symbol, true);
    const text = new TextDecoder().decode(image.subarray(start, image.indexOf(0, start)));
    if (text !== name) continue;
    return {
      value: view.getUint32(symbol + 8, true),
      size: view.getUint32(symbol + 16, true),
      version: view.getUint16(dynamic.get(0x6fff_fff0)! + index * 2, true),
    };
  }
  return null;
}

describe('the sources that boot assembles', () => {
  it('make a vDSO whose symbols a loader finds, and whose rt_sigreturn is exactly li a7, 139; ecall', async () => {
    const { kernel } = createMemoryKernel();
    const sources = await loadKernelSources();
    const vdso = buildVdso(kernel, sources.vdso);
    const image = kernel.machine.ram.slice(vdso.pages.page(kernel, 1), 4096).slice();
    const signalReturn = lookUp(image, '__vdso_rt_sigreturn');
    expect(signalReturn).toEqual({ value: vdso.signalReturn, size: 8, version: 2 });
    const view = new DataView(image.buffer);
    expect(view.getUint32(vdso.signalReturn, true)).toBe(0x08b00893); // addi a7, zero, 139
    expect(view.getUint32(vdso.signalReturn + 4, true)).toBe(0x00000073); // ecall
    for (const name of ['clock_gettime', 'clock_getres', 'gettimeofday', 'getcpu', 'flush_icache', 'riscv_hwprobe']) {
      expect(lookUp(image, `__vdso_${name}`)?.version).toBe(2);
    }
    expect(lookUp(image, '__vdso_time')).toBe(null);
  });

  it('make an entry.s that fits its page, with and without a second page table', async () => {
    const { entry } = await loadKernelSources();
    const names = [...new Set(entry.match(/\b(HART|FRAME|SSTATUS)_[A-Z0-9_]+\b/g))];
    for (const kpti of [0, 1]) {
      const defines = Object.fromEntries([
        ...names.map((name, index) => [name, index * 8] as const),
        ['KPTI', kpti],
        ['FLUSH_AT_SWITCH', 1],
      ]);
      const text = assembleAt(entry, 'entry.s', -0x2a_0000_0000, 'trap_entry', defines);
      expect(text.bytes.length).toBeLessThan(0x1000);
      expect(text.symbol('trap_entry')).toBe(-0x2a_0000_0000);
      expect(text.symbol('resume')).toBeGreaterThan(text.symbol('trap_entry'));
    }
  });
});
