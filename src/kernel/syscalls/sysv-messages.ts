// System V message queues: msgget(2), msgop(2), msgctl(2).

import { ipcRoutines as routine } from '../cost/routines/ipc.ts';
import { E2BIG, EACCES, EAGAIN, EFAULT, EIDRM, EINVAL, ENOMEM, ENOMSG, ENOSYS, EPERM } from '../errno.ts';
import {
  MESSAGE_HEADER,
  MESSAGE_MAXIMUM,
  MessageQueue,
  MSG_EXCEPT,
  MSG_NOERROR,
  QUEUE_BYTES,
} from '../ipc/messages.ts';
import {
  checkOwner,
  IPC_INFO,
  IPC_NOWAIT,
  IPC_RMID,
  IPC_SET,
  IPC_STAT,
  mayUse,
  readPermissions,
  writePermissions,
} from '../ipc/objects.ts';
import type { Kernel } from '../kernel.ts';
import { CAP_SYS_RESOURCE } from '../process/credentials.ts';
import type { Task } from '../process/task.ts';
import { enumeration, flags, hex, int, long, pointer, size } from './arguments.ts';
import { controlCommands, ipcGetFlags, messageFlags } from './flags/ipc.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';
import { realTimeNow } from './time-values.ts';

const PAGE = 4096;
const MSG_COPY = 0o40000;

function msgget(kernel: Kernel, task: Task, key: number, flagBits: number): SyscallResult {
  return kernel.ipc.queues.get(
    kernel,
    task,
    key | 0,
    flagBits | 0,
    () => 0,
    (ownership) => new MessageQueue(ownership, realTimeNow(kernel).seconds),
  );
}

function findQueue(kernel: Kernel, task: Task, id: number): MessageQueue | number {
  const queue = kernel.ipc.queues.find(kernel, id | 0);
  return typeof queue === 'number' && task.resume !== null ? -EIDRM : queue;
}

function msgsnd(
  kernel: Kernel,
  task: Task,
  id: number,
  address: number,
  bytes: number,
  flagBits: number,
): SyscallResult {
  const type = task.memory!.readLong(address);
  if (type === null) return -EFAULT;
  if (!(bytes >= 0 && bytes <= MESSAGE_MAXIMUM) || (id | 0) < 0 || type < 1) return -EINVAL;
  const queue = findQueue(kernel, task, id);
  if (typeof queue === 'number') return queue;
  if (!mayUse(kernel, task, queue, 0o222)) return -EACCES;
  if (queue.bytes + bytes > queue.limit || queue.messages.length + 1 > queue.limit) {
    if ((flagBits & IPC_NOWAIT) !== 0) return -EAGAIN;
    return kernel.block(task, queue.senders, Infinity, {});
  }
  const place = kernel.slabs.allocateBytes(MESSAGE_HEADER + bytes);
  if (place === 0) return -ENOMEM;
  if (!copy(kernel, task, address + 8, place + MESSAGE_HEADER, bytes, 'in')) {
    kernel.slabs.free(place);
    return -EFAULT;
  }
  kernel.cost.touch(place, MESSAGE_HEADER, 'write');
  queue.messages.push({ type, bytes, address: place });
  queue.bytes += bytes;
  queue.lastSender = task.pid;
  queue.sendTime = realTimeNow(kernel).seconds;
  queue.receivers.wake(kernel);
  return 0;
}

function msgrcv(
  kernel: Kernel,
  task: Task,
  id: number,
  address: number,
  bytes: number,
  type: number,
  flagBits: number,
): SyscallResult {
  if (!(bytes >= 0) || (id | 0) < 0) return -EINVAL;
  if ((flagBits & MSG_COPY) !== 0) return -ENOSYS; // CONFIG_CHECKPOINT_RESTORE
  const queue = findQueue(kernel, task, id);
  if (typeof queue === 'number') return queue;
  if (!mayUse(kernel, task, queue, 0o444)) return -EACCES;
  const index = queue.select(kernel, type, (flagBits & MSG_EXCEPT) !== 0);
  if (index < 0) {
    if ((flagBits & IPC_NOWAIT) !== 0) return -ENOMSG;
    return kernel.block(task, queue.receivers, Infinity, {});
  }
  const message = queue.messages[index]!;
  if (message.bytes > bytes && (flagBits & MSG_NOERROR) === 0) return -E2BIG;
  const taken = Math.min(bytes, message.bytes);
  queue.messages.splice(index, 1);
  queue.bytes -= message.bytes;
  queue.lastReceiver = task.pid;
  queue.receiveTime = realTimeNow(kernel).seconds;
  queue.senders.wake(kernel);
  const copied =
    task.memory!.writeLong(address, message.type) &&
    copy(kernel, task, address + 8, message.address + MESSAGE_HEADER, taken, 'out');
  kernel.slabs.free(message.address);
  return copied ? taken : -EFAULT;
}

