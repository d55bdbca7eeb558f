// Sending: what may go out now (window, congestion window, Nagle), how a segment is built, retransmission, acknowledgements and
// resets. Follows RFC 9293 section 3.8 and 3.7, RFC 1122 section 4.2.3.4 (silly windows), RFC 5681 section 4.1 (idle restart).

import { writeTransportChecksum } from '../ip/checksum.ts';
import { copyBytes, NetworkWork } from '../ip/environment.ts';
import { PROTOCOL_TCP } from '../ip/ipv4.ts';
import type { PacketBuffer } from '../ip/packet.ts';
import { HEADROOM } from '../ip/packet.ts';
import type { ResolvedRoute } from '../ip/route.ts';
import type { NetworkStack } from '../stack.ts';
import type { TcpEndpoint } from './endpoint.ts';
import {
  ACK,
  after,
  before,
  EVER_RETRANSMITTED,
  FIN,
  LOST,
  MAX_SACK_BLOCKS,
  PSH,
  RETRANSMITTED,
  RST,
  SACKED,
  TCP_HEADER_BYTES,
  TIMESTAMP_BYTES,
  writeHeader,
  writeSack,
  writeTimestamp,
} from './segment.ts';
import { CA_CWR, CA_RECOVERY, CLOSED } from './states.ts';
import { armProbeIfNeeded, rearmRetransmit, scheduleLossProbe } from './timers.ts';
import { ACK_NO_MEMORY, ACK_NOW, ACK_PUSHED, ACK_PUSHED_TWICE, ACK_SCHEDULED } from './variables.ts';
import { advertiseWindow } from './window.ts';

const IP_AND_TCP_BYTES = 40;
/** Below this no MSS goes (TCP_MIN_MSS of Linux). */
const MIN_MSS = 88;
const FIELD_CHECKSUM = 16;

// --- sizes -----------------------------------------------------------------------------------------------------------------

/** The MSS to offer for a path of that MTU. */
export function advertisedMss(mtu: number, userMss: number): number {
  const mss = Math.min(mtu, 65535) - IP_AND_TCP_BYTES;
  return userMss > 0 ? Math.min(mss, userMss) : mss;
}

/** Looks the route up again if it was lost; false when there is none. */
export function updateRoute(endpoint: TcpEndpoint): boolean {
  const { stack } = endpoint;
  if (endpoint.route !== null && endpoint.routeGeneration === stack.routeGeneration) return true;
  const route = stack.resolveRoute(endpoint.remoteAddress, endpoint.localAddress);
  if (typeof route === 'number') {
    endpoint.route = null;
    return false;
  }
  endpoint.route = route;
  endpoint.routeGeneration = stack.routeGeneration;
  return true;
}

/** tcp_sync_mss: the payload of a full segment without SACK blocks, from path, peer, program and the peer's window. */
export function synchroniseMss(endpoint: TcpEndpoint): void {
  const { stack } = endpoint;
  const mtu = endpoint.route === null ? 576 : endpoint.route.mtu;
  let mss = Math.min(advertisedMss(mtu, endpoint.userMss), endpoint.peerMss);
  mss = Math.min(mss, stack.settings.maxBufferBytes - HEADROOM);
  // A peer whose whole window is smaller than two segments gets segments of half of it (tcp_bound_to_half_wnd).
  const { maxSendWindow } = endpoint;
  const cutoff = maxSendWindow > 536 ? maxSendWindow >> 1 : maxSendWindow;
  if (cutoff > 0 && mss > cutoff) mss = Math.max(cutoff, 68 - IP_AND_TCP_BYTES);
  if (endpoint.timestampsEnabled) mss -= TIMESTAMP_BYTES;
  endpoint.mss = Math.max(mss, MIN_MSS - IP_AND_TCP_BYTES);
}

/** The payload of a full segment that goes out now: SACK blocks take room. */
export function currentMss(endpoint: TcpEndpoint): number {
  if (endpoint.route === null || endpoint.routeGeneration !== endpoint.stack.routeGeneration) {
    if (updateRoute(endpoint)) synchroniseMss(endpoint);
  }
  const blocks = sackCount(endpoint);
  return blocks === 0 ? endpoint.mss : Math.max(endpoint.mss - 4 - blocks * 8, 1);
}

