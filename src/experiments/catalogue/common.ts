// What several experiments share: a preset's cache sizes, ablated machines, row helpers.

import type { Preset } from '../../machine/preset.ts';
import { resolvePreset } from '../../system/machine-configuration.ts';
import type { ExperimentOptions, MachineConfiguration, Row, Verdict } from '../experiment.ts';

/** The machine of the options, with further changes. */
export function machine(
  options: ExperimentOptions,
  changes: Readonly<Record<string, string>> = {},
  rest: Partial<MachineConfiguration> = {},
): MachineConfiguration {
  return { preset: options.preset, changes: { ...options.changes, ...changes }, ...rest };
}

/** The options' preset, resolved. */
export function presetOf(options: ExperimentOptions): Preset {
  return resolvePreset({ preset: options.preset, changes: options.changes });
}

/** A machine without the memory hierarchy: every instruction one cycle, no caches, no TLB. */
export function idealMachine(rest: Partial<MachineConfiguration> = {}): MachineConfiguration {
  return { preset: 'ideal', changes: {}, ...rest };
}

/** At most `points` values spread over a list, its first and last among them. */
export function thin<T>(values: readonly T[], points: number | undefined): T[] {
  if (points === undefined || points >= values.length) return [...values];
  if (points <= 1) return values.slice(0, 1);
  return Array.from({ length: points }, (_, i) => values[Math.round((i * (values.length - 1)) / (points - 1))]!);
}

export function bytesLabel(bytes: number): string {
  return bytes % 1024 === 0 && bytes > 0 ? `${bytes / 1024}Ki` : String(bytes);
}

/** `12345.6` → `12,346`: numbers in evidence. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}

export function where(rows: readonly Row[], match: Readonly<Record<string, number | string>>): Row[] {
  return rows.filter((row) => Object.entries(match).every(([key, value]) => row[key] === value));
}

export function numberOf(row: Row | undefined, column: string): number {
  return row === undefined ? Number.NaN : Number(row[column]);
}

/** No verdict: the rows that the claim needs are not there. */
export function missing(what: string): Verdict {
  return { holds: null, evidence: `Not evaluated: ${what} was not measured with these options.` };
}
