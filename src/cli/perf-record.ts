// `cyclix perf record`: samples a run by its cycles and writes the profile.

import { writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { collapsed, Profile, pprof, speedscope } from '../observe/perf/profile.ts';
import { Sampler } from '../observe/perf/sampler.ts';
import { hostErrorText, UsageError } from './fail.ts';
import { writeFully } from './host-streams.ts';
import { addProgramOptions, type ProgramFlags, parseCount } from './options.ts';
import { openSession, runToEnd } from './session.ts';

interface RecordFlags extends ProgramFlags {
  count?: number;
  freq?: number;
  output?: string;
  format: keyof typeof defaultOutputs;
}

const defaultOutputs = {
  collapsed: 'perf.collapsed',
  speedscope: 'perf.speedscope.json',
  pprof: 'perf.pb.gz',
} as const;

/** A prime, so that samples do not keep step with a loop. */
const defaultPeriod = 10_007;

export function recordCommand(): Command {
  const command = new Command('record')
    .description('run a program and sample where its cycles go, ring 0 included')
    .argument('<FILE>', 'program.s, program.c or an executable')
    .argument('[args...]', "the program's arguments")
    .option('-c, --count <PERIOD>', `cycles between two samples (default: ${defaultPeriod})`, parseCount('-c', 1))
    .option('-F, --freq <HZ>', 'samples a second of guest time, instead of -c', parseCount('-F', 1))
    .option('-o, --output <FILE>', `default: ${Object.values(defaultOutputs).join(', ')}, by format`)
    .addOption(
      new Option('--format <FORMAT>', 'collapsed stacks (flamegraph.pl, perf report), speedscope or pprof')
        .choices(Object.keys(defaultOutputs))
        .default('collapsed'),
    );
  return addProgramOptions(command)
    .addHelpText(
      'after',
      '\nExample:\n  cyclix perf record programs/ls.s -la / && cyclix perf report\n  cyclix perf record --format speedscope -c 1009 programs/lat_ctx.s',
    )
    .action(async (file: string, args: string[], flags: RecordFlags) => {
      process.exitCode = await record(file, args, flags);
    });
}

async function record(file: string, args: readonly string[], flags: RecordFlags): Promise<number> {
  if (flags.count !== undefined && flags.freq !== undefined) throw new UsageError('-c and -F exclude each other');
  const output = flags.output ?? defaultOutputs[flags.format];
  save(output, '');
  const session = await openSession(file, args, flags);
  const { kernel, machine } = session.system;
  const period =
    flags.freq === undefined
      ? (flags.count ?? defaultPeriod)
      : Math.max(1, Math.round(machine.preset.clockHz / flags.freq));
  const profile = new Profile();
  const sampler = new Sampler(kernel, profile, period);
  const status = await runToEnd(session, flags);
  sampler.stop();
  save(output, encode(profile, [file, ...args].join(' '), period, flags.format));
  const samples = profile.samples.reduce((sum, sample) => sum + sample.samples, 0);
  writeFully(2, `[ perf record: ${output}: ${samples} samples, one every ${period} cycles ]\n`);
  return status;
}

function encode(profile: Profile, name: string, period: number, format: RecordFlags['format']): string | Uint8Array {
  switch (format) {
    case 'collapsed':
      return collapsed(profile);
    case 'speedscope':
      return speedscope(profile, name);
    case 'pprof':
      return pprof(profile, period);
  }
}

function save(path: string, data: string | Uint8Array): void {
  try {
    writeFileSync(path, data);
  } catch (error) {
    throw new UsageError(`${path}: ${hostErrorText(error)}`);
  }
}
