// From a preset's name and a list of changes to the preset that a machine is built with.

import { readFileSync } from 'node:fs';
import { loadPreset, type Preset, PresetError, setParameter } from '../machine/preset.ts';

export interface PresetChoice {
  /** rocket, c906, u74, ideal, or a path that ends in .json. */
  readonly preset: string;
  /** `l1d.sizeBytes` → `32KiB`. */
  readonly changes: Readonly<Record<string, string>>;
}

/** Throws PresetError that names the file, the parameter and what was expected. */
export function resolvePreset(choice: PresetChoice): Preset {
  let preset = choice.preset.endsWith('.json') ? loadPresetFile(choice.preset) : loadPreset(choice.preset);
  for (const [parameter, value] of Object.entries(choice.changes))
    preset = setParameter(preset, `${parameter}=${value}`);
  return preset;
}

function loadPresetFile(path: string): Preset {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new PresetError(`${path}: No such file or directory`);
  }
  let data: object;
  try {
    data = JSON.parse(text) as object;
  } catch (error) {
    throw new PresetError(`${path}: not JSON: ${(error as Error).message}`);
  }
  try {
    return loadPreset(data);
  } catch (error) {
    throw new PresetError(`${path}: ${(error as Error).message}`);
  }
}
