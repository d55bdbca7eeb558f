// Writes docs/cost.md: the parts of the kernel's cost model and their values, from src/kernel/cost/routines/. With --check: fails if
// the page is not up to date.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, 'src/kernel/cost/routines');
const path = join(root, 'docs/cost.md');

const introduction = `# What ring-0 work costs

The kernel's policy is TypeScript and runs in no simulated time by itself. What it does is charged, in three ways and no other
(\`src/kernel/cost/cost.ts\`), all through the machine's caches and TLBs:

- \`execute(routine, units)\`: the routine has a place and a size in kernel text; its lines go through the ITLB and L1I, and
  \`units × instructions\` are retired in ring 0;
- \`touch(address, bytes, access)\`: kernel objects have guest addresses and Linux's slab sizes (\`src/kernel/memory/slabs.ts\`); their
  lines go through the DTLB and L1D;
- \`copy\`, \`zero\`, \`copyToUser\`, \`copyFromUser\`: bytes move in guest RAM, line by line.

Entry, exit and the switch of address spaces are not in this model: they are instructions of \`src/kernel/entry.s\` that the machine
executes. The instruction counts below were fitted to what Linux 6.12 (riscv64) executes for 65 operations
(\`bench/calibration/linux-6.12-riscv64-instructions.csv\`): an operation is the sum of the parts it runs through, so operations that
are not in that table come out of the same parts. \`npm run bench:kernel\` prints Linux, Cyclix and the error for each row; the gate
fails above a mean of 5 % or a row of 12 %. **Cycles are nowhere put in**: they come from the pipeline, caches and TLBs of the preset.

Text that a unit runs through is ${'`textBytes`'} where it is given (loops run the same lines again), else two bytes an instruction.
`;

/** The comment that opens a file, and each part with the comment lines before it. */
function parse(name) {
  const lines = readFileSync(join(folder, name), 'utf8').split('\n');
  const opening = [];
  let index = 0;
  for (; lines[index]?.startsWith('//'); index++) opening.push(lines[index].replace(/^\/\/ ?/, ''));
  const parts = [];
  let note = [];
  for (; index < lines.length; index++) {
    const line = lines[index].trim();
    const comment = /^(?:\/\/|\/\*\*|\*)\s*(.*?)\s*(?:\*\/)?$/.exec(line);
    const plain = /^(\w+): ([\d_./ *+-]+),(?:\s*\/\/ (.*))?$/.exec(line);
    const object = /^(\w+): \{ instructions: ([^,}]+?)(?:, textBytes: ([^,}]+?))? \},(?:\s*\/\/ (.*))?$/.exec(line);
    if (comment !== null) note.push(comment[1]);
    else if (plain !== null || object !== null) {
      const [, part, instructions, third, fourth] = plain ?? object;
      const textBytes = plain === null ? third : undefined;
      const trailing = plain === null ? fourth : third;
      parts.push({ part, instructions, textBytes, note: [...note, trailing ?? ''].join(' ').trim() });
      note = [];
    } else if (line === '' || line.endsWith('({')) note = [];
  }
  return { opening: opening.join(' '), parts };
}

const sections = readdirSync(folder)
  .filter((name) => name.endsWith('.ts'))
  .sort()
  .map((name) => {
    const { opening, parts } = parse(name);
    const rows = parts.map(
      ({ part, instructions, textBytes, note }) => `| ${part} | ${instructions} | ${textBytes ?? ''} | ${note} |`,
    );
    return `## ${name.replace('.ts', '')}\n\n${opening}\n\n| part | instructions a unit | text bytes | |\n| --- | ---: | ---: | --- |\n${rows.join('\n')}\n`;
  });
const page = [introduction, ...sections].join('\n');
if (process.argv.includes('--check')) {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== page) {
    process.stderr.write('docs/cost.md is not up to date: npm run docs:cost\n');
    process.exit(1);
  }
} else writeFileSync(path, page);
