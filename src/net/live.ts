// Running a machine while the host's world waits at the other end of its wire: guest time and the host's event loop by turns.
//
// The guest is never faster than the host's clock: while every task sleeps, guest time passes as time passes here, so that a timeout
// of the guest's means what it says to a client out here. It may be slower: a busy guest takes the time that simulating it takes, and
// does not hurry to catch up.

import type { Kernel, RunOutcome } from '../kernel/kernel.ts';
import { NANOSECONDS_PER_SECOND } from '../kernel/net/ip/settings.ts';

/** Instructions between two looks at the host's event loop: some milliseconds of host time. */
const SLICE_INSTRUCTIONS = 500_000;
/** Guest time that a sleeping guest may be ahead of the host, nanoseconds: timers of the host are no finer than a millisecond. */
const SLACK = 5_000_000;
/** The longest sleep at once, milliseconds, so that a stop is noticed. */
const LONGEST_SLEEP = 1000;

/** Where the world's input comes from: a gateway, a keyboard. */
export interface LiveInput {
  readonly hasInput: boolean;
  /** Hands it to the guest, whose clock shows `now` ns. */
  pump(now: number): void;
}

export interface LiveOptions {
  /** Called after each piece of the run: to pass on what the guest wrote. */
  readonly onPiece?: (outcome: RunOutcome) => void;
  /** End the run at this cycle. */
  readonly maxCycles?: number;
  /** Ends the run at the next look: then the outcome is `slice`. */
  readonly signal?: AbortSignal;
}

/** Lets a run wait for input: `notify` is what the gateway calls (`HostGatewayOptions.onInput`). */
export class InputBell {
  #wake: (() => void) | null = null;
  #rung = false;

  readonly notify = (): void => {
    this.#rung = true;
    this.#wake?.();
  };

  /** Resolves when `notify` was called since the last wait, or after `milliseconds`. */
  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#rung) {
        this.#rung = false;
        setImmediate(resolve);
        return;
      }
      const finish = (): void => {
        clearTimeout(timer);
        this.#wake = null;
        this.#rung = false;
        resolve();
      };
      const timer = setTimeout(finish, milliseconds);
      this.#wake = finish;
    });
  }
}

/** Runs until the main program ends, `maxCycles` are used up, or the signal comes. */
export async function runLive(
  kernel: Kernel,
  input: LiveInput,
  bell: InputBell,
  options: LiveOptions = {},
): Promise<RunOutcome> {
  const { machine } = kernel;
  const limit = options.maxCycles ?? Number.MAX_SAFE_INTEGER;
  const { clockHz } = machine.preset;
  // The host's time at which guest time was what it is, if the guest has kept up; moved when it has not.
  let origin = hostNow() - kernel.now();
  for (;;) {
    if (options.signal?.aborted === true) return { reason: 'slice' };
    if (input.hasInput) input.pump(kernel.now());
    const outcome = kernel.run({
      maxInstructions: SLICE_INSTRUCTIONS,
      untilCycle: Math.min(limit, machine.cycle + Math.ceil((SLACK / NANOSECONDS_PER_SECOND) * clockHz)),
    });
    options.onPiece?.(outcome);
    if (
      outcome.reason === 'cycles' ? machine.cycle >= limit : outcome.reason !== 'slice' && outcome.reason !== 'waiting'
    ) {
      return outcome;
    }
    const ahead = kernel.now() + origin - hostNow();
    if (ahead < 0) origin -= ahead;
    // What a sleeping guest waits for; a running one waits for nothing.
    const next = kernel.scheduler.current === null ? nextEvent(kernel) : kernel.now();
    const sleep = next + origin - hostNow();
    if (sleep < SLACK) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      continue;
    }
    await bell.wait(Math.min(sleep / 1e6, LONGEST_SLEEP));
    // The guest slept as long as we did.
    const slept = Math.min(hostNow() - origin, next) - kernel.now();
    if (slept > 0)
      machine.advanceTo(Math.min(limit, machine.cycle + Math.floor((slept / NANOSECONDS_PER_SECOND) * clockHz)));
  }
}

function nextEvent(kernel: Kernel): number {
  let next = kernel.timers.next();
  for (const source of kernel.eventSources) next = Math.min(next, source.nextEvent());
  return next;
}

function hostNow(): number {
  return Math.floor(performance.now() * 1e6);
}
