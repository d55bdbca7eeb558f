// Runs the built command as a user does: its own process, its own streams.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
export const isBuilt =
  existsSync(main) && existsSync(fileURLToPath(new URL('../../build/machine.wasm', import.meta.url)));

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Paths are relative to the project's folder; `cwd` for commands that write beside themselves. */
export function cyclix(args: readonly string[], options: { input?: string; cwd?: string } = {}): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: options.cwd ?? root,
    input: options.input ?? '',
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}
