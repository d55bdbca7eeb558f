// The byte stream between a program and a connection's queues: tcp_sendmsg and tcp_recvmsg without their waiting.

import { EAGAIN, EFAULT, ENOBUFS } from '../../errno.ts';
import type { ByteSink, ByteSource } from '../ip/environment.ts';
import { cleanupReceiveBuffer } from './delayed-ack.ts';
import type { TcpEndpoint } from './endpoint.ts';
import { currentMss, pushPending } from './output.ts';
import { FIN, PSH } from './segment.ts';
import { adjustReceiveSpace } from './window.ts';

/** What a partly filled segment behind other unsent data is given room for, so that small writes gather in it. */
const GATHER_BYTES = 4096;

/**
 * Copies up to `length` bytes into segments of at most one MSS: the last one that is unsent is filled up first. Full segments go out
 * on the way. Returns the bytes taken, or -EAGAIN, -EFAULT or -ENOBUFS if none were.
 */
export function fillSendQueue(endpoint: TcpEndpoint, input: ByteSource, length: number, more: boolean): number {
  const { stack } = endpoint;
  const mss = currentMss(endpoint);
  let copied = 0;
  while (copied < length) {
    let packet = endpoint.firstUnsent === null ? null : endpoint.sendQueue.tail!;
    let room = 0;
    if (packet?.exclusive && (packet.flags & FIN) === 0) {
      room = Math.min(mss - packet.length, packet.data.length - packet.end);
    }
    if (room <= 0) {
      // A connection with nothing queued may always queue one segment: there would be no acknowledgement to wake it later.
      const squeezed = stack.tcp.memory >= stack.settings.tcpMemory && endpoint.sendQueue.length > 0;
      if (endpoint.sendQueueBytes >= endpoint.sendBuffer || squeezed) {
        endpoint.noSpace = true;
        break;
      }
      const wanted = Math.max(length - copied, endpoint.firstUnsent !== null || more ? GATHER_BYTES : 0);
      packet = stack.allocate(Math.min(wanted, mss));
      if (packet === null) {
        if (copied === 0 && endpoint.sendQueue.length === 0) return -ENOBUFS;
        endpoint.noSpace = true;
        break;
      }
      packet.sequence = endpoint.writeSequence;
      packet.endSequence = endpoint.writeSequence;
      endpoint.sendQueue.push(packet);
      if (endpoint.firstUnsent === null) endpoint.firstUnsent = packet;
      endpoint.chargeSend(packet.trueSize);
      room = Math.min(mss, packet.data.length - packet.end);
    }
    const wanted = Math.min(room, length - copied);
    const took = input.take(packet!.storage.memory, packet!.end, wanted);
    packet!.end += took;
    packet!.endSequence = (packet!.endSequence + took) | 0;
    endpoint.writeSequence = (endpoint.writeSequence + took) | 0;
    copied += took;
    if (took < wanted) {
      if (packet!.length === 0) {
        if (endpoint.firstUnsent === packet) endpoint.firstUnsent = null;
        endpoint.releaseSent(packet!);
      }
      return copied === 0 ? -EFAULT : copied;
    }
    if (packet!.length >= mss && copied < length) {
      endpoint.pushedSequence = endpoint.writeSequence;
      packet!.flags |= PSH;
      pushPending(endpoint, false, true);
    }
  }
  return copied === 0 && length > 0 ? -EAGAIN : copied;
}

/**
 * Copies up to `length` bytes out of the receive queue; without `peek` they leave it, and the peer learns of the room. Returns the
 * bytes copied, 0 if there were none, or -EFAULT.
 */
export function drainReceiveQueue(endpoint: TcpEndpoint, output: ByteSink, length: number, peek: boolean): number {
  const { stack } = endpoint;
  let copied = 0;
  let fault = false;
  for (let packet = endpoint.receiveQueue.head; packet !== null && copied < length && !fault; ) {
    const { next } = packet;
    const wanted = Math.min(packet.end - packet.start, length - copied);
    const bytes = output.put(packet.storage.memory, packet.start, wanted);
    copied += bytes;
    fault = bytes < wanted;
    if (!peek) {
      packet.start += bytes;
      if (packet.start === packet.end) endpoint.releaseReceived(packet);
    }
    packet = next;
  }
  if (!peek && copied > 0) {
    endpoint.readable -= copied;
    endpoint.copiedSequence = (endpoint.copiedSequence + copied) | 0;
    stack.enter();
    adjustReceiveSpace(endpoint);
    cleanupReceiveBuffer(endpoint, copied);
    stack.leave();
  }
  return copied === 0 && fault ? -EFAULT : copied;
}
