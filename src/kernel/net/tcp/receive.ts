// The receive side of a connection: the queue in order, the bounded queue out of order, the window that is offered, and when an
// acknowledgement goes: at once, with data, or delayed (RFC 9293 section 3.8.6.3, RFC 5681 section 4.2).
//
// Invariant: `receiveQueue` holds the stream from `copiedSequence` to `receiveNext` without gap; `outOfOrder` holds segments beyond
// it, sorted, without overlap. Both are counted, with overhead, against the receive buffer.

import { POLLHUP, POLLIN, POLLRDHUP, POLLRDNORM } from '../../process/wait.ts';
import { copyBytes, NetworkWork } from '../ip/environment.ts';
import type { PacketBuffer } from '../ip/packet.ts';
import type { TcpEndpoint } from './endpoint.ts';
import { sendAck } from './output.ts';
import { after, before, FIN, MAX_SACK_BLOCKS, PSH, type TcpHeader } from './segment.ts';
import { CLOSE_WAIT, CLOSING, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, SYN_RECEIVED } from './states.ts';
import { ACK_NO_MEMORY, ACK_NOW, ACK_PUSHED, ACK_PUSHED_TWICE, ACK_SCHEDULED, RECEIVE_SHUTDOWN } from './variables.ts';

const MAX_QUICK_ACKS = 16;
/** The most bytes that are copied to fill up the last packet of the queue rather than to keep another. */
const COALESCE_BYTES = 2048;

// --- window ------------------------------------------------------------------------------------------------------------------

/** The window that a buffer of `space` bytes allows: half is kept for overhead (tcp_adv_win_scale 1). */
export function windowFromSpace(space: number): number {
  return space - (space >> 1);
}

/** tcp_select_initial_window: window, scale and clamp of a connection about to be opened. */
export function initialReceiveWindow(endpoint: TcpEndpoint): void {
  const { settings } = endpoint.stack;
  const space = windowFromSpace(endpoint.receiveBuffer);
  // As Linux: the scale is for the largest buffer that tuning may give, whatever the buffer is now.
  const largest = Math.max(space, settings.tcpRmem[2], settings.rmemMax);
  let scale = 0;
  if (settings.tcpWindowScaling) while (scale < 14 && largest >>> (scale + 16) > 0) scale += 1;
  const mtu = endpoint.route?.mtu ?? 1500;
  const mss = Math.max(Math.min(mtu, 65535) - 40, 536);
  const rounded = space > mss ? space - (space % mss) : space;
  endpoint.receiveWindowScale = scale;
  endpoint.receiveWindow = Math.min(rounded, 65535);
  endpoint.windowClamp = Math.min(space, 65535 * 2 ** scale);
  endpoint.receiveThreshold = endpoint.receiveWindow;
}

/** What is left of the window last advertised. */
export function remainingWindow(endpoint: TcpEndpoint): number {
  return Math.max((endpoint.windowBase + endpoint.receiveWindow - endpoint.receiveNext) | 0, 0);
}

/** __tcp_select_window: the window to offer, avoiding silly ones (RFC 9293 section 3.8.6.2.2). */
function selectWindow(endpoint: TcpEndpoint): number {
  const fullSpace = Math.min(endpoint.windowClamp, windowFromSpace(endpoint.receiveBuffer));
  let free = windowFromSpace(Math.max(endpoint.receiveBuffer - endpoint.receiveQueueBytes, 0));
  const mss = Math.min(endpoint.receiveMss, fullSpace);
  const scale = endpoint.receiveWindowScale;
  if (mss <= 0) return 0;
  if (free < fullSpace >> 1) {
    endpoint.quickAcks = 0;
    free -= free % 2 ** scale;
    if (free < fullSpace >> 4 || free < mss) return 0;
  }
  free = Math.min(free, endpoint.receiveThreshold);
  if (scale > 0) {
    const unit = 2 ** scale;
    return Math.ceil(free / unit) * unit;
  }
  let window = endpoint.receiveWindow;
  if (window <= free - mss || window > free) window = free - (free % mss);
  else if (mss === fullSpace && free > window + (fullSpace >> 1)) window = free;
  return window;
}

