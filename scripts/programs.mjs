// Assembles every program of programs/ with our own assembler into build/programs/, the guest's /bin.
import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assembleFiles } from '../dist/cli/assemble-files.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
const output = 'build/programs';
mkdirSync(output, { recursive: true });
const sources = ['programs', 'programs/bench'].flatMap((directory) => list(directory));
for (const name of readdirSync(output))
  if (!sources.some((source) => basename(source, '.s') === name)) rmSync(join(output, name));
for (const source of sources) {
  try {
    writeFileSync(join(output, basename(source, '.s')), assembleFiles([source]), { mode: 0o755 });
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
if (process.exitCode === undefined) utimesSync(output, new Date(), new Date());

function list(directory) {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.s'))
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}
