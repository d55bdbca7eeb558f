// docs/compatibility.md as the system call table says it: one line for each number of Linux's.

import { syscallNames } from './names.ts';
import { SYSCALL_LIMIT, syscallRow } from './table.ts';

type Level = 'full' | 'partial' | 'none';

interface Entry {
  readonly number: number;
  readonly name: string;
  readonly level: Level;
  readonly missing: string;
}

/** What is to be said of a call that the table leaves out. */
const reasons: ReadonlyMap<string, string> = new Map([
  ['rseq', 'ENOSYS, which C libraries expect; rseq registers nothing here'],
  ['io_setup', 'the old asynchronous I/O'],
]);

function entries(): Entry[] {
  const list: Entry[] = [];
  for (let number = 0; number < SYSCALL_LIMIT; number++) {
    const row = syscallRow(number);
    const name = row?.name ?? syscallNames.get(number);
    if (name === undefined) continue;
    if (row === undefined) list.push({ number, name, level: 'none', missing: reasons.get(name) ?? '' });
    else if (row.support === undefined || row.support === 'full')
      list.push({ number, name, level: 'full', missing: '' });
    else list.push({ number, name, level: 'partial', missing: row.support.partial });
  }
  return list;
}

/** The page, as Markdown. */
export function compatibilityPage(): string {
  const list = entries();
  const count = (level: Level): number => list.filter((entry) => entry.level === level).length;
  const lines = list.map(
    ({ number, name, level, missing }) => `| ${number} | \`${name}\` | ${level} | ${missing.replaceAll('|', '\\|')} |`,
  );
  return `# System calls

Generated from the system call table by \`npm run docs:compatibility\`; do not edit. Numbers are Linux's for riscv64
(asm-generic), ${SYSCALL_LIMIT - 1} being the last of Linux 6.12. A number that is not in the list is not assigned.
A call that this kernel does not have returns ENOSYS.

${count('full')} full, ${count('partial')} partial, ${count('none')} none.

| number | name | support | missing |
| ---: | --- | --- | --- |
${lines.join('\n')}
`;
}
