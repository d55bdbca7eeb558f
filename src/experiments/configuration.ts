// Changes of a preset's parameters (`--set l1d.sizeBytes=32KiB`) and the stable identifier of a point.

import { createHash } from 'node:crypto';
import { PresetError } from '../machine/preset.ts';

export type PresetChanges = Readonly<Record<string, string>>;

export function parseChanges(settings: readonly string[]): PresetChanges {
  const changes: Record<string, string> = {};
  for (const setting of settings) {
    const at = setting.indexOf('=');
    if (at <= 0)
      throw new PresetError(`invalid --set '${setting}': expected PARAMETER=VALUE, as in l1d.sizeBytes=32KiB`);
    changes[setting.slice(0, at)] = setting.slice(at + 1);
  }
  return changes;
}

/** JSON with sorted keys: the same data gives the same bytes. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** The identifier of a run: what goes in decides it, so equal identifiers mean equal results. */
export function pointIdentifier(parts: {
  readonly image: Uint8Array;
  readonly configuration: unknown;
  readonly version: string;
}): string {
  const hash = createHash('sha256');
  hash.update(parts.version).update('\0').update(parts.image).update('\0').update(canonicalJson(parts.configuration));
  return hash.digest('hex').slice(0, 16);
}
