// The receive side of a connection: the queue in order, the bounded queue out of order, duplicates, and the FIN.
//
// Invariant: `receiveQueue` holds the stream from `copiedSequence` to `receiveNext` without gap; `outOfOrder` holds segments beyond
// it, sorted, without overlap. Both are counted, with overhead, against the receive buffer.

import { POLLHUP, POLLIN, POLLRDHUP, POLLRDNORM } from '../../process/wait.ts';
import { copyBytes, NetworkWork } from '../ip/environment.ts';
import type { PacketBuffer } from '../ip/packet.ts';
import { enterQuickAck, noteDataReceived } from './delayed-ack.ts';
import type { TcpEndpoint } from './endpoint.ts';
import { sendAck } from './output.ts';
import { after, before, FIN, MAX_SACK_BLOCKS, type TcpHeader } from './segment.ts';
import { CLOSE_WAIT, CLOSING, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, SYN_RECEIVED } from './states.ts';
import { ACK_NO_MEMORY, ACK_NOW, ACK_SCHEDULED, RECEIVE_SHUTDOWN } from './variables.ts';
import { remainingWindow } from './window.ts';

/** The most bytes that are copied to fill up the last packet of the queue rather than to keep another. */
const COALESCE_BYTES = 2048;

/** The payload and FIN of an acceptable segment (tcp_data_queue). Owns the packet. */
export function receiveData(endpoint: TcpEndpoint, packet: PacketBuffer, header: TcpHeader): void {
  const { stack } = endpoint;
  if (packet.sequence === packet.endSequence) {
    stack.release(packet);
    return;
  }
  if (header.hasTimestamp && header.timestampEcho !== 0 && packet.length >= endpoint.receiveMss) {
    const milliseconds = (stack.tcp.timestampNow() + endpoint.timestampOffset - header.timestampEcho) | 0;
    if (milliseconds >= 0) measureReceiveRtt(endpoint, Math.max(milliseconds, 1) * 1_000_000);
  }
  if (!after(packet.endSequence, endpoint.receiveNext)) {
    // Seen already: a retransmission that was not needed.
    stack.counters.tcpExtension.DelayedACKLost += 1;
    noteDuplicate(endpoint, packet.sequence, packet.endSequence);
    enterQuickAck(endpoint);
    endpoint.ackPending |= ACK_SCHEDULED | ACK_NOW;
    stack.release(packet);
    return;
  }
  const window = remainingWindow(endpoint);
  if (!before(packet.sequence, (endpoint.receiveNext + window) | 0)) {
    // Outside of the window: it was full. RFC 9293 section 3.8.6.1: answer, and take nothing.
    stack.counters.tcpExtension.TCPZeroWindowDrop += window === 0 ? 1 : 0;
    enterQuickAck(endpoint);
    endpoint.ackPending |= ACK_SCHEDULED | ACK_NOW;
    stack.release(packet);
    return;
  }
  if (after(packet.sequence, endpoint.receiveNext)) {
    queueOutOfOrder(endpoint, packet);
    return;
  }
  if (packet.sequence !== endpoint.receiveNext) {
    noteDuplicate(endpoint, packet.sequence, endpoint.receiveNext);
    trimFront(packet, (endpoint.receiveNext - packet.sequence) | 0);
  }
  if (!makeRoom(endpoint, packet, endpoint.receiveQueue.length === 0)) {
    stack.counters.tcpExtension.TCPRcvQDrop += 1;
    endpoint.ackPending |= ACK_SCHEDULED | ACK_NOW | ACK_NO_MEMORY;
    stack.release(packet);
    return;
  }
  noteDataReceived(endpoint, packet);
  const fin = takeInOrder(endpoint, packet);
  const finBehind = takeFromOutOfOrder(endpoint);
  if (fin || finBehind) receiveFin(endpoint);
  if (endpoint.readable > 0) endpoint.wake(POLLIN | POLLRDNORM);
}

function measureReceiveRtt(endpoint: TcpEndpoint, sample: number): void {
  if (endpoint.receiveRtt === 0 || sample < endpoint.receiveRtt) endpoint.receiveRtt = sample;
  else endpoint.receiveRtt += Math.floor((sample - endpoint.receiveRtt) / 8);
}

