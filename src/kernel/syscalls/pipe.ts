// pipe2(2).

import { fsRoutines } from '../cost/routines/fs.ts';
import { pipeRoutines } from '../cost/routines/pipe.ts';
import { EFAULT, EINVAL, EMFILE, ENFILE } from '../errno.ts';
import { O_CLOEXEC, O_DIRECT, O_NONBLOCK, O_RDONLY, O_WRONLY } from '../fs/constants.ts';
import { releaseFile } from '../fs/open-file.ts';
import { Pipe, PipeEnd } from '../fs/pipe.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';
import { flags, outStruct } from './arguments.ts';
import { pipeFlags } from './flags/files.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

function pipe2(kernel: Kernel, task: Task, address: number, flagBits: number): SyscallResult {
  if ((flagBits & ~(O_CLOEXEC | O_DIRECT | O_NONBLOCK)) !== 0) return -EINVAL;
  const free = task.files.free(task);
  if (free < 0) return free;
  const { vfs } = kernel;
  const pipe = new Pipe(kernel);
  if (pipe.address === 0 || pipe.buffersAddress === 0) {
    pipe.free(kernel);
    return -ENFILE;
  }
  const inode = vfs.anonymousInode('pipe');
  vfs.fifos.set(inode, pipe);
  const status = flagBits & (O_NONBLOCK | O_DIRECT);
  const reader = vfs.openAnonymous('pipe', new PipeEnd(pipe, O_RDONLY), O_RDONLY | status, undefined, inode);
  if (typeof reader === 'number') {
    vfs.fifos.delete(inode);
    pipe.free(kernel);
    return reader;
  }
  pipe.open(O_RDONLY);
  const writer = vfs.openAnonymous('pipe', new PipeEnd(pipe, O_WRONLY), O_WRONLY | status, undefined, inode);
  if (typeof writer === 'number') {
    releaseFile(kernel, reader);
    return writer;
  }
  pipe.open(O_WRONLY);
  kernel.cost.touch(pipe.address, 192, 'write');
  kernel.cost.touch(pipe.buffersAddress, 640, 'write');

  const closeOnExec = (flagBits & O_CLOEXEC) !== 0;
  const first = task.files.add(kernel, task, reader, closeOnExec);
  if (first < 0) {
    releaseFile(kernel, writer);
    return -EMFILE;
  }
  const second = task.files.add(kernel, task, writer, closeOnExec);
  if (second < 0) {
    task.files.close(kernel, first);
    return -EMFILE;
  }
  kernel.cost.execute(fsRoutines.fd_allocate, 2);
  const written = task.memory!.writeStruct(address, 8, (view) => {
    view.setInt32(0, first, true);
    view.setInt32(4, second, true);
  });
  if (written) return 0;
  task.files.close(kernel, first);
  task.files.close(kernel, second);
  return -EFAULT;
}

export const pipeSyscalls: readonly SyscallRow[] = [
  {
    number: 59,
    name: 'pipe2',
    arguments: [outStruct('fdPair'), flags(pipeFlags)],
    handler: pipe2,
    cost: pipeRoutines.pipe_create,
  },
];
