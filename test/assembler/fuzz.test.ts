import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { assembleExecutable, assembleObject, formatDiagnostics } from '../../src/assembler/assemble.ts';
import { readElf } from '../../src/elf/read.ts';
import { type Random, seededRandom } from '../random.ts';
import { type CorpusContext, corpusLine } from './corpus.ts';

/* Whatever the source says, the assembler answers with an ELF file or with diagnostics: it never throws or hangs. */

/** The gate runs everything; at the desk a fifth is enough. */
const FULL = process.env['CYCLIX_FULL'] === '1' || process.env['CI'] !== undefined;
const SOURCES = FULL ? 10_000 : 2_000;

const WORDS = (
  'addi li la lw sd beqz j call fadd.d csrr c.lw .word .byte .asciz .align .balign .org .space .fill .set .equ .if .else ' +
  '.endif .elseif .macro .endm .rept .endr .irp .irpc .option push pop rvc norvc .section .text .data .bss .globl .weak ' +
  '.comm .type .size .include .incbin .uleb128 .float .double .insn .exitm .purgem .end .pushsection .popsection ' +
  '.previous .ifdef .ifb .ifc .local a0 sp x31 fa0 zero foo bar _start 1f 1b 2: foo: bar= . \\reg \\@ \\() %hi( %lo( ' +
  '%pcrel_hi( ( ) , + - * / % << >> == != && || ! ~ | & ^ = : ; " \' # // /* */ "text" "a\\n" \'x 0 1 -1 0x10 0b11 017 ' +
  '4096 0x7fffffffffffffff 99999999999999999999 1.5 inf nan r i @function @progbits "ax" "aw"'
).split(' ');

function randomTokens(random: Random): string {
  let text = '';
  for (let count = 1 + random.below(80); count > 0; count--) {
    text += random.below(12) === 0 ? String.fromCharCode(random.below(0x180)) : random.pick(WORDS);
    text += random.pick([' ', ' ', ', ', '\n', '\n', '']);
  }
  return text;
}

/** A real source with characters and lines changed, copied and dropped. */
function mutated(random: Random, source: string): string {
  const lines = source.split('\n');
  const start = random.below(lines.length);
  const part = lines.slice(start, start + 1 + random.below(60));
  for (let changes = random.below(12); changes > 0; changes--) {
    const at = random.below(part.length);
    const line = part[at]!;
    const column = random.below(line.length + 1);
    const kind = random.below(5);
    if (kind === 0) part.splice(at, 0, random.pick(part));
    else if (kind === 1) part[at] = line.slice(0, column) + random.pick(WORDS) + line.slice(column);
    else if (kind === 2) part[at] = line.slice(0, column) + line.slice(column + 1 + random.below(4));
    else if (kind === 3) part[at] = line.slice(0, column) + String.fromCharCode(random.below(256)) + line.slice(column);
    else if (part.length > 1) part.splice(at, 1);
  }
  return part.join('\n');
}

describe('random sources', () => {
  test(`${SOURCES.toLocaleString('en')} of them assemble or are diagnosed`, { timeout: 300_000 }, () => {
    const random = seededRandom('random sources');
    const files = readdirSync('programs').filter((name) => name.endsWith('.s'));
    const sources = [...files.map((name) => `programs/${name}`), 'test/assembler/directives.s'].map((path) =>
      readFileSync(path, 'utf8'),
    );
    const corpus: CorpusContext = { random, codeLabels: ['foo', '1b', '1f'], dataLabels: ['bar', 'foo'] };
    const include = (name: string) => ({
      name,
      text: name.length < 4 ? 'nop\n' : `.include "${name.slice(1)}"\nli a0, 5\n`,
    });
    const incbin = () => Uint8Array.of(1, 2, 3, 4);
    let assembled = 0;
    for (let index = 0; index < SOURCES; index++) {
      const kind = random.below(3);
      const text =
        kind === 0
          ? randomTokens(random)
          : kind === 1
            ? mutated(random, random.pick(sources))
            : mutated(random, Array.from({ length: 20 }, () => corpusLine(corpus, random.u32())).join('\n'));
      const source = { name: 'fuzz.s', text: `_start:\n${text}\n` };
      try {
        const result = assembleExecutable([source], { include, incbin });
        const object = assembleObject(source, { include, incbin });
        if (result.ok) {
          assembled++;
          expect(readElf(result.elf).ok).toBe(true);
        } else {
          expect(formatDiagnostics(result.diagnostics)).toMatch(/^\S+:\d+:\d+: (error|warning): /);
        }
        if (object.ok) expect(readElf(object.elf).ok).toBe(true);
      } catch (error) {
        console.log(JSON.stringify(source.text));
        throw error;
      }
    }
    // Otherwise the sources would be too broken to reach the later stages.
    expect(assembled).toBeGreaterThan(SOURCES / 50);
  });
});
