// Runs a TypeScript file of bench/ without a build step: node scripts/run.mjs FILE.ts [arguments]
import { resolve } from 'node:path';
import { runnerImport } from 'vite';

const [, , file, ...rest] = process.argv;
process.argv = [process.argv[0], resolve(file), ...rest];
await runnerImport(resolve(file), { logLevel: 'error', configFile: false });
