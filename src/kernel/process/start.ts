// The first processes. In `boot` mode the program is init, pid 1. In `run` mode pid 1 is the kernel's own: it has no program,
// sleeps forever and reaps orphans; the program is pid 2, leader of a process group of its own.

import { ENOMEM } from '../errno.ts';
import { FileSystemContext } from '../fs/context.ts';
import { DescriptorTable } from '../fs/descriptors.ts';
import { openHostStream } from '../fs/host-streams.ts';
import { walk } from '../fs/namei.ts';
import { openForKernel } from '../fs/open.ts';
import { releaseFile, retainFile } from '../fs/open-file.ts';
import type { OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import { TrapFrame } from '../memory/trap-frame.ts';
import { Credentials } from './credentials.ts';
import { commandName, execProgram } from './exec.ts';
import { Limits } from './limits.ts';
import { SchedulingEntity } from './scheduling-entity.ts';
import { ProcessGroup, Session } from './session.ts';
import { SIGCHLD } from './signals/numbers.ts';
import { SignalHandlers, SignalState } from './signals/state.ts';
import { Task } from './task.ts';
import { ThreadGroup } from './thread-group.ts';

export interface StartOptions {
  /** Descriptors 0, 1 and 2. Default: the host's streams, or /dev/console for init. */
  readonly stdin?: OpenFile;
  readonly stdout?: OpenFile;
  readonly stderr?: OpenFile;
  readonly cwd?: string;
  /** Make it pid 1. */
  readonly asInit?: boolean;
  readonly credentials?: Credentials;
}

const CONSOLE = '/dev/console';

/** Makes the first program and puts it in the run queue; -ENOENT, -ENOEXEC … when it cannot be run. */
export function startFirstProgram(
  kernel: Kernel,
  path: string,
  argv: readonly string[],
  envp: readonly string[],
  options: StartOptions,
): Task | number {
  if (options.asInit !== true && kernel.tasks.init === null) {
    const reaper = createTask(kernel, null, { autoReap: true, comm: 'init', credentials: Credentials.root() });
    if (typeof reaper === 'number') return reaper;
    reaper.state = 'sleeping';
    kernel.tasks.init = reaper.group;
  }
  const task = createTask(kernel, kernel.tasks.init, {
    autoReap: false,
    comm: commandName(path),
    credentials: options.credentials ?? Credentials.root(),
  });
  if (typeof task === 'number') return task;
  if (kernel.tasks.init === null) kernel.tasks.init = task.group;

  const { cwd } = options;
  if (cwd !== undefined) {
    const directory = walk(kernel, task, kernel.vfs.root, cwd);
    if (typeof directory === 'number') return undo(kernel, task, directory);
    task.fs.setCwd(kernel, directory);
  }
  const given = [options.stdin, options.stdout, options.stderr];
  for (let fd = 0; fd < 3; fd++) {
    const file = given[fd] ?? openDefault(kernel, task, fd, options.asInit === true);
    if (typeof file === 'number') return undo(kernel, task, file);
    task.files.install(kernel, fd, given[fd] === undefined ? file : retainFile(file));
  }
  const failed = execProgram(kernel, task, { start: task.fs.cwd, path, argv, envp });
  if (failed !== 0) return undo(kernel, task, failed);
  task.group.hasExecuted = false;
  task.group.isHostJob = options.asInit !== true;
  kernel.scheduler.enqueue(kernel, task, 'fork');
  return task;
}

function openDefault(kernel: Kernel, task: Task, fd: number, asInit: boolean): OpenFile | number {
  return asInit ? openForKernel(kernel, task, CONSOLE) : openHostStream(kernel, fd as 0 | 1 | 2);
}

function createTask(
  kernel: Kernel,
  parent: ThreadGroup | null,
  fields: { readonly autoReap: boolean; readonly comm: string; readonly credentials: Credentials },
): Task | number {
  const pid = kernel.tasks.allocatePid();
  if (pid < 0) return pid;
  const address = kernel.slabs.allocate('task_struct');
  const frame = address === 0 ? 0 : TrapFrame.allocate(kernel);
  if (frame === 0) return -ENOMEM;
  const isInit = kernel.tasks.init === null;
  const group = new ThreadGroup({
    pid,
    parent,
    processGroup: (self) => firstProcessGroup(kernel, self, fields.autoReap),
    limits: Limits.initial(kernel.tasks.maximum),
    exitSignal: SIGCHLD,
    isInit,
    autoReap: fields.autoReap,
  });
  const task = new Task({
    tid: pid,
    group,
    comm: fields.comm,
    memory: null,
    files: DescriptorTable.create(kernel),
    fs: FileSystemContext.create(kernel),
    credentials: fields.credentials,
    signals: new SignalState(new SignalHandlers()),
    scheduling: new SchedulingEntity(),
    frame,
    address,
  });
  group.leader = task;
  group.threads.add(task);
  group.startTime = kernel.now();
  task.startTime = group.startTime;
  kernel.tasks.add(task);
  return task;
}

/**
 * A program of `boot` mode starts in session and process group 0, as Linux's init. In `run` mode the kernel's own process leads the
 * session and the program is a job in it, as a shell's programs are.
 */
function firstProcessGroup(kernel: Kernel, group: ThreadGroup, autoReap: boolean): ProcessGroup {
  const { init } = kernel.tasks;
  const session = init?.session ?? new Session(autoReap ? group : null);
  const processGroup = new ProcessGroup(session.id === 0 ? 0 : group.pid, session);
  if (processGroup.id !== 0) kernel.tasks.addProcessGroup(processGroup);
  return processGroup;
}

/** The program cannot be run: takes the process back and returns the error. */
function undo(kernel: Kernel, task: Task, error: number): number {
  const { group } = task;
  task.files.release(kernel);
  task.fs.release(kernel);
  if (group.executable !== null) releaseFile(kernel, group.executable);
  group.threads.delete(task);
  group.parent?.children.delete(group);
  kernel.tasks.remove(task);
  if (kernel.tasks.init === group) kernel.tasks.init = null;
  group.processGroup.remove(group);
  kernel.tasks.dropIfEmpty(group.processGroup);
  task.state = 'dead';
  TrapFrame.free(kernel, task.frame);
  kernel.slabs.free(task.address);
  return error;
}
