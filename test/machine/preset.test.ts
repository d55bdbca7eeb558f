import { describe, expect, it } from 'vitest';
import {
  listPresets,
  loadPreset,
  PresetError,
  resolvedParameters,
  setParameter,
  validate,
} from '../../src/machine/preset.ts';

describe('presets', () => {
  it('the shipped ones are valid and have their own names', () => {
    expect(listPresets().map((preset) => preset.name)).toEqual(['rocket', 'c906', 'u74', 'ideal']);
    for (const preset of listPresets()) validate(preset);
  });

  it('a loaded preset is a copy', () => {
    loadPreset('rocket').dram.latencyCycles = 1;
    expect(loadPreset('rocket').dram.latencyCycles).toBe(60);
  });

  it('JSON gives only what differs from the preset that it extends', () => {
    const preset = loadPreset(
      '{"extends": "c906", "name": "mine", "l1d": {"sizeBytes": 65536}, "l2": {"sizeBytes": 1048576}}',
    );
    expect([preset.name, preset.l1d.sizeBytes, preset.l2?.ways, preset.asidBits]).toEqual(['mine', 65536, 8, 16]);
  });

  it.each([
    ['pentium', "no preset is named 'pentium' (there are rocket, c906, u74, ideal)"],
    ['{"l1d"', 'preset is not valid JSON'],
    ['{"l1x": {}}', 'l1x: no such parameter'],
    ['{"l1d": 5}', 'l1d: expected an object, found 5'],
    ['{"l1d": {"ways": "4"}}', 'l1d.ways: expected a number, found "4"'],
    ['{"l1d": {"sizeBytes": 20000}}', 'l1d.sizeBytes: expected a power of two of sets'],
    ['{"branch": {"bhtEntries": 100}}', 'branch.bhtEntries: expected a power of two'],
    ['{"dram": {"latencyCycles": -1}}', 'dram.latencyCycles: expected an integer between 0'],
  ])('%s is refused', (text, message) => {
    expect(() => loadPreset(text)).toThrowError(PresetError);
    expect(() => loadPreset(text)).toThrowError(message);
  });

  it.each([
    ['l1d.size=32KiB', 'l1d.sizeBytes', 32768],
    ['clock=1.5GHz', 'clockHz', 1_500_000_000],
    ['dram.latency=30', 'dram.latencyCycles', 30],
    ['timing=false', 'timing', false],
    ['l2.size=1MiB', 'l2.sizeBytes', 1048576],
  ])('--set %s', (assignment, name, value) => {
    const parameters = resolvedParameters(setParameter(loadPreset('rocket'), assignment));
    expect(parameters.find((parameter) => parameter.name === name)?.value).toBe(value);
  });

  it.each([
    ['l1d.size', "'l1d.size': expected name=value"],
    ['l1d.colour=blue', 'l1d.colour: no such parameter'],
    ['l1d.size=big', "l1d.sizeBytes: expected a number, found 'big'"],
    ['l1d=4', 'l1d: is a group of parameters'],
    ['timing=perhaps', "timing: expected true or false, found 'perhaps'"],
  ])('--set %s is refused', (assignment, message) => {
    expect(() => setParameter(loadPreset('rocket'), assignment)).toThrowError(message);
  });
});