function sackCount(endpoint: TcpEndpoint): number {
  if (!endpoint.sackEnabled) return 0;
  const blocks = (endpoint.sackBlocks.length >> 1) + (endpoint.hasDuplicateSack ? 1 : 0);
  return Math.min(blocks, endpoint.timestampsEnabled ? MAX_SACK_BLOCKS - 1 : MAX_SACK_BLOCKS);
}

/** Sequence number behind the peer's window. */
export function windowEnd(endpoint: TcpEndpoint): number {
  return (endpoint.sendUnacknowledged + endpoint.sendWindow) | 0;
}

/** Segments that are thought to be in the network (RFC 6675's pipe). */
export function inFlight(endpoint: TcpEndpoint): number {
  return endpoint.packetsOut - endpoint.sackedOut - endpoint.lostOut + endpoint.retransmittedOut;
}

// --- new data ----------------------------------------------------------------------------------------------------------------

/** Sends what may go, then sees to the timer that a closed window needs. `force` overrides Nagle and cork. */
export function pushPending(endpoint: TcpEndpoint, more = false, force = false): void {
  if (endpoint.firstUnsent === null) return;
  sendPending(endpoint, more, force, 0);
  armProbeIfNeeded(endpoint);
}

/** tcp_write_xmit. With `limit` > 0 at most so many segments go, whatever the congestion window says. Returns how many went. */
export function sendPending(endpoint: TcpEndpoint, more: boolean, force: boolean, limit: number): number {
  const mss = currentMss(endpoint);
  let sent = 0;
  let limited = false;
  for (let packet = endpoint.firstUnsent; packet !== null; packet = endpoint.firstUnsent) {
    if (limit > 0 ? sent >= limit : inFlight(endpoint) >= endpoint.cwnd) {
      limited = limit === 0;
      break;
    }
    const length = Math.min(packet.length, mss);
    const whole = packet.length <= mss;
    const end = whole ? packet.endSequence : (packet.sequence + mss) | 0;
    if (after(end, windowEnd(endpoint))) break;
    if (!force && whole && packet.next === null && !nagleAllows(endpoint, packet, length < mss, more)) break;
    if (!whole && !splitSegment(endpoint, packet, mss)) break;
    if (endpoint.packetsOut === 0) restartAfterIdle(endpoint);
    if (!transmitSegment(endpoint, packet)) break;
    advance(endpoint, packet);
    if (length < mss) endpoint.smallSequence = packet.endSequence;
    sent += 1;
  }
  if (sent > 0) {
    noteWindowUse(endpoint, limited);
    if (limit === 0) scheduleLossProbe(endpoint);
  } else if (limited) endpoint.cwndLimited = true;
  return sent;
}

/** RFC 1122 section 4.2.3.4 with Minshall's change: a small segment waits while another small one is unacknowledged. */
function nagleAllows(endpoint: TcpEndpoint, packet: PacketBuffer, partial: boolean, more: boolean): boolean {
  if (!partial || (packet.flags & FIN) !== 0) return true;
  if (more || endpoint.cork) return false;
  if (endpoint.noDelay || endpoint.packetsOut === 0) return true;
  return !after(endpoint.smallSequence, endpoint.sendUnacknowledged);
}

/** The segment has gone for the first time. */
function advance(endpoint: TcpEndpoint, packet: PacketBuffer): void {
  const wasIdle = endpoint.packetsOut === 0;
  endpoint.firstUnsent = packet.next;
  endpoint.sendNext = packet.endSequence;
  endpoint.packetsOut += 1;
  if (endpoint.congestionState === CA_RECOVERY || endpoint.congestionState === CA_CWR) endpoint.prrOut += 1;
  endpoint.bytesSent += packet.length;
  endpoint.stack.counters.tcpExtension.TCPOrigDataSent += 1;
  if (wasIdle) rearmRetransmit(endpoint);
}

