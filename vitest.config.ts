import { defineConfig } from 'vitest/config';

// CYCLIX_REPORT names a file for a JSON report beside the one on the terminal.
const report = process.env['CYCLIX_REPORT'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 240_000,
    pool: 'forks',
    maxWorkers: 2,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});
