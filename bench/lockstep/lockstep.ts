// The long lockstep run against QEMU: npm run lockstep -- --instructions 100000000 [--seed N]
// Batches of random programs until the generated blocks (the checkpoints between them not counted) have executed the given
// number of instructions; with timing off and on, in long and in short slices, in turn. Prints the seeds; ends with status 1 at the first difference.

import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { describeExecution, executions, runLockstep } from '../../test/lockstep/lockstep.ts';

const { values } = parseArgs({ options: { instructions: { type: 'string' }, seed: { type: 'string' } } });
const target = Number(values.instructions ?? 100_000_000);
const firstSeed = Number(values.seed ?? randomInt(2 ** 31));
if (!Number.isSafeInteger(target) || !Number.isSafeInteger(firstSeed)) {
  process.stderr.write('usage: npm run lockstep -- [--instructions N] [--seed N]\n');
  process.exit(2);
}

const started = performance.now();
let generated = 0;
let instructions = 0;
let checkpoints = 0;
for (let batch = 0; generated < target; batch++) {
  const seed = firstSeed + batch;
  const execution = executions[batch % executions.length]!;
  const options = { seed, programs: 40, blocks: 10, instructionsPerBlock: 100, rounds: 100, selfModifying: true };
  const result = await runLockstep(options, 'build/test', execution);
  generated += result.generated;
  instructions += result.instructions;
  checkpoints += result.checkpoints;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`seed ${seed}, ${describeExecution(execution)}: ${generated} generated instructions, ${seconds} s`);
  if (result.difference !== undefined) {
    console.log(result.difference);
    process.exit(1);
  }
}
console.log(
  `agreed with QEMU on ${generated} instructions of generated blocks (${instructions} with checkpoints), ` +
    `all registers compared ${checkpoints} times, seeds ${firstSeed} and up`,
);
