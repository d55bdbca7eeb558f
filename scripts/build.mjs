// Builds everything: dist/ (TypeScript), assembly/generated/ (from the instruction table), build/*.wasm.
// A step is skipped when its output is newer than every input.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
mkdirSync('build', { recursive: true });
mkdirSync('assembly/generated', { recursive: true });

function newest(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function step(title, inputs, output, command, args) {
  if (existsSync(output) && newest(output) >= Math.max(...inputs.map(newest))) return;
  process.stderr.write(`${title}\n`);
  const { status } = spawnSync(process.execPath, [command, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

step('compiling src/ -> dist/', ['src', 'tsconfig.json'], 'build/tsc.tsbuildinfo', 'node_modules/typescript/bin/tsc', [
  '-p',
  '.',
]);
for (const name of readdirSync('src', { recursive: true })) {
  // Ring-0 assembly sources are read at run time, beside the module that needs them.
  if (name.endsWith('.s')) copyFileSync(join('src', name), join('dist', name));
}
step('generating assembly/generated/', ['dist/isa'], 'assembly/generated/isa.ts', 'dist/isa/generate.js', []);
const asc = 'node_modules/assemblyscript/bin/asc.js';
step(
  'compiling assembly/ -> build/machine.wasm',
  ['assembly', 'src/machine/layout.ts', 'asconfig.json'],
  'build/machine.wasm',
  asc,
  ['--target', 'release'],
);
step(
  'assembling programs/ -> build/programs/',
  ['programs', 'dist/assembler', 'dist/elf', 'dist/isa'],
  'build/programs',
  'scripts/programs.mjs',
  [],
);
