import { describe, expect, test } from 'vitest';
import { type AssembleOptions, assembleExecutable, formatDiagnostics } from '../../src/assembler/assemble.ts';

function diagnose(text: string, options: AssembleOptions = {}): string {
  const result = assembleExecutable([{ name: 'bad.s', text }], options);
  return result.ok ? '' : formatDiagnostics(result.diagnostics);
}

/** Where the first error stands and what it says, for one line of source. */
function firstError(line: string): string {
  const result = assembleExecutable([{ name: 'bad.s', text: `.globl _start\n_start:\n${line}\n` }]);
  if (result.ok) return 'no error';
  const { line: at, column, message } = result.diagnostics[0]!;
  return `${at}:${column}: ${message}`;
}

describe('errors of a source', () => {
  test('come with file, line, column, the line and a caret, and all of them', () => {
    const text = `        .globl _start
_start: addi    a0, a1
        addi    a0, a1, 5000
        frobnicate a0
        j       nowhere
        li      a0, 1
        .wurd   5
`;
    expect(diagnose(text)).toBe(`bad.s:2:23: error: too few operands: expected \`addi rd, rs1, imm\`
    _start: addi    a0, a1
                          ^
bad.s:3:25: error: immediate 5000 does not fit: expected a value from -2048 to 2047
            addi    a0, a1, 5000
                            ^
bad.s:4:9: error: unknown instruction \`frobnicate\`; expected a mnemonic, a macro or a label followed by \`:\`
            frobnicate a0
            ^
bad.s:7:9: error: unknown directive \`.wurd\`
            .wurd   5
            ^
`);
  });

  test('undefined symbols are reported where they are used, and after the sources are right', () => {
    expect(diagnose('        .globl _start\n_start: call    nowhere\n        ld a0, nothing\n')).toBe(
      `bad.s:2:17: error: undefined symbol \`nowhere\`; expected a definition in one of the sources
    _start: call    nowhere
                    ^
bad.s:3:16: error: undefined symbol \`nothing\`; expected a definition in one of the sources
            ld a0, nothing
                   ^
`,
    );
  });

  test('inside a macro point into its body and name the call', () => {
    const text = `        .globl _start
        .macro  twice reg
        add     \\reg, \\reg
        .endm
_start: twice   a0
`;
    expect(
      diagnose(text),
    ).toBe(`bad.s:3:23: error: too few operands: expected \`add rd, rs1, rs2\` or \`add rd, rs1, imm\` or \`add rd, rs1, rs2, %tprel_add\`
            add     a0, a0
                          ^
    in macro \`twice\`, called from bad.s:5
`);
  });

  test('in included files name them', () => {
    const include = (name: string) => ({ name, text: 'add a0, a0\n' });
    expect(diagnose('        .globl _start\n_start:\n        .include "other.s"\n', { include })).toContain(
      'other.s:1:11: error: too few operands',
    );
  });

  test.each([
    ['addi a0, fa0, 1', '3:10: operand 2 of `addi`: expected an integer register (`addi rd, rs1, imm`)'],
    ['add a0, a0, a9', '3:13: expected a constant; `a9` is an address or undefined'],
    ['lw a0, 5000(a1)', '3:8: immediate 5000 does not fit: expected a value from -2048 to 2047'],
    ['sw a0, 4(fa1)', '3:10: expected an integer register in the brackets, found `fa1`'],
    ['slli a0, a0, 64', '3:14: shift amount 64 does not fit: expected a value from 0 to 63'],
    ['lui a0, 0x100000', '3:9: upper immediate 1048576 does not fit: expected a value from 0 to 0xfffff'],
    ['csrr a0, nonsense', '3:10: operand 2 of `csrr`: expected a CSR name or a number from 0 to 4095 (`csrr rd, csr`)'],
    [
      'fadd.s fa0, fa1, fa2, up',
      '3:23: operand 4 of `fadd.s`: expected a rounding mode (rne, rtz, rdn, rup, rmm, dyn) (`fadd.s frd, frs1, frs2` or `fadd.s frd, frs1, frs2, rm`)',
    ],
    ['c.lw a0, 3(a1)', '3:10: immediate 3 does not fit: expected a multiple of 4 from 0 to 124'],
    [
      'c.lw t0, 4(a1)',
      "3:6: operand 1 of `c.lw`: expected an integer register from x8 to x15 (s0, s1, a0 to a5) (`c.lw rd', offset(rs1')`)",
    ],
    ['li a0, 0x1ffffffffffffffff', '3:8: 0x1ffffffffffffffff does not fit in 64 bits'],
    ['li a0, 12x', '3:8: `12x` is not a number; expected decimal, 0x…, 0b… or octal 0… digits'],
    ['li a0, 1 +', '3:11: expected a number, a symbol or an expression, found the end of the line'],
    ['li a0, (1 + 2', '3:14: expected `)` after the expression in brackets, found the end of the line'],
    ['li a0, 5 / 0', '3:10: division by zero'],
    ['li a0, _start', '3:8: li needs a constant that is known here; expected a number, or `la` for an address'],
    ['j 1b', '3:3: there is no label `1:` before this line'],
    ['j 1f', '3:1: there is no label `1:` after this line'],
    ['_start: nop', '3:1: `_start` is already defined (first at bad.s:2)'],
    ['.asciz "abc', '3:8: this string has no closing quote'],
    ['.byte 256', '3:7: value 256 does not fit: expected -128 to 255'],
    ['.align 40', '3:8: alignment 40 is out of range: expected 0 to 16'],
    ['.balign 3', '3:9: alignment 3 is not a power of two'],
    ['.if 1', '3:1: this `.if` has no `.endif`'],
    ['.endif', '3:1: `.endif` without `.if`'],
    ['.macro m', '3:1: this `.macro` has no `.endm`'],
    ['.rept 3', '3:1: this `.rept` has no `.endr`'],
    ['.include "missing.s"', '3:10: cannot find the file `missing.s` to include'],
    ['.section .x, "q"', '3:14: unknown section flag `q`; expected some of a w x M S G T'],
    ['.option frob', '3:9: unknown option `frob`; expected push, pop, rvc, norvc, relax, norelax, pic, nopic or arch'],
    [
      'lw a0, %what(_start)(a1)',
      '3:8: unknown relocation operator `%what`; expected one of %hi, %lo, %pcrel_hi, %pcrel_lo, %got_pcrel_hi, %tprel_hi, %tprel_lo, %tprel_add',
    ],
    ['a = b\nb = a\n.word a', '5:7: `b` is defined in terms of itself'],
    ['.option norvc\nc.nop', '4:1: `c.nop` is a compressed instruction: expected `.option rvc` before it'],
    ['.bss\n.word 1', '4:7: section .bss has no contents: expected only zeros'],
    ['.org 8\nnop\n.org 4', '5:6: cannot move backwards, from offset 10 to 4'],
  ])('%s', (line, expected) => {
    expect(firstError(line)).toBe(expected);
  });

  test('an instruction of an extension that is off', () => {
    expect(diagnose('.globl _start\n_start: fadd.d fa0, fa1, fa2\n', { march: 'rv64imac' })).toContain(
      '`fadd.d` needs the extension D, which is not in the architecture in use',
    );
  });

  test('a missing entry point', () => {
    expect(diagnose('start: nop\n')).toContain('no entry point: expected a label `_start` in one of the sources');
  });

  test('symbols defined in two sources', () => {
    const source = '.globl _start\n_start: nop\n';
    const result = assembleExecutable([
      { name: 'a.s', text: source },
      { name: 'b.s', text: source },
    ]);
    expect(result.ok ? '' : formatDiagnostics(result.diagnostics)).toContain(
      'b.s:2:1: error: `_start` is already defined in a.s',
    );
  });

  test('a jump out of reach', () => {
    const text = '.globl _start\n_start: jal far\n.space 0x200000\nfar: nop\n';
    expect(diagnose(text)).toContain('bad.s:2:13: error: `far` is out of reach');
  });
});

