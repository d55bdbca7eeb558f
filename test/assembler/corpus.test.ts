import { describe, expect, test } from 'vitest';
import { seededRandom } from '../random.ts';
import { type CorpusContext, corpusLine } from './corpus.ts';
import { compareWithGnu, HAS_GNU, inTemporaryFolder, writeSource } from './gnu.ts';

const LINES = 12_000;
const SLOT = 64;

function context(purpose: string, labels: number): CorpusContext {
  const names = Array.from({ length: labels }, (_, i) => `t_${i}`);
  return { random: seededRandom(purpose), codeLabels: names, dataLabels: ['data_0', 'data_1', 'data_2'] };
}

const DATA = `
        .data
data_0: .dword 1, 2, data_1, t_0
data_1: .space 3000, 7
data_2: .word data_1 - data_0
`;

describe.skipIf(!HAS_GNU)('generated lines assemble to the bytes of GNU as', () => {
  test(`${LINES} lines, each in its own slot`, () => {
    const corpus = context('corpus in slots', 10);
    const lines = Array.from({ length: LINES }, (_, index) => corpusLine(corpus, index));
    // Labels lie near the middle, so that branches are out of reach from some slots and within from others.
    const middle = Math.floor(LINES / 2);
    const text = lines.map((line, index) => {
      const label = index >= middle && index < middle + 10 ? `t_${index - middle}:` : '';
      return `        .p2align 6, 0x55\n${label}        ${line}\n`;
    });
    const source = `        .globl _start\n        .option norelax\n_start:\n${text.join('')}        .p2align 6, 0x55\n${DATA}`;
    const differences = inTemporaryFolder((folder) =>
      compareWithGnu([writeSource(folder, 'slots.s', source)], 'rv64gc'),
    );
    const where = differences.map((difference) => ({
      ...difference,
      line: lines[Math.floor(difference.offset / SLOT)] ?? '',
    }));
    expect(where).toEqual([]);
  });

  test.each([0, 1, 2, 3])(
    '2,000 lines packed together, with alignments and a label every few lines (round %d)',
    (round) => {
      const corpus = context(`packed corpus ${round}`, 200);
      let text = '        .globl _start\n_start:\n';
      for (let index = 0; index < 2000; index++) {
        if (index % 10 === 0) text += `t_${index / 10}:\n`;
        if (corpus.random.below(50) === 0)
          text += `        .${corpus.random.pick(['align 2', 'align 4', 'balign 8', 'p2align 5', 'p2align 4,,6'])}\n`;
        if (corpus.random.below(100) === 0) text += `        .option ${corpus.random.pick(['rvc', 'norvc', 'rvc'])}\n`;
        const line = corpusLine(corpus, corpus.random.u32());
        // Explicit 16-bit forms are refused outside \`.option rvc\`.
        text += line.startsWith('c.') ? `        .option rvc\n        ${line}\n` : `        ${line}\n`;
      }
      const differences = inTemporaryFolder((folder) =>
        compareWithGnu([writeSource(folder, 'packed.s', text + DATA)], 'rv64gc'),
      );
      expect(differences).toEqual([]);
    },
  );
});
