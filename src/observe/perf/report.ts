// `perf report --stdio`: a profile as one flat table.

import type { Profile } from './profile.ts';
import { kernelObject } from './sampler.ts';

export const reportColumns = {
  comm: 'Command',
  dso: 'Shared Object',
  syscall: 'System Call',
  sym: 'Symbol',
} as const;

export type ReportColumn = keyof typeof reportColumns;

function cell(column: ReportColumn, stack: readonly string[]): string {
  const kernel = stack[1] === kernelObject;
  switch (column) {
    case 'comm':
      return stack[0] ?? '';
    case 'dso':
      return stack[1] ?? '';
    case 'syscall':
      return kernel && stack.length > 3 ? stack[2]! : '';
    case 'sym':
      return `[${kernel ? 'k' : '.'}] ${stack[stack.length - 1] ?? ''}`;
  }
}

/** Rows are what the columns tell apart, hottest first. */
export function formatReport(profile: Profile, columns: readonly ReportColumn[]): string {
  const rows = new Map<string, { cells: readonly string[]; cycles: number }>();
  for (const { stack, cycles } of profile.samples) {
    const cells = columns.map((column) => cell(column, stack));
    const key = cells.join('\0');
    const row = rows.get(key);
    if (row === undefined) rows.set(key, { cells, cycles });
    else row.cycles += cycles;
  }
  const sorted = [...rows.values()].sort(
    (a, b) => b.cycles - a.cycles || (a.cells.join('\0') < b.cells.join('\0') ? -1 : 1),
  );
  const heads = columns.map((column) => reportColumns[column]);
  const widths = heads.map((head, i) => Math.max(head.length, ...sorted.map(({ cells }) => cells[i]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, i) => text.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  const total = profile.totalCycles;
  return [
    "# Samples of event 'cycles'",
    `# Event count (approx.): ${total}`,
    '#',
    `# Overhead  ${line(heads)}`,
    `# ........  ${widths.map((width) => '.'.repeat(width)).join('  ')}`,
    '#',
    ...sorted.map(({ cells, cycles }) => `${`${((100 * cycles) / total).toFixed(2)}%`.padStart(10)}  ${line(cells)}`),
    '',
  ].join('\n');
}
