// All System V IPC objects of the system, with Linux's default limits (ipc/shm.c, sem.c, msg.c).

import type { MessageQueue } from './messages.ts';
import { IpcTable } from './objects.ts';
import type { SemaphoreSet } from './semaphores.ts';
import type { SharedSegment } from './shared-memory.ts';

export class IpcState {
  /** SHMMNI, SEMMNI, MSGMNI */
  readonly segments = new IpcTable<SharedSegment>(4096);
  readonly semaphores = new IpcTable<SemaphoreSet>(32_000);
  readonly queues = new IpcTable<MessageQueue>(32_000);
}
