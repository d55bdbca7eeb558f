import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compareWithGnu, HAS_GNU, inTemporaryFolder, writeSource } from './gnu.ts';

const MARCH = 'rv64imac_zicsr_zifencei';

/** What the kernels expect of the C files beside them. */
const EXTERNAL = ['_start', 'arena', 'h_m_full', 'leave', 'bare_main', 'main_', 'measure', 'mtrap_c'];

describe.skipIf(!HAS_GNU)('assembled and linked bytes equal those of GNU as and ld', () => {
  const programs = filesOf('programs', '.s');

  test.each(programs)('%s', (path) => {
    expect(compareWithGnu([path], usesFloatingPoint(path) ? 'rv64gc' : MARCH, ['programs', 'programs/lib'])).toEqual(
      [],
    );
  });

  // The names that the kernel defines for its ring-0 code get arbitrary values here, switches both of theirs.
  test.each([0, 1])('src/kernel/entry.s with its switches at %d', (flag) => {
    const path = 'src/kernel/entry.s';
    const names = new Set(
      readFileSync(path, 'utf8')
        .replace(/#.*/g, '')
        .match(/\b[A-Z][A-Z0-9_]{2,}\b/g),
    );
    const defines = Object.fromEntries(
      [...names].map((name, index) => [name, /^(KPTI|FLUSH_AT_SWITCH)$/.test(name) ? flag : index * 8]),
    );
    expect(compareWithGnu([path], 'rv64gc', [], { entry: 'trap_entry', defines })).toEqual([]);
  });

  // harness/start.S is left out: it names __global_pointer$, which only GNU's own layout fixes.
  const kernels = [...filesOf('bench/calibration/kernels', '.S'), 'bench/calibration/harness/priv.S'];

  test.each(kernels)('%s', (path) => {
    inTemporaryFolder((folder) => {
      const text = readFileSync(path, 'utf8');
      const missing = EXTERNAL.filter((name) => !new RegExp(`^${name}:`, 'm').test(text));
      const stubs = missing.map((name) => `.globl ${name}\n${name}: ret\n`).join('');
      const stubFile = writeSource(folder, 'stubs.s', stubs);
      expect(compareWithGnu([path, stubFile], 'rv64gc', ['bench/calibration/kernels'])).toEqual([]);
    });
  });
});

function filesOf(folder: string, suffix: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(suffix));
  return names.map((name) => `${folder}/${name}`).sort();
}

function usesFloatingPoint(path: string): boolean {
  return /^\s*f(ld|sd|lw|sw|add|mul|div|sub|madd|cvt|mv)\b/m.test(readFileSync(path, 'utf8'));
}