/** Moves bytes between the program and a message, page piece by page piece; false: EFAULT. */
function copy(
  kernel: Kernel,
  task: Task,
  user: number,
  physical: number,
  bytes: number,
  direction: 'in' | 'out',
): boolean {
  let done = 0;
  while (done < bytes) {
    const piece = task.memory!.resolve(user + done, direction === 'in' ? 'read' : 'write');
    if (piece === null) return false;
    // Neither side may cross a page in one step.
    const step = Math.min(bytes - done, PAGE - (piece.physical % PAGE), PAGE - ((physical + done) % PAGE));
    if (direction === 'in') kernel.cost.copyFromUser(physical + done, piece, step);
    else kernel.cost.copyToUser(piece, physical + done, step);
    done += step;
  }
  return true;
}

function msgctl(kernel: Kernel, task: Task, id: number, command: number, address: number): SyscallResult {
  command |= 0;
  if (command < 0 || (id | 0) < 0) return -EINVAL;
  kernel.cost.execute(routine.ipc_control);
  if (command === IPC_INFO) {
    // struct msginfo: pool, map, max, mnb, mni, ssz, tql, and a short, seg.
    const values = [512_000, QUEUE_BYTES, MESSAGE_MAXIMUM, QUEUE_BYTES, 32_000, 16, QUEUE_BYTES];
    const written = task.memory!.writeStruct(address, 32, (view) => {
      for (const [index, value] of values.entries()) view.setInt32(4 * index, value, true);
      view.setUint16(28, 0xffff, true);
    });
    return written ? kernel.ipc.queues.highestSlot : -EFAULT;
  }
  if (command !== IPC_RMID && command !== IPC_SET && command !== IPC_STAT) return -EINVAL;
  let given: DataView | null = null;
  if (command === IPC_SET) {
    given = task.memory!.readStruct(address, 120);
    if (given === null) return -EFAULT;
  }
  const queue = kernel.ipc.queues.find(kernel, id | 0);
  if (typeof queue === 'number') return queue;
  if (command === IPC_STAT) {
    if (!mayUse(kernel, task, queue, 0o444)) return -EACCES;
    return writeStatus(task, queue, address) ? 0 : -EFAULT;
  }
  const denied = checkOwner(task, queue);
  if (denied !== 0) return denied;
  if (command === IPC_SET) {
    const limit = Number(given!.getBigUint64(88, true));
    if (limit > QUEUE_BYTES && !task.credentials.capable(CAP_SYS_RESOURCE)) return -EPERM;
    readPermissions(given!, queue);
    queue.limit = Math.min(limit, 0x7fff_ffff);
    queue.changeTime = realTimeNow(kernel).seconds;
    queue.senders.wake(kernel);
    queue.receivers.wake(kernel);
    return 0;
  }
  queue.removed = true;
  kernel.ipc.queues.remove(queue);
  queue.drop(kernel);
  queue.senders.wake(kernel);
  queue.receivers.wake(kernel);
  return 0;
}

/** struct msqid64_ds, 120 bytes. */
function writeStatus(task: Task, queue: MessageQueue, address: number): boolean {
  return task.memory!.writeStruct(address, 120, (view) => {
    writePermissions(view, queue);
    view.setBigInt64(48, BigInt(queue.sendTime), true);
    view.setBigInt64(56, BigInt(queue.receiveTime), true);
    view.setBigInt64(64, BigInt(queue.changeTime), true);
    view.setBigUint64(72, BigInt(queue.bytes), true);
    view.setBigUint64(80, BigInt(queue.messages.length), true);
    view.setBigUint64(88, BigInt(queue.limit), true);
    view.setInt32(96, queue.lastSender, true);
    view.setInt32(100, queue.lastReceiver, true);
  });
}

export const messageSyscalls: readonly SyscallRow[] = [
  { number: 186, name: 'msgget', arguments: [hex, flags(ipcGetFlags)], handler: msgget, cost: routine.ipc_perms },
  {
    number: 187,
    name: 'msgctl',
    arguments: [int, enumeration(controlCommands, 'MSG_???'), pointer],
    handler: msgctl,
    cost: routine.ipc_perms,
    support: { partial: 'no MSG_INFO, MSG_STAT' },
  },
  {
    number: 188,
    name: 'msgrcv',
    arguments: [int, pointer, size, long, flags(messageFlags)],
    handler: msgrcv,
    cost: routine.msg_receive,
    restart: 'noHandler',
    support: { partial: 'no MSG_COPY' },
  },
  {
    number: 189,
    name: 'msgsnd',
    arguments: [int, pointer, size, flags(messageFlags)],
    handler: msgsnd,
    cost: routine.msg_send,
    restart: 'noHandler',
  },
];
