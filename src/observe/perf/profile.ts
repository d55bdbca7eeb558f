// A sampled profile and the formats that other tools read: collapsed stacks (flamegraph.pl), speedscope, pprof.
// Everything is counted in cycles.

import { gzipSync } from 'node:zlib';
import { ProtobufWriter } from './protobuf.ts';

/** Where cycles went: [command, object, symbol], or in ring 0 [command, "[kernel]", system call, routine]. */
export interface Sample {
  readonly stack: readonly string[];
  cycles: number;
  samples: number;
}

export class Profile {
  readonly #samples = new Map<string, Sample>();

  add(stack: readonly string[], cycles: number, samples = 1): void {
    const key = stack.join(';');
    const sample = this.#samples.get(key);
    if (sample === undefined) this.#samples.set(key, { stack: [...stack], cycles, samples });
    else {
      sample.cycles += cycles;
      sample.samples += samples;
    }
  }

  /** Hottest first; ties by name, so that the order is the same everywhere. */
  get samples(): readonly Sample[] {
    return [...this.#samples.values()].sort(
      (a, b) => b.cycles - a.cycles || (a.stack.join(';') < b.stack.join(';') ? -1 : 1),
    );
  }

  get totalCycles(): number {
    let total = 0;
    for (const sample of this.#samples.values()) total += sample.cycles;
    return total;
  }
}

/** Reads what `collapsed` wrote, or another tool in its format. Throws Error that names the line. */
export function parseCollapsed(text: string): Profile {
  const profile = new Profile();
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const match = /^(.+) (\d+)$/.exec(line);
    if (match === null)
      throw new Error(`line ${index + 1} is not a collapsed stack: expected frame;frame;frame cycles`);
    profile.add(match[1]!.split(';'), Number(match[2]));
  }
  return profile;
}

/** One line a stack: `frame;frame;frame cycles`. */
export function collapsed(profile: Profile): string {
  return profile.samples
    .map(({ stack, cycles }) => `${stack.map((frame) => frame.replace(/[;\n]/g, ':')).join(';')} ${cycles}\n`)
    .join('');
}

/** https://www.speedscope.app/file-format-schema.json, a sampled profile. */
export function speedscope(profile: Profile, name: string): string {
  const frames: { name: string }[] = [];
  const indices = new Map<string, number>();
  const index = (frame: string): number => {
    let at = indices.get(frame);
    if (at === undefined) {
      at = frames.length;
      frames.push({ name: frame });
      indices.set(frame, at);
    }
    return at;
  };
  const samples = profile.samples.map(({ stack }) => stack.map(index));
  return `${JSON.stringify({
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    shared: { frames },
    profiles: [
      {
        type: 'sampled',
        name,
        unit: 'none',
        startValue: 0,
        endValue: profile.totalCycles,
        samples,
        weights: profile.samples.map(({ cycles }) => cycles),
      },
    ],
    name,
    exporter: 'cyclix',
  })}\n`;
}

/** pprof's profile.proto (github.com/google/pprof/proto/profile.proto), gzipped: fields by the numbers it gives them. */
export function pprof(profile: Profile, periodCycles: number): Uint8Array {
  const strings = [''];
  const stringIndices = new Map<string, number>([['', 0]]);
  const intern = (text: string): number => {
    let at = stringIndices.get(text);
    if (at === undefined) {
      at = strings.length;
      strings.push(text);
      stringIndices.set(text, at);
    }
    return at;
  };
  const functions = new Map<string, number>();
  const message = new ProtobufWriter();
  const valueType = (type: string, unit: string): ProtobufWriter =>
    new ProtobufWriter().integer(1, intern(type)).integer(2, intern(unit));
  message.message(1, valueType('samples', 'count')).message(1, valueType('cycles', 'count'));
  const bodies: ProtobufWriter[] = [];
  for (const { stack, cycles, samples } of profile.samples) {
    const locations = stack.map((frame) => {
      let id = functions.get(frame);
      if (id === undefined) {
        id = functions.size + 1;
        functions.set(frame, id);
      }
      return id;
    });
    bodies.push(new ProtobufWriter().packed(1, [...locations].reverse()).packed(2, [samples, cycles]));
  }
  for (const body of bodies) message.message(2, body);
  for (const id of functions.values())
    message.message(4, new ProtobufWriter().integer(1, id).message(4, new ProtobufWriter().integer(1, id)));
  for (const [name, id] of functions)
    message.message(5, new ProtobufWriter().integer(1, id).integer(2, intern(name)).integer(3, intern(name)));
  const periodType = valueType('cycles', 'count');
  for (const text of strings) message.text(6, text);
  message.message(11, periodType).integer(12, periodCycles);
  return gzipSync(message.bytes());
}