/** Cuts `bytes` sequence numbers off the front of a segment. */
function trimFront(packet: PacketBuffer, bytes: number): void {
  packet.start = Math.min(packet.start + bytes, packet.end);
  packet.sequence = (packet.sequence + bytes) | 0;
}

/** Puts a segment that starts at `receiveNext` into the queue; returns whether it carries the FIN. Owns the packet. */
function takeInOrder(endpoint: TcpEndpoint, packet: PacketBuffer): boolean {
  const fin = (packet.flags & FIN) !== 0;
  const { length } = packet;
  endpoint.receiveNext = packet.endSequence;
  endpoint.bytesReceived += length;
  endpoint.readable += length;
  if (length === 0 || !coalesce(endpoint, packet)) {
    if (length === 0) endpoint.stack.release(packet);
    else {
      endpoint.receiveQueue.push(packet);
      endpoint.chargeReceive(packet.trueSize);
    }
  }
  return fin;
}

/** tcp_try_coalesce: small segments are gathered in the memory of the last one. */
function coalesce(endpoint: TcpEndpoint, packet: PacketBuffer): boolean {
  const { tail } = endpoint.receiveQueue;
  const { length } = packet;
  if (tail === null || length > COALESCE_BYTES || !tail.exclusive || tail.data.length - tail.end < length) return false;
  copyBytes(tail.data, tail.end, packet.data, packet.start, length);
  endpoint.stack.charge(NetworkWork.copyBytes, length, tail);
  endpoint.stack.counters.tcpExtension.TCPRcvCoalesce += 1;
  tail.end += length;
  endpoint.stack.release(packet);
  return true;
}

/** tcp_ofo_queue: what follows now in order moves over; returns whether the FIN was there. */
function takeFromOutOfOrder(endpoint: TcpEndpoint): boolean {
  let fin = false;
  const { outOfOrder, stack } = endpoint;
  if (outOfOrder.head === null) return false;
  for (let packet = outOfOrder.head; packet !== null; packet = outOfOrder.head) {
    if (after(packet.sequence, endpoint.receiveNext)) break;
    stack.charge(NetworkWork.tcpRecovery, 1, packet);
    outOfOrder.remove(packet);
    endpoint.chargeReceive(-packet.trueSize);
    if (!after(packet.endSequence, endpoint.receiveNext)) {
      stack.release(packet);
      continue;
    }
    trimFront(packet, (endpoint.receiveNext - packet.sequence) | 0);
    if (takeInOrder(endpoint, packet)) fin = true;
  }
  const { sackBlocks } = endpoint;
  for (let i = 0; i < sackBlocks.length; ) {
    if (!after(sackBlocks[i]!, endpoint.receiveNext)) sackBlocks.splice(i, 2);
    else i += 2;
  }
  // RFC 5681 section 4.2: filling a gap is acknowledged at once.
  endpoint.ackPending |= ACK_SCHEDULED | ACK_NOW;
  return fin;
}

function queueOutOfOrder(endpoint: TcpEndpoint, packet: PacketBuffer): void {
  const { stack, outOfOrder } = endpoint;
  const extension = stack.counters.tcpExtension;
  endpoint.ackPending |= ACK_SCHEDULED | ACK_NOW;
  if (outOfOrder.length >= stack.settings.tcpMaxOutOfOrder || !makeRoom(endpoint, packet, false)) {
    extension.TCPOFODrop += 1;
    stack.release(packet);
    return;
  }
  noteDataReceived(endpoint, packet);
  stack.charge(NetworkWork.tcpRecovery, 1, packet);
  let place: PacketBuffer | null = outOfOrder.tail;
  while (place !== null && after(place.sequence, packet.sequence)) place = place.previous;
  if (place !== null && after(place.endSequence, packet.sequence)) {
    if (!after(packet.endSequence, place.endSequence)) {
      noteDuplicate(endpoint, packet.sequence, packet.endSequence);
      extension.TCPOFOMerge += 1;
      stack.release(packet);
      return;
    }
    noteDuplicate(endpoint, packet.sequence, place.endSequence);
    trimFront(packet, (place.endSequence - packet.sequence) | 0);
  }
  outOfOrder.insertAfter(packet, place);
  endpoint.chargeReceive(packet.trueSize);
  extension.TCPOFOQueue += 1;
  for (let follower = packet.next; follower !== null; follower = packet.next) {
    if (!after(packet.endSequence, follower.sequence)) break;
    if (before(packet.endSequence, follower.endSequence)) {
      trimFront(follower, (packet.endSequence - follower.sequence) | 0);
      break;
    }
    outOfOrder.remove(follower);
    endpoint.chargeReceive(-follower.trueSize);
    stack.release(follower);
  }
  addSackBlock(endpoint, packet);
}

