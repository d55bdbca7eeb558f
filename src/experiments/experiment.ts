// What an experiment is: a question, a set of points, a table made of what the points measured, plots, and claims that can fail.
//
//   points(options)            what to run: each a pure function of (program, configuration, version)
//   rows(measurements)         the table: one row a point, numbers only from measurements
//   plots(rows)                which columns to draw
//   claims                     statements of the literature, checked against the rows by code that can say no
//
// A user adds an experiment in one file of this shape and names it in registry.ts (docs/experiments.md shows how).

import type { PresetChanges } from './configuration.ts';
import type { LoadSpecification } from './load.ts';

/** One run of one program on one machine. Plain data: it crosses to a worker thread and is hashed into an identifier. */
export interface Point {
  /** A name for people, unique in the experiment: "A=16384 S=64 processes". */
  readonly label: string;
  /** A program of programs/, without .s. */
  readonly program: string;
  readonly arguments: readonly string[];
  readonly machine: MachineConfiguration;
  /** The load generator's part, for servers. */
  readonly load?: LoadSpecification;
  /** What the experiment needs again when it builds its rows; not part of the run. */
  readonly factors: Readonly<Record<string, number | string>>;
}

export interface MachineConfiguration {
  readonly preset: string;
  /** `l1d.sizeBytes` → `32KiB`, on top of the preset. */
  readonly changes: PresetChanges;
  readonly hz?: number;
  readonly quantumMicroseconds?: number;
  readonly kpti?: boolean;
  readonly memoryBytes?: number;
  readonly maxCycles?: number;
}

/** What a point measured: every `name value` line that the program printed, and the machine's counters over the run. */
export interface Measurement {
  readonly point: Point;
  /** Stable: a hash of program, configuration and version. */
  readonly identifier: string;
  readonly values: Readonly<Record<string, number>>;
  readonly counters: Readonly<Record<string, number>>;
}

export type Row = Readonly<Record<string, number | string>>;

export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xScale?: 'linear' | 'log2' | 'log10';
  readonly yScale?: 'linear' | 'log10';
  /** One line for each value of this column (or of several, joined). */
  readonly series: string | readonly string[];
  readonly rows: readonly Row[];
  /** Vertical marks, e.g. cache sizes. */
  readonly marks?: readonly { readonly x: number; readonly label: string }[];
}

export interface Verdict {
  /** null: the rows that the claim needs were not measured with these options. */
  readonly holds: boolean | null;
  /** The numbers behind it, in one or two sentences. */
  readonly evidence: string;
}

export interface Claim {
  readonly name: string;
  /** The statement, as the literature makes it. */
  readonly statement: string;
  readonly source: string;
  /** What counts as true, in words, with the number. */
  readonly tolerance: string;
  check(rows: readonly Row[], options: ExperimentOptions): Verdict;
}

export interface ExperimentOptions {
  readonly preset: string;
  readonly changes: PresetChanges;
  /** Fewer points, for a first look. */
  readonly quick: boolean;
  /** At most this many values of the main factor. */
  readonly points?: number;
}

export interface Experiment {
  readonly name: string;
  readonly title: string;
  readonly question: string;
  /** How it is measured, in a few sentences. */
  readonly method: string;
  readonly references: readonly string[];
  points(options: ExperimentOptions): Point[];
  rows(measurements: readonly Measurement[]): Row[];
  plots(rows: readonly Row[], options: ExperimentOptions): Plot[];
  readonly claims: readonly Claim[];
}

export interface Result {
  readonly experiment: Experiment;
  readonly options: ExperimentOptions;
  readonly measurements: readonly Measurement[];
  readonly rows: readonly Row[];
  readonly verdicts: readonly { readonly claim: Claim; readonly verdict: Verdict }[];
}
