// The segments that open, end and refuse connections: SYN, SYN-ACK, FIN, and answers that belong to no endpoint.

import { ENOBUFS } from '../../errno.ts';
import { NetworkWork } from '../ip/environment.ts';
import type { PacketBuffer } from '../ip/packet.ts';
import { HEADROOM } from '../ip/packet.ts';
import type { NetworkStack } from '../stack.ts';
import type { TcpEndpoint } from './endpoint.ts';
import type { Request } from './listener.ts';
import { advertisedMss, pushPending, sendDown, updateRoute } from './output.ts';
import {
  ACK,
  FIN,
  SYN,
  type SynOptions,
  TCP_HEADER_BYTES,
  type TcpHeader,
  TIMESTAMP_BYTES,
  writeHeader,
  writeSynOptions,
  writeTimestamp,
} from './segment.ts';
import { SYN_RECEIVED } from './states.ts';
import { armRetransmit } from './timers.ts';

/** Puts a FIN behind what is to be sent, and sends what may go. */
export function queueFin(endpoint: TcpEndpoint): void {
  const { tail } = endpoint.sendQueue;
  if (endpoint.firstUnsent !== null && tail !== null) {
    tail.flags |= FIN;
    tail.endSequence = (tail.endSequence + 1) | 0;
  } else {
    const packet = endpoint.stack.allocate(0);
    if (packet === null) {
      // Without memory for so much as a FIN the connection cannot end in order.
      endpoint.stack.counters.tcpExtension.TCPAbortOnMemory += 1;
      endpoint.fail(ENOBUFS);
      return;
    }
    packet.sequence = endpoint.writeSequence;
    packet.endSequence = (endpoint.writeSequence + 1) | 0;
    packet.flags = FIN;
    endpoint.sendQueue.push(packet);
    endpoint.chargeSend(packet.trueSize);
    endpoint.firstUnsent = packet;
  }
  endpoint.writeSequence = (endpoint.writeSequence + 1) | 0;
  if (endpoint.state !== SYN_RECEIVED) pushPending(endpoint, false, true);
}

/** The SYN of an active open, or again (RFC 9293 section 3.5). */
export function sendSyn(endpoint: TcpEndpoint): void {
  sendOpening(endpoint, SYN);
  armRetransmit(endpoint, endpoint.rto);
}

/** The SYN-ACK of a simultaneous open. */
export function sendSimultaneousSynAck(endpoint: TcpEndpoint): void {
  sendOpening(endpoint, SYN | ACK);
  armRetransmit(endpoint, endpoint.rto);
}

function sendOpening(endpoint: TcpEndpoint, flags: number): void {
  const { stack } = endpoint;
  const packet = updateRoute(endpoint) ? stack.allocate(0) : null;
  if (packet === null) return;
  const answers = (flags & ACK) !== 0;
  const headerBytes = writeOpening(packet, {
    mss: advertisedMss(endpoint.route!.mtu, endpoint.userMss),
    sackPermitted: endpoint.sackEnabled,
    windowScale:
      answers && endpoint.sendWindowScale < 0 ? -1 : stack.settings.tcpWindowScaling ? endpoint.receiveWindowScale : -1,
    hasTimestamp: endpoint.timestampsEnabled,
    timestamp: (stack.tcp.timestampNow() + endpoint.timestampOffset) | 0,
    timestampEcho: answers ? endpoint.recentTimestamp : 0,
  });
  writeHeader(
    packet.data,
    packet.start,
    endpoint.localPort,
    endpoint.remotePort,
    endpoint.initialSendSequence,
    answers ? endpoint.receiveNext : 0,
    flags,
    Math.min(endpoint.receiveWindow, 65535),
    headerBytes,
  );
  stack.charge(NetworkWork.tcpOutput, 1, endpoint);
  endpoint.lastSendAt = stack.clock.now();
  endpoint.segmentsOut += 1;
  stack.counters.tcp.OutSegs += 1;
  const { localAddress, remoteAddress, timeToLive, typeOfService } = endpoint;
  sendDown(stack, packet, endpoint.route!, localAddress, remoteAddress, timeToLive, typeOfService);
}

/** The SYN-ACK of a request. */
export function sendSynAck(request: Request): void {
  const { listener } = request;
  const { stack } = listener;
  const route = stack.resolveRoute(request.remoteAddress, request.localAddress);
  const packet = typeof route === 'number' ? null : stack.allocate(0);
  if (packet === null || typeof route === 'number') return;
  const headerBytes = writeOpening(packet, {
    mss: advertisedMss(route.mtu, listener.userMss),
    sackPermitted: request.sackEnabled,
    windowScale: request.peerWindowScale >= 0 ? request.receiveWindowScale : -1,
    hasTimestamp: request.timestampsEnabled,
    timestamp: (stack.tcp.timestampNow() + request.timestampOffset) | 0,
    timestampEcho: request.recentTimestamp,
  });
  writeHeader(
    packet.data,
    packet.start,
    request.localPort,
    request.remotePort,
    request.initialSendSequence,
    (request.initialReceiveSequence + 1) | 0,
    SYN | ACK,
    Math.min(request.receiveWindow, 65535),
    headerBytes,
  );
  stack.charge(NetworkWork.tcpOutput, 1, listener);
  stack.counters.tcp.OutSegs += 1;
  request.sentAt = stack.clock.now();
  const { localAddress, remoteAddress } = request;
  sendDown(stack, packet, route, localAddress, remoteAddress, listener.timeToLive, listener.typeOfService);
}

/** Makes room for a SYN's header and writes its options; returns the header's length. */
function writeOpening(packet: PacketBuffer, options: SynOptions): number {
  const at = HEADROOM - 60;
  const bytes = TCP_HEADER_BYTES + writeSynOptions(packet.data, at + TCP_HEADER_BYTES, options);
  packet.start = at;
  packet.end = at + bytes;
  return bytes;
}

/** A segment that answers `header` without an endpoint: a reset, or an acknowledgement for TIME-WAIT or a request. */
export function sendWithoutEndpoint(
  stack: NetworkStack,
  header: TcpHeader,
  sequence: number,
  acknowledgement: number,
  flags: number,
  window: number,
  withTimestamp: boolean,
  timestamp: number,
  timestampEcho: number,
): void {
  const route = stack.resolveRoute(header.sourceAddress, header.destinationAddress);
  const packet = typeof route === 'number' ? null : stack.allocate(0);
  if (packet === null || typeof route === 'number') return;
  const headerBytes = TCP_HEADER_BYTES + (withTimestamp ? TIMESTAMP_BYTES : 0);
  packet.start -= headerBytes;
  writeHeader(
    packet.data,
    packet.start,
    header.destinationPort,
    header.sourcePort,
    sequence,
    acknowledgement,
    flags,
    window,
    headerBytes,
  );
  if (withTimestamp) writeTimestamp(packet.data, packet.start + TCP_HEADER_BYTES, timestamp, timestampEcho);
  stack.charge(NetworkWork.tcpAckOutput, 1, null);
  stack.counters.tcp.OutSegs += 1;
  const ttl = stack.settings.ipDefaultTtl;
  sendDown(stack, packet, route, header.destinationAddress, header.sourceAddress, ttl, 0);
}