function noteWindowUse(endpoint: TcpEndpoint, limited: boolean): void {
  if (
    !before(endpoint.sendUnacknowledged, endpoint.cwndUsageSequence) ||
    endpoint.packetsOut > endpoint.maxPacketsOut
  ) {
    endpoint.maxPacketsOut = endpoint.packetsOut;
    endpoint.cwndUsageSequence = endpoint.sendNext;
    endpoint.cwndLimited = limited;
  } else if (limited) endpoint.cwndLimited = true;
}

/** RFC 5681 section 4.1 and RFC 2861: an idle connection's window decays by half per timeout, to the restart window. */
function restartAfterIdle(endpoint: TcpEndpoint): void {
  const now = endpoint.stack.clock.now();
  let idle = now - endpoint.lastSendAt;
  if (idle <= endpoint.rto || endpoint.lastSendAt === 0) return;
  const restart = Math.min(endpoint.stack.settings.tcpInitialCwnd, endpoint.cwnd);
  endpoint.congestion.reset();
  if (endpoint.ssthresh !== 0x7fffffff) {
    endpoint.ssthresh = Math.max(endpoint.ssthresh, (endpoint.cwnd >> 1) + (endpoint.cwnd >> 2));
  }
  let cwnd = endpoint.cwnd;
  for (idle -= endpoint.rto; idle > 0 && cwnd > restart; idle -= endpoint.rto) cwnd >>= 1;
  endpoint.cwnd = Math.max(cwnd, restart);
}

/** Cuts a segment after `bytes`; the rest becomes the next segment, sharing its memory. False when memory is out. */
export function splitSegment(endpoint: TcpEndpoint, packet: PacketBuffer, bytes: number): boolean {
  const rest = packet.clone();
  rest.start = packet.start + bytes;
  rest.sequence = (packet.sequence + bytes) | 0;
  rest.endSequence = packet.endSequence;
  rest.flags = packet.flags & (FIN | PSH);
  rest.marks = packet.marks;
  rest.sentAt = packet.sentAt;
  rest.retransmissions = packet.retransmissions;
  packet.end = packet.start + bytes;
  packet.endSequence = rest.sequence;
  packet.flags &= ~(FIN | PSH);
  endpoint.sendQueue.insertAfter(rest, packet);
  endpoint.chargeSend(rest.trueSize);
  const wasSent = endpoint.firstUnsent !== packet && before(packet.sequence, endpoint.sendNext);
  if (wasSent) {
    endpoint.packetsOut += 1;
    if ((rest.marks & SACKED) !== 0) endpoint.sackedOut += 1;
    if ((rest.marks & LOST) !== 0) endpoint.lostOut += 1;
    if ((rest.marks & RETRANSMITTED) !== 0) endpoint.retransmittedOut += 1;
  }
  return true;
}

// --- building segments -----------------------------------------------------------------------------------------------------------

/** Sends a segment of the send queue, first or again. False if memory for it was lacking. */
export function transmitSegment(endpoint: TcpEndpoint, segment: PacketBuffer): boolean {
  const { stack } = endpoint;
  if (!updateRoute(endpoint)) return false;
  let packet: PacketBuffer;
  const { length } = segment;
  if (segment.exclusive) {
    packet = segment.clone();
  } else {
    const copy = stack.allocate(length);
    if (copy === null) return false;
    copyBytes(copy.data, copy.start, segment.data, segment.start, length);
    stack.charge(NetworkWork.copyBytes, length, copy);
    copy.end = copy.start + length;
    packet = copy;
  }
  stack.charge(NetworkWork.tcpOutput, 1, endpoint);
  const now = stack.clock.now();
  segment.sentAt = now;
  noteDataSent(endpoint, now);
  buildAndSend(endpoint, packet, segment.sequence, (segment.flags & (FIN | PSH)) | ACK);
  return true;
}

function noteDataSent(endpoint: TcpEndpoint, now: number): void {
  endpoint.lastSendAt = now;
  // An answer that follows at once makes the connection interactive: acknowledgements ride on data (tcp_event_data_sent).
  if (now - endpoint.lastDataReceiveAt < endpoint.ackTimeout) endpoint.pingPong = true;
}

