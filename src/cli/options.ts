// The options that every command which runs a program shares, and how their values are read.

import type { Command } from 'commander';
import { UsageError } from './fail.ts';

export interface MachineFlags {
  preset: string;
  set: string[];
  memory: number;
  maxCycles?: number;
  hz?: number;
  seed: number;
  root?: string;
  file: FileMapping[];
  env: string[];
  kpti?: boolean;
}

export interface ProgramFlags extends MachineFlags {
  cwd: string;
  with: string[];
  publish: PortMapping[];
  pcap?: string;
}

export interface FileMapping {
  readonly host: string;
  readonly guest: string;
}

export interface PortMapping {
  readonly host: number;
  readonly guest: number;
}

/** `256M`, `1GiB`, `65536` → bytes. */
export function parseSize(text: string): number {
  const match = /^(\d+)\s*([KMG])?(i?B)?$/i.exec(text);
  if (match === null) throw new UsageError(`invalid size '${text}': expected a number with K, M or G, as in 256M`);
  const unit = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[(match[2] ?? '').toUpperCase()] ?? 1;
  return Number(match[1]) * unit;
}

/** What the kernel needs to boot, and what the machine can have. */
const leastMemory = 8 * 2 ** 20;
const mostMemory = 2 * 2 ** 30;

function parseMemory(text: string): number {
  const bytes = parseSize(text);
  if (bytes < leastMemory || bytes > mostMemory || bytes % 4096 !== 0)
    throw new UsageError(`invalid --memory '${text}': expected whole pages of 4 KiB, from 8M to 2G`);
  return bytes;
}

export function parseCount(name: string, least = 0): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+(?:\.\d+)?(e\d+)?$/i.test(text) || !Number.isSafeInteger(value) || value < least)
      throw new UsageError(
        `invalid ${name} '${text}': expected a whole number${least > 0 ? `, at least ${least}` : ''}`,
      );
    return value;
  };
}

function parseFileMapping(text: string, previous: FileMapping[]): FileMapping[] {
  const at = text.lastIndexOf(':');
  if (at <= 0 || !text.slice(at + 1).startsWith('/'))
    throw new UsageError(
      `invalid --file '${text}': expected HOST:GUEST with an absolute guest path, as in notes.txt:/tmp/notes.txt`,
    );
  return [...previous, { host: text.slice(0, at), guest: text.slice(at + 1) }];
}

function parsePortMapping(text: string, previous: PortMapping[]): PortMapping[] {
  const match = /^(\d+):(\d+)$/.exec(text);
  const ports = match === null ? [] : [Number(match[1]), Number(match[2])];
  if (ports.length !== 2 || ports.some((port) => port > 65_535))
    throw new UsageError(`invalid --publish '${text}': expected HOST:GUEST ports, as in 8080:80`);
  return [...previous, { host: ports[0]!, guest: ports[1]! }];
}

function parseEnvironment(text: string, previous: string[]): string[] {
  if (!/^[^=]+=/.test(text)) throw new UsageError(`invalid --env '${text}': expected NAME=VALUE`);
  return [...previous, text];
}

const collect = (text: string, previous: string[]): string[] => [...previous, text];

/** Adds the options of the machine and its files to a command. */
export function addMachineOptions(command: Command): Command {
  return command
    .option('--preset <NAME|FILE.json>', 'machine preset: rocket, c906, u74, ideal or a JSON file', 'rocket')
    .option(
      '--set <PARAMETER=VALUE>',
      'change one parameter of the preset, as in l1d.sizeBytes=32KiB (repeatable)',
      collect,
      [],
    )
    .option('--memory <SIZE>', 'guest RAM', parseMemory, 256 * 2 ** 20)
    .option('--max-cycles <N>', 'stop the machine after N cycles (exit status 124)', parseCount('--max-cycles'))
    .option('--hz <N>', 'timer ticks a second', parseCount('--hz', 1))
    .option('--seed <N>', 'seed of what is random in the guest', parseCount('--seed'), 1)
    .option('--kpti', 'a second page table at each trap, as kernel page-table isolation has')
    .option('--root <DIR>', "put a host folder's contents into the root file system")
    .option('--file <HOST:GUEST>', 'put one host file into the guest (repeatable)', parseFileMapping, [])
    .option('--env <NAME=VALUE>', "add to the program's environment (repeatable)", parseEnvironment, []);
}

/** And those of a program that is run. Ours stand before FILE, all after it is the guest's. */
export function addProgramOptions(command: Command): Command {
  return addMachineOptions(command)
    .option('--cwd <DIR>', "the program's working directory", '/')
    .option('--with <FILE.s>', 'assemble and link another source with FILE (repeatable)', collect, [])
    .option(
      '--publish <HOST:GUEST>',
      'forward a TCP port of the host (loopback) to the guest (repeatable)',
      parsePortMapping,
      [],
    )
    .option('--pcap <FILE>', "write every packet on the guest's wire and loopback to FILE (pcapng)")
    .passThroughOptions();
}
