// Rows as CSV (RFC 4180) and results as JSON; the same results give the same bytes.

import { canonicalJson } from '../configuration.ts';
import type { Result, Row } from '../experiment.ts';

export function renderCsv(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cell = (value: number | string | undefined): string => {
    const text = value === undefined ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return [columns.join(','), ...rows.map((row) => columns.map((name) => cell(row[name])).join(','))]
    .map((line) => `${line}\r\n`)
    .join('');
}

export function renderJson(result: Result, version: string): string {
  return `${canonicalJson({
    experiment: result.experiment.name,
    version,
    preset: result.options.preset,
    changes: result.options.changes,
    rows: result.rows,
    claims: result.verdicts.map(({ claim, verdict }) => ({
      name: claim.name,
      statement: claim.statement,
      holds: verdict.holds,
      evidence: verdict.evidence,
    })),
    points: result.measurements.map(({ point, identifier, values }) => ({ label: point.label, identifier, values })),
  })}\n`;
}