/** A pure acknowledgement. */
export function sendAck(endpoint: TcpEndpoint): void {
  const { stack } = endpoint;
  if (endpoint.state === CLOSED) return;
  const packet = updateRoute(endpoint) ? stack.allocate(0) : null;
  if (packet === null) {
    // Try again when the delayed acknowledgement is due.
    endpoint.ackPending |= ACK_SCHEDULED;
    endpoint.ackTimeout = stack.settings.tcpDelayedAckMin;
    stack.timers.arm(endpoint.delayedAckTimer, stack.clock.now() + stack.settings.tcpDelayedAckMax);
    return;
  }
  stack.charge(NetworkWork.tcpAckOutput, 1, endpoint);
  buildAndSend(endpoint, packet, endpoint.sendNext, ACK);
}

/** A segment that the peer must answer: one below the window (RFC 9293 section 3.8.6.1 and 3.8.4). */
export function sendProbe(endpoint: TcpEndpoint): void {
  const packet = updateRoute(endpoint) ? endpoint.stack.allocate(0) : null;
  if (packet === null) return;
  endpoint.stack.charge(NetworkWork.tcpAckOutput, 1, endpoint);
  endpoint.stack.counters.tcpExtension.TCPWinProbe += 1;
  buildAndSend(endpoint, packet, (endpoint.sendUnacknowledged - 1) | 0, ACK);
}

/** The reset that ends a connection from this side. */
export function sendActiveReset(endpoint: TcpEndpoint): void {
  const packet = updateRoute(endpoint) ? endpoint.stack.allocate(0) : null;
  if (packet === null) return;
  endpoint.stack.counters.tcp.OutRsts += 1;
  endpoint.stack.charge(NetworkWork.tcpAckOutput, 1, endpoint);
  const sequence = before(windowEnd(endpoint), endpoint.sendNext) ? windowEnd(endpoint) : endpoint.sendNext;
  buildAndSend(endpoint, packet, sequence, RST | ACK);
}

/** Header, options, checksum, and down to IP. Owns the packet. */
function buildAndSend(endpoint: TcpEndpoint, packet: PacketBuffer, sequence: number, flags: number): void {
  const { stack } = endpoint;
  const { data } = packet;
  const blocks = (flags & RST) === 0 ? sackCount(endpoint) : 0;
  const options = (endpoint.timestampsEnabled ? TIMESTAMP_BYTES : 0) + (blocks > 0 ? 4 + blocks * 8 : 0);
  const headerBytes = TCP_HEADER_BYTES + options;
  const start = packet.start - headerBytes;
  const window = advertiseWindow(endpoint);
  writeHeader(
    data,
    start,
    endpoint.localPort,
    endpoint.remotePort,
    sequence,
    endpoint.receiveNext,
    flags,
    window,
    headerBytes,
  );
  let at = start + TCP_HEADER_BYTES;
  if (endpoint.timestampsEnabled) {
    at = writeTimestamp(data, at, (stack.tcp.timestampNow() + endpoint.timestampOffset) | 0, endpoint.recentTimestamp);
  }
  if (blocks > 0) writeSack(data, at, sackList(endpoint), blocks);
  packet.start = start;
  ackWasSent(endpoint);
  endpoint.segmentsOut += 1;
  stack.counters.tcp.OutSegs += 1;
  sendDown(
    stack,
    packet,
    endpoint.route!,
    endpoint.localAddress,
    endpoint.remoteAddress,
    endpoint.timeToLive,
    endpoint.typeOfService,
  );
}

/** The blocks to send: a duplicate first (RFC 2883), then the most recent. */
function sackList(endpoint: TcpEndpoint): readonly number[] {
  if (!endpoint.hasDuplicateSack) return endpoint.sackBlocks;
  endpoint.hasDuplicateSack = false;
  return [endpoint.duplicateSackStart, endpoint.duplicateSackEnd, ...endpoint.sackBlocks];
}

/** An acknowledgement has gone, alone or with data. */
function ackWasSent(endpoint: TcpEndpoint): void {
  if ((endpoint.ackPending & ACK_SCHEDULED) !== 0 && endpoint.quickAcks > 0) {
    endpoint.quickAcks -= 1;
    if (endpoint.quickAcks === 0) endpoint.ackTimeout = endpoint.stack.settings.tcpDelayedAckMin;
  }
  endpoint.ackPending &= ~(ACK_SCHEDULED | ACK_PUSHED | ACK_PUSHED_TWICE | ACK_NOW | ACK_NO_MEMORY);
  endpoint.delayedAckTimer.cancel();
}