/** RFC 2018 section 4: the first block holds the segment just received; blocks that it touches join it. */
function addSackBlock(endpoint: TcpEndpoint, packet: PacketBuffer): void {
  if (!endpoint.sackEnabled) return;
  let start = packet.sequence;
  let end = packet.endSequence;
  const blocks = endpoint.sackBlocks;
  for (let i = 0; i < blocks.length; ) {
    if (before(end, blocks[i]!) || after(start, blocks[i + 1]!)) {
      i += 2;
      continue;
    }
    if (before(blocks[i]!, start)) start = blocks[i]!;
    if (after(blocks[i + 1]!, end)) end = blocks[i + 1]!;
    blocks.splice(i, 2);
    i = 0;
  }
  blocks.unshift(start, end);
  if (blocks.length > MAX_SACK_BLOCKS * 2) blocks.length = MAX_SACK_BLOCKS * 2;
}

/** RFC 2883: the next acknowledgement tells which bytes came twice. */
export function noteDuplicate(endpoint: TcpEndpoint, start: number, end: number): void {
  if (!endpoint.sackEnabled) return;
  endpoint.duplicateSackStart = start;
  endpoint.duplicateSackEnd = end;
  endpoint.hasDuplicateSack = true;
  endpoint.stack.counters.tcpExtension.TCPDSACKOldSent += 1;
}

/** tcp_try_rmem_schedule: a segment is taken while the buffer is not full; else out-of-order segments make way for one in order. */
function makeRoom(endpoint: TcpEndpoint, packet: PacketBuffer, mustTake: boolean): boolean {
  const { stack } = endpoint;
  const fits = (): boolean =>
    endpoint.receiveQueueBytes <= endpoint.receiveBuffer &&
    stack.tcp.memory + packet.trueSize <= stack.settings.tcpMemory;
  if (fits()) return true;
  stack.counters.tcpExtension.PruneCalled += 1;
  const { outOfOrder } = endpoint;
  // From the end, as Linux does: what is farthest away is needed last.
  while (outOfOrder.tail !== null && !fits() && after(outOfOrder.tail.sequence, packet.sequence)) {
    const victim = outOfOrder.tail;
    outOfOrder.remove(victim);
    endpoint.chargeReceive(-victim.trueSize);
    stack.release(victim);
    stack.counters.tcpExtension.OfoPruned += 1;
    // RFC 2018 section 8: the receiver may renege; what it held is no longer told.
    endpoint.sackBlocks.length = 0;
  }
  if (fits()) return true;
  stack.counters.tcpExtension.RcvPruned += 1;
  return mustTake && stack.tcp.memory <= stack.settings.tcpMemory * 1.25;
}

// --- FIN -----------------------------------------------------------------------------------------------------------------------------

/** The peer will send no more (RFC 9293 section 3.10.7.4, "check the FIN bit"). */
function receiveFin(endpoint: TcpEndpoint): void {
  const { stack } = endpoint;
  endpoint.ackPending |= ACK_SCHEDULED;
  endpoint.shutdownFlags |= RECEIVE_SHUTDOWN;
  endpoint.done = true;
  for (let packet = endpoint.outOfOrder.shift(); packet !== null; packet = endpoint.outOfOrder.shift()) {
    endpoint.chargeReceive(-packet.trueSize);
    stack.release(packet);
  }
  endpoint.sackBlocks.length = 0;
  switch (endpoint.state) {
    case SYN_RECEIVED:
    case ESTABLISHED:
      stack.tcp.setState(endpoint, CLOSE_WAIT);
      endpoint.pingPong = true;
      break;
    case FIN_WAIT_1:
      // Both close at once: this FIN is acknowledged, ours not yet.
      sendAck(endpoint);
      stack.tcp.setState(endpoint, CLOSING);
      break;
    case FIN_WAIT_2:
      sendAck(endpoint);
      endpoint.toTimeWait();
      break;
    default:
      break;
  }
  endpoint.wake(POLLIN | POLLRDNORM | POLLRDHUP | POLLHUP);
}