/** Settles the window with a segment about to go; returns the header's field. The right edge never moves back. */
export function advertiseWindow(endpoint: TcpEndpoint): number {
  if ((endpoint.ackPending & ACK_NO_MEMORY) !== 0) {
    // Only thus does the sender probe instead of giving up a segment that cannot be taken.
    endpoint.stack.counters.tcpExtension.TCPWantZeroWindowAdv += 1;
    endpoint.receiveWindow = 0;
    endpoint.windowBase = endpoint.receiveNext;
    return 0;
  }
  const current = remainingWindow(endpoint);
  const scale = endpoint.receiveWindowScale;
  const unit = 2 ** scale;
  let window = selectWindow(endpoint);
  if (window < current) window = Math.ceil(current / unit) * unit;
  window = Math.min(window, 65535 * unit);
  const { tcpExtension } = endpoint.stack.counters;
  if (window === 0 && endpoint.receiveWindow !== 0) tcpExtension.TCPToZeroWindowAdv += 1;
  else if (window !== 0 && endpoint.receiveWindow === 0) tcpExtension.TCPFromZeroWindowAdv += 1;
  endpoint.receiveWindow = window;
  endpoint.windowBase = endpoint.receiveNext;
  return Math.floor(window / unit);
}

/** tcp_rcv_space_adjust: a program that reads a window's worth per round trip gets a larger buffer. */
export function adjustReceiveSpace(endpoint: TcpEndpoint): void {
  const now = endpoint.stack.clock.now();
  const roundTrip = endpoint.receiveRtt > 0 ? endpoint.receiveRtt : endpoint.smoothedRtt;
  if (roundTrip === 0 || now - endpoint.spaceAt < roundTrip) return;
  const copied = (endpoint.copiedSequence - endpoint.spaceSequence) | 0;
  if (copied > endpoint.spaceBytes) {
    const limit = endpoint.stack.settings.tcpRmem[2];
    if (!endpoint.receiveBufferLocked) {
      const growth = Math.floor((2 * copied * (copied - endpoint.spaceBytes)) / endpoint.spaceBytes);
      const wanted = Math.min((copied * 2 + 16 * endpoint.mss + growth) * 2, limit);
      if (wanted > endpoint.receiveBuffer) {
        endpoint.receiveBuffer = wanted;
        endpoint.windowClamp = Math.min(windowFromSpace(wanted), 65535 * 2 ** endpoint.receiveWindowScale);
      }
    }
    endpoint.spaceBytes = copied;
  }
  endpoint.spaceSequence = endpoint.copiedSequence;
  endpoint.spaceAt = now;
}

/** tcp_grow_window: the offered window opens as full segments come in order. */
function growWindow(endpoint: TcpEndpoint, length: number): void {
  if (length < 128) return;
  const limit = Math.min(endpoint.windowClamp, windowFromSpace(endpoint.receiveBuffer));
  if (endpoint.receiveThreshold < limit) {
    endpoint.receiveThreshold = Math.min(limit, endpoint.receiveThreshold + 2 * endpoint.mss);
  }
}

// --- acknowledgements ----------------------------------------------------------------------------------------------------------

/** The next `MAX_QUICK_ACKS` acknowledgements, or as many as the window has segments, go at once. */
export function enterQuickAck(endpoint: TcpEndpoint): void {
  const segments = Math.floor(endpoint.receiveWindow / (2 * endpoint.receiveMss));
  const quick = Math.min(Math.max(segments, 2), MAX_QUICK_ACKS);
  endpoint.pingPong = false;
  endpoint.ackTimeout = endpoint.stack.settings.tcpDelayedAckMin;
  if (quick > endpoint.quickAcks) endpoint.quickAcks = quick;
}

/** After segments were taken: is an acknowledgement due (__tcp_ack_snd_check)? */
export function acknowledgeIfDue(endpoint: TcpEndpoint): void {
  if ((endpoint.ackPending & ACK_SCHEDULED) === 0) return;
  const unacknowledged = (endpoint.receiveNext - endpoint.windowBase) | 0;
  if (
    (unacknowledged > endpoint.receiveMss &&
      (endpoint.readable < endpoint.receiveLowWater || selectWindow(endpoint) >= endpoint.receiveWindow)) ||
    (endpoint.quickAcks > 0 && !endpoint.pingPong) ||
    (endpoint.ackPending & ACK_NOW) !== 0 ||
    endpoint.outOfOrder.head !== null
  ) {
    sendAck(endpoint);
  } else {
    delayAck(endpoint);
  }
}