/** Checksum, and down to IP. Owns the packet, whose window starts at the TCP header. */
export function sendDown(
  stack: NetworkStack,
  packet: PacketBuffer,
  route: ResolvedRoute,
  source: number,
  destination: number,
  timeToLive: number,
  typeOfService: number,
): void {
  const { length } = packet;
  if (route.networkInterface.checksumOffload && length + 20 <= route.mtu) packet.checksumPartial = true;
  else {
    stack.charge(NetworkWork.checksumBytes, length, packet);
    writeTransportChecksum(packet.data, packet.start, length, FIELD_CHECKSUM, source, destination, PROTOCOL_TCP);
  }
  stack.ip.output(packet, route, source, destination, PROTOCOL_TCP, timeToLive, typeOfService, !route.local);
}

// --- retransmission ------------------------------------------------------------------------------------------------------------------

/** Sends a segment of the retransmission queue again. False if it cannot go now. */
export function retransmitSegment(endpoint: TcpEndpoint, packet: PacketBuffer): boolean {
  const { stack } = endpoint;
  const mss = currentMss(endpoint);
  if (packet.sequence !== endpoint.sendUnacknowledged && !before(packet.sequence, windowEnd(endpoint))) return false;
  if (packet.length > mss) splitSegment(endpoint, packet, mss);
  if (!transmitSegment(endpoint, packet)) {
    stack.counters.tcpExtension.TCPRetransFail += 1;
    return false;
  }
  if ((packet.marks & RETRANSMITTED) === 0) endpoint.retransmittedOut += 1;
  packet.marks |= RETRANSMITTED | EVER_RETRANSMITTED;
  packet.retransmissions += 1;
  if (endpoint.retransmitStamp === 0) {
    endpoint.retransmitStamp = (stack.tcp.timestampNow() + endpoint.timestampOffset) | 0 || 1;
  }
  endpoint.totalRetransmits += 1;
  endpoint.bytesRetransmitted += packet.length;
  stack.counters.tcp.RetransSegs += 1;
  return true;
}

/** tcp_xmit_retransmit_queue: lost segments go again, oldest first, as far as the congestion window allows. */
export function retransmitLost(endpoint: TcpEndpoint): void {
  if (endpoint.lostOut === 0) return;
  let sent = 0;
  for (let packet = endpoint.sendQueue.head; packet !== null && packet !== endpoint.firstUnsent; packet = packet.next) {
    if (inFlight(endpoint) >= endpoint.cwnd) break;
    if ((packet.marks & (LOST | RETRANSMITTED | SACKED)) !== LOST) continue;
    if (!retransmitSegment(endpoint, packet)) break;
    if (endpoint.congestionState === CA_RECOVERY) {
      endpoint.prrOut += 1;
      endpoint.stack.counters.tcpExtension.TCPFastRetrans += 1;
    } else {
      endpoint.stack.counters.tcpExtension.TCPSlowStartRetrans += 1;
    }
    sent += 1;
    if (packet === endpoint.sendQueue.head) rearmRetransmit(endpoint);
  }
  if (sent > 0 && !endpoint.retransmitTimer.armed) rearmRetransmit(endpoint);
}

/**
 * tcp_write_wakeup: forces one segment out when the window is closed or nothing is in flight: what the window still takes of
 * the data that waits, or a bare probe.
 */
export function writeWakeup(endpoint: TcpEndpoint): boolean {
  if (endpoint.state === CLOSED) return false;
  const packet = endpoint.firstUnsent;
  if (packet !== null && before(packet.sequence, windowEnd(endpoint))) {
    const room = (windowEnd(endpoint) - packet.sequence) | 0;
    const bytes = Math.min(room, currentMss(endpoint));
    if (packet.length > bytes && !splitSegment(endpoint, packet, bytes)) return false;
    packet.flags |= PSH;
    if (!transmitSegment(endpoint, packet)) return false;
    advance(endpoint, packet);
    return true;
  }
  sendProbe(endpoint);
  return true;
}
