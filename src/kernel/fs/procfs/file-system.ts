// procfs, proc(5): the root directory: processes by number, `self`, `thread-self`, and the system's files.

import type { Kernel } from '../../kernel.ts';
import { directory, link, PseudoFileSystem, type PseudoNode, text } from '../pseudo.ts';
import { processDirectory, taskDirectory } from './process.ts';
import { sysDirectory } from './sys.ts';
import { systemFiles } from './system.ts';

const PROC_MAGIC = 0x9fa0;

export class ProcFileSystem extends PseudoFileSystem {
  constructor(kernel: Kernel, device: number) {
    super(kernel, 'proc', PROC_MAGIC, device, rootNode(kernel));
  }
}

function rootNode(kernel: Kernel): PseudoNode {
  const { procNet } = kernel.vfs;
  const fixed: Record<string, PseudoNode> = {
    ...systemFiles,
    sys: sysDirectory,
    net: link(() => 'self/net'),
    mounts: link(() => 'self/mounts'),
    self: link((_kernel, task) => String(task.pid)),
    'thread-self': link((_kernel, task) => `${task.pid}/task/${task.tid}`),
    tty: directory({ drivers: text(() => '') }),
    sysvipc: directory({}),
    fs: directory({}),
    irq: directory({}),
  };
  const names = Object.entries(fixed).map(([name, node]) => [name, node.kind] as const);
  return {
    kind: 'directory',
    mode: 0o555,
    lookup(current, name) {
      if (Object.hasOwn(fixed, name)) return fixed[name]!;
      if (!/^[1-9][0-9]{0,9}$/.test(name)) return null;
      const tid = Number(name);
      const group = current.tasks.group(tid);
      if (group !== undefined) return processDirectory(group, procNet);
      // A thread's number is found but not listed.
      const task = current.tasks.get(tid);
      return task === undefined ? null : taskDirectory(task, procNet, true);
    },
    *list(current) {
      yield* names;
      const pids = [...current.tasks.groups()].map((group) => group.pid).sort((a, b) => a - b);
      for (const pid of pids) yield [String(pid), 'directory'];
    },
  };
}