describe('limits end in an error, not in a hang', () => {
  test.each([
    ['a macro that calls itself', '.macro m\nm\n.endm\nm\n', 'macros are nested more than 256 deep'],
    ['a file that includes itself', '.include "self"\n', 'nested more than 256 deep'],
    ['huge repetitions', '.rept 1000000000\nnop\n.endr\n', 'expand to more than 16 MiB'],
    ['nested repetitions', '.rept 10000\n.rept 10000\n.byte 1\n.endr\n.endr\n', /more than|expand to/],
    ['huge repetitions of nothing', '.rept 1000000000\n.endr\n', 'no entry point'],
    ['huge space', '.space 0x100000000000\n', 'cannot reserve'],
    ['huge .bss', '.bss\n.space 0x100000000000\n', 'cannot reserve'],
    ['huge fill', '.fill 0x7fffffffffff, 8, 1\n', 'cannot fill'],
    ['a far .org', '.org 0x7fffffffffffff\n', 'larger than 256 MiB'],
    ['deep brackets', `.byte ${'('.repeat(100_000)}1\n`, 'nested more than 200 deep'],
    ['long sums', `.byte ${'x+'.repeat(100_000)}1\n`, 'more than 1000 operators'],
    [
      'doubling definitions',
      `${Array.from({ length: 60 }, (_, i) => `s${i} = (s${i + 1} & 1) + (s${i + 1} & 1)\n`).join('')}s60 = 1\n.word s0\n`,
      'too complex',
    ],
  ])('%s', (_, text, message) => {
    const include = (name: string) => ({ name, text: '.include "self"\n' });
    expect(diagnose(text, { include })).toMatch(message);
  });
});
