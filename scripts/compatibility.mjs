// Writes docs/compatibility.md from the system call table of dist/. With --check: fails if the page is not up to date.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { compatibilityPage } = await import(join(root, 'dist/kernel/syscalls/compatibility.js'));
const path = join(root, 'docs/compatibility.md');
const page = compatibilityPage();
if (process.argv.includes('--check')) {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== page) {
    process.stderr.write('docs/compatibility.md is not up to date: npm run docs:compatibility\n');
    process.exit(1);
  }
} else {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, page);
}
