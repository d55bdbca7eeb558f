// A point's identifier: stable, and different when anything that decides the result differs.

import { describe, expect, test } from 'vitest';
import { canonicalJson, parseChanges, pointIdentifier } from '../../src/experiments/configuration.ts';
import type { Point } from '../../src/experiments/experiment.ts';
import { measurePoint, parseValues } from '../../src/experiments/measure.ts';
import { runExperiment } from '../../src/experiments/run.ts';
import { resolvePreset } from '../../src/system/machine-configuration.ts';

const base = { image: new Uint8Array([1, 2, 3]), configuration: { a: 1, b: { c: [1, 2] } }, version: '1' };

test('equal parts give equal identifiers, whatever the order of keys', () => {
  expect(pointIdentifier({ ...base, configuration: { b: { c: [1, 2] }, a: 1 } })).toBe(pointIdentifier(base));
  expect(pointIdentifier({ ...base, configuration: { ...base.configuration, none: undefined } })).toBe(
    pointIdentifier(base),
  );
  expect(pointIdentifier(base)).toMatch(/^[0-9a-f]{16}$/);
});

test('a byte of the program, a parameter, the order of a list or the version changes it', () => {
  const others = [
    { ...base, image: new Uint8Array([1, 2, 4]) },
    { ...base, configuration: { a: 2, b: { c: [1, 2] } } },
    { ...base, configuration: { a: 1, b: { c: [2, 1] } } },
    { ...base, configuration: { a: '1', b: { c: [1, 2] } } },
    { ...base, version: '2' },
  ].map(pointIdentifier);
  expect(new Set([pointIdentifier(base), ...others]).size).toBe(others.length + 1);
});

test('canonical JSON sorts keys at every level and keeps lists', () => {
  expect(canonicalJson({ b: [3, { z: 1, y: null }], a: 'x' })).toBe('{"a":"x","b":[3,{"y":null,"z":1}]}');
});

describe('a measured point', () => {
  const point: Point = {
    label: 'small',
    program: 'syscall_cost',
    arguments: ['-n', '5', 'null'],
    machine: { preset: 'rocket', changes: {} },
    factors: {},
  };
  const machine = (changes: Partial<Point['machine']>): Point => ({
    ...point,
    machine: { ...point.machine, ...changes },
  });

  test('is a pure function of program, configuration and version', async () => {
    const [first, second] = [await measurePoint(point, '1'), await measurePoint(point, '1')];
    expect(second).toEqual(first);
    expect(first.values['cycles_per_call']).toBeGreaterThan(0);
  });

  test('has another identifier for each thing that decides the run, and none for names', async () => {
    const identify = async (one: Point, version = '1'): Promise<string> =>
      (await measurePoint(one, version)).identifier;
    const reference = await identify(point);
    expect(await identify({ ...point, label: 'another', factors: { n: 1 } })).toBe(reference);
    const others = [
      await identify(point, '2'),
      await identify({ ...point, arguments: ['-n', '6', 'null'] }),
      await identify(machine({ preset: 'u74' })),
      await identify(machine({ changes: { 'l1d.sizeBytes': '32KiB' } })),
      await identify(machine({ hz: 1000 })),
      await identify(machine({ quantumMicroseconds: 500 })),
      await identify(machine({ kpti: true })),
      await identify(machine({ memoryBytes: 2 ** 27 })),
    ];
    expect(new Set([reference, ...others]).size).toBe(others.length + 1);
  });

  test('a change to the preset’s own value is no change', async () => {
    const { identifier } = await measurePoint(machine({ changes: { 'l1d.sizeBytes': '16KiB' } }), '1');
    expect(identifier).toBe((await measurePoint(point, '1')).identifier);
  });

  test('a program that fails says so', async () => {
    await expect(measurePoint({ ...point, arguments: ['nonsense'] }, '1')).rejects.toThrow(/exit status 1/);
    await expect(measurePoint({ ...point, program: 'nonsense' }, '1')).rejects.toThrow(/nonsense/);
  });
});

test('changes are PARAMETER=VALUE; the last one wins', () => {
  expect(parseChanges(['l1d.ways=2', 'l1d.ways=4', 'name=a=b'])).toEqual({ 'l1d.ways': '4', name: 'a=b' });
  expect(() => parseChanges(['l1d.ways'])).toThrow(/expected PARAMETER=VALUE/);
  expect(() => parseChanges(['=4'])).toThrow(/expected PARAMETER=VALUE/);
});

test('changes reach the preset, and wrong ones are named', () => {
  const resolved = resolvePreset({ preset: 'rocket', changes: { 'l1d.sizeBytes': '32KiB', 'dtlb.entries': '16' } });
  expect(resolved.l1d.sizeBytes).toBe(32768);
  expect(resolved.dtlb.entries).toBe(16);
  expect(() => resolvePreset({ preset: 'rocket', changes: { 'l9.sizeBytes': '1' } })).toThrow(/l9/);
  expect(() => resolvePreset({ preset: 'rocket', changes: { 'l1d.sizeBytes': 'much' } })).toThrow(/l1d\.sizeBytes/);
  expect(() => resolvePreset({ preset: 'pentium', changes: {} })).toThrow(/pentium/);
});

test('only lines of the form `name number` are values', () => {
  expect(parseValues('cycles 12.50\nnot a value\nerrors -1\nname: 3\n')).toEqual({ cycles: 12.5, errors: -1 });
});

test('two points of one label are refused', async () => {
  const point: Point = {
    label: 'same',
    program: 'true',
    arguments: [],
    machine: { preset: 'ideal', changes: {} },
    factors: {},
  };
  const experiment = {
    name: 'twice',
    title: '',
    question: '',
    method: '',
    references: [],
    points: () => [point, point],
    rows: () => [],
    plots: () => [],
    claims: [],
  };
  const options = { preset: 'ideal', changes: {}, quick: true };
  await expect(runExperiment(experiment, options, { jobs: 1, version: '1' })).rejects.toThrow(
    /two points of one label/,
  );
});
