// What stands after `=`: the value, the errno with its text, and what some calls add in parentheses.

import type { ResultDecoder } from '../../kernel/syscalls/decoders.ts';
import { openFlags } from '../../kernel/syscalls/flags/files.ts';
import type { ArgumentContext } from './arguments.ts';
import { dumpable } from './calls.ts';
import { errorResult, flags, hex, octal, pointer } from './format.ts';
import { structPrinters } from './structs.ts';

/** Linux's in-kernel errnos of a call that a signal interrupted (include/linux/errno.h), with strace's texts. */
const restarts: ReadonlyMap<number, string> = new Map([
  [-512, '? ERESTARTSYS (To be restarted if SA_RESTART is set)'],
  [-513, '? ERESTARTNOINTR (To be restarted)'],
  [-514, '? ERESTARTNOHAND (To be restarted if no handler)'],
  [-516, '? ERESTART_RESTARTBLOCK (Interrupted by signal)'],
]);

const F_GETFD = 1;
const F_GETFL = 3;
const PR_GET_DUMPABLE = 3;
/** sched(7) */
const policies = ['SCHED_OTHER', 'SCHED_FIFO', 'SCHED_RR', 'SCHED_BATCH', 'SCHED_ISO', 'SCHED_IDLE', 'SCHED_DEADLINE'];

/** `context.result` as strace writes it. */
export function formatResult(name: string, decoder: ResultDecoder | undefined, context: ArgumentContext): string {
  const result = context.result ?? 0;
  const restart = restarts.get(result);
  if (restart !== undefined) return restart;
  if (result < 0 && result >= -4095) return errorResult(-result);
  switch (decoder) {
    case 'hex':
      return hex(result);
    case 'pointer':
      return pointer(result);
    case 'octal':
      return octal(result);
    case 'none':
      return '?';
    default: {
      const note = resultNote(name, context);
      if (name === 'fcntl' && note !== '') return `${hex(result)} (${note})`;
      return note === '' ? String(result) : `${result} (${note})`;
    }
  }
}

function resultNote(name: string, context: ArgumentContext): string {
  const { args, result } = context;
  switch (name) {
    case 'fcntl':
      if (args[1] === F_GETFL) return `flags ${flags(result ?? 0, openFlags)}`;
      return args[1] === F_GETFD && result === 1 ? 'flags FD_CLOEXEC' : '';
    case 'sched_getscheduler':
      return policies[result ?? 0] ?? '';
    case 'prctl':
      return args[0] === PR_GET_DUMPABLE ? (dumpable[result ?? 0] ?? '') : '';
    case 'personality':
      return result === 0 ? 'PER_LINUX' : '';
    case 'ppoll': {
      if (result === 0) return 'Timeout';
      return [structPrinters.pollfds(args[0] ?? 0, { ...context, index: 0 }) ?? '', ...timeLeft(2, context)].join(', ');
    }
    case 'pselect6': {
      if (result === 0) return 'Timeout';
      const sets = ['in', 'out', 'except'].flatMap((set, i) => {
        const address = args[i + 1] ?? 0;
        const text = address === 0 ? null : structPrinters.fdset(address, { ...context, index: i + 1 });
        return text === null || text === '[]' ? [] : [`${set} ${text}`];
      });
      return [...sets, ...timeLeft(4, context)].join(', ');
    }
    default:
      return '';
  }
}

function timeLeft(index: number, context: ArgumentContext): string[] {
  const address = context.args[index] ?? 0;
  const text = address === 0 ? null : structPrinters.timespec(address, { ...context, index });
  return text === null ? [] : [`left ${text}`];
}