/** tcp_send_delayed_ack: at most 200 ms, less when round trips are short. */
function delayAck(endpoint: TcpEndpoint): void {
  const { settings, clock, timers } = endpoint.stack;
  let delay = endpoint.ackTimeout;
  if (delay > settings.tcpDelayedAckMin) {
    let most = settings.tcpDelayedAckMax;
    if (!endpoint.pingPong && (endpoint.ackPending & ACK_PUSHED) === 0) most = settings.tcpDelayedAckMax * 2.5;
    if (endpoint.smoothedRtt > 0) {
      most = Math.min(most, Math.max(endpoint.smoothedRtt, settings.tcpDelayedAckMin));
    }
    delay = Math.min(delay, most);
  }
  const deadline = Math.floor(clock.now() + delay);
  const armed = endpoint.delayedAckTimer.deadline;
  if (armed <= clock.now() + delay / 4) {
    sendAck(endpoint);
    return;
  }
  timers.arm(endpoint.delayedAckTimer, Math.min(deadline, armed));
}

/** tcp_cleanup_rbuf: the program read `copied` bytes; the peer may have to hear of it. */
export function cleanupReceiveBuffer(endpoint: TcpEndpoint, copied: number): void {
  let due = false;
  const { ackPending } = endpoint;
  if ((ackPending & ACK_SCHEDULED) !== 0) {
    const unacknowledged = (endpoint.receiveNext - endpoint.windowBase) | 0;
    const pushed = (ackPending & ACK_PUSHED_TWICE) !== 0 || ((ackPending & ACK_PUSHED) !== 0 && !endpoint.pingPong);
    due = unacknowledged > endpoint.receiveMss || (copied > 0 && pushed && endpoint.readable === 0);
  }
  if (copied > 0 && !due && (endpoint.shutdownFlags & RECEIVE_SHUTDOWN) === 0) {
    const current = remainingWindow(endpoint);
    if (2 * current <= endpoint.windowClamp) {
      const window = selectWindow(endpoint);
      due = window > 0 && window >= 2 * current;
    }
  }
  if (due) sendAck(endpoint);
}

/** tcp_event_data_recv: learns the peer's segment size and pace. */
function noteDataReceived(endpoint: TcpEndpoint, packet: PacketBuffer): void {
  const { stack } = endpoint;
  const now = stack.clock.now();
  const { length } = packet;
  endpoint.ackPending |= ACK_SCHEDULED;
  if (length >= endpoint.receiveMss) {
    const { mtu } = endpoint.route ?? { mtu: 1500 };
    endpoint.receiveMss = Math.min(length, Math.max(mtu - 40, 536));
    // A push with a segment of just the estimated size is likely the end of a write, whose writer may wait for the
    // acknowledgement (Linux 6.6, tcp_measure_rcv_mss).
    if ((packet.flags & PSH) !== 0) endpoint.ackPending |= ACK_PUSHED;
  } else if ((packet.flags & PSH) !== 0 || length > 0) {
    if ((endpoint.ackPending & ACK_PUSHED) !== 0) endpoint.ackPending |= ACK_PUSHED_TWICE;
    endpoint.ackPending |= ACK_PUSHED;
  }
  const { tcpDelayedAckMin } = stack.settings;
  if (endpoint.ackTimeout === 0) {
    const { pingPong } = endpoint;
    enterQuickAck(endpoint);
    endpoint.pingPong = pingPong;
  } else {
    const gap = now - endpoint.lastDataReceiveAt;
    if (gap <= tcpDelayedAckMin / 2) {
      endpoint.ackTimeout = endpoint.ackTimeout / 2 + tcpDelayedAckMin / 2;
    } else if (gap < endpoint.ackTimeout) {
      endpoint.ackTimeout = Math.min(endpoint.ackTimeout / 2 + gap, endpoint.rto);
    } else if (gap > endpoint.rto) {
      const { pingPong } = endpoint;
      enterQuickAck(endpoint);
      endpoint.pingPong = pingPong;
    }
  }
  endpoint.lastDataReceiveAt = now;
  growWindow(endpoint, length);
}

// --- data ------------------------------------------------------------------------------------------------------------------------

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
