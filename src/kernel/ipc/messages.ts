// System V message queues: messages with a type, taken in order or by type (msgop(2)). A message's bytes live in guest RAM.
// Bound: MSGMNB bytes a queue; senders wait.

import { ipcRoutines } from '../cost/routines/ipc.ts';
import type { Kernel } from '../kernel.ts';
import { WaitQueue } from '../process/wait.ts';
import type { IpcObject, IpcOwnership } from './objects.ts';

/** MSGMAX, MSGMNB */
export const MESSAGE_MAXIMUM = 8192;
export const QUEUE_BYTES = 16_384;
export const MSG_NOERROR = 0o10000;
export const MSG_EXCEPT = 0o20000;

export interface Message {
  readonly type: number;
  readonly bytes: number;
  /** Guest physical address of struct msg_msg and the text after it; freed with the message. */
  readonly address: number;
}

/** sizeof(struct msg_msg): the text follows it. */
export const MESSAGE_HEADER = 48;

export class MessageQueue implements IpcObject {
  readonly id: number;
  key: number;
  uid: number;
  gid: number;
  readonly creatorUid: number;
  readonly creatorGid: number;
  mode: number;
  removed = false;
  readonly messages: Message[] = [];
  readonly senders = new WaitQueue();
  readonly receivers = new WaitQueue();
  bytes = 0;
  limit = QUEUE_BYTES;
  sendTime = 0;
  receiveTime = 0;
  changeTime: number;
  lastSender = 0;
  lastReceiver = 0;

  constructor(ownership: IpcOwnership, now: number) {
    this.id = ownership.id;
    this.key = ownership.key;
    this.uid = ownership.uid;
    this.gid = ownership.gid;
    this.creatorUid = ownership.creatorUid;
    this.creatorGid = ownership.creatorGid;
    this.mode = ownership.mode;
    this.changeTime = now;
  }

  /** Index of the message that msgrcv with this type and MSG_EXCEPT or not takes; -1: none. */
  select(kernel: Kernel, type: number, except: boolean): number {
    const { messages } = this;
    if (type === 0) return messages.length > 0 ? 0 : -1;
    let best = -1;
    for (const [index, message] of messages.entries()) {
      kernel.cost.execute(ipcRoutines.msg_scan);
      kernel.cost.touch(message.address, MESSAGE_HEADER);
      if (type > 0) {
        if ((message.type === type) !== except) return index;
      } else if (message.type <= -type && (best < 0 || message.type < messages[best]!.type)) {
        best = index;
      }
    }
    return best;
  }

  /** Frees every message: the queue is removed. */
  drop(kernel: Kernel): void {
    for (const message of this.messages) kernel.slabs.free(message.address);
    this.messages.length = 0;
    this.bytes = 0;
  }
}
