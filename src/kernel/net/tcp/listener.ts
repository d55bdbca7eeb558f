// Passive open: a SYN makes a request, the handshake's last acknowledgement makes a connection of it, accept(2) takes it.
//
//   SYN ──> request (bounded by the backlog) ──ACK──> accept queue (bounded by the backlog) ──> accept(2)
//
// When the accept queue is full a SYN is dropped, and so is a last acknowledgement: the peer sends it again with its data, or
// our SYN-ACK again brings it forth. When too many requests wait, SYN cookies (RFC 4987 section 3.6) take their place: the state
// travels in our sequence number and timestamp, and a flood costs no memory.

import { EADDRINUSE } from '../../errno.ts';
import { POLLIN, POLLRDNORM } from '../../process/wait.ts';
import { NetworkWork } from '../ip/environment.ts';
import type { PacketBuffer } from '../ip/packet.ts';
import type { Timer, TimerOwner } from '../ip/timer-queue.ts';
import { ConnectionEntry, KIND_REQUEST } from './connection-table.ts';
import { sendSynAck, sendWithoutEndpoint } from './control.ts';
import { TcpEndpoint } from './endpoint.ts';
import { receiveSegment } from './input.ts';
import { sendActiveReset } from './output.ts';
import { ACK, before, FIN, RST, SYN, type TcpHeader } from './segment.ts';
import { CLOSED, ESTABLISHED, LISTEN } from './states.ts';
import { checkCookie, signCookie } from './syn-cookies.ts';
import { ACK_SCHEDULED } from './variables.ts';
import { initialReceiveWindow } from './window.ts';

/** What a listening endpoint has more. */
export interface ListenerState {
  backlog: number;
  readonly acceptQueue: TcpEndpoint[];
  readonly requests: Set<Request>;
}

/** A handshake that waits for its last step: Linux's request_sock. */
export class Request extends ConnectionEntry implements TimerOwner {
  readonly entryKind = KIND_REQUEST;
  readonly listener: TcpEndpoint;
  readonly timer: Timer;
  initialSendSequence = 0;
  initialReceiveSequence = 0;
  peerMss = 536;
  /** -1 when the peer does not scale. */
  peerWindowScale = -1;
  sackEnabled = false;
  timestampsEnabled = false;
  timestampOffset = 0;
  recentTimestamp = 0;
  receiveWindow = 0;
  receiveWindowScale = 0;
  retransmits = 0;
  /** The last acknowledgement came, and was not taken: the accept queue was full, or data is waited for. */
  acknowledged = false;
  sentAt = 0;
  lastAnswerAt = -Infinity;

  constructor(listener: TcpEndpoint) {
    super();
    this.listener = listener;
    this.timer = listener.stack.timers.create(this, 0);
  }

  onTimer(_kind: number, now: number): void {
    const { listener } = this;
    const { settings, timers, counters } = listener.stack;
    const limit = Math.max(settings.tcpSynAckRetries, this.acknowledged ? deferRetries(listener) : 0);
    if (this.retransmits >= limit) {
      dropRequest(this);
      return;
    }
    this.retransmits += 1;
    // With TCP_DEFER_ACCEPT the peer knows that it is connected: nothing is sent until the time is over.
    if (!this.acknowledged || listener.deferAccept === 0 || this.retransmits >= deferRetries(listener)) {
      counters.tcp.RetransSegs += 1;
      sendSynAck(this);
    }
    timers.arm(this.timer, now + Math.min(settings.tcpRtoInitial * 2 ** this.retransmits, settings.tcpRtoMax));
  }
}

/** The number of SYN-ACK retransmissions that TCP_DEFER_ACCEPT's seconds last (secs_to_retrans). */
function deferRetries(listener: TcpEndpoint): number {
  let retries = 0;
  for (let seconds = 1, period = 1; listener.deferAccept > 0 && seconds <= listener.deferAccept; retries += 1) {
    period *= 2;
    seconds += period;
  }
  return listener.deferAccept > 0 ? retries + 1 : 0;
}

export function startListening(endpoint: TcpEndpoint, backlog: number): number {
  const { stack } = endpoint;
  const { tcp } = stack;
  const limit = Math.min(backlog < 0 ? stack.settings.somaxconn : backlog, stack.settings.somaxconn);
  if (endpoint.listener !== null) {
    endpoint.listener.backlog = limit;
    return 0;
  }
  if (!endpoint.bound) {
    const bound = tcp.bind(endpoint, endpoint.localAddress, 0);
    if (bound !== 0) return bound;
  } else if (!tcp.mayListen(endpoint)) {
    return -EADDRINUSE;
  }
  endpoint.listener = { backlog: limit, acceptQueue: [], requests: new Set() };
  endpoint.shutdownFlags = 0;
  tcp.setState(endpoint, LISTEN);
  tcp.addListener(endpoint);
  return 0;
}

/** Ends listening: requests are forgotten, connections that nobody accepted are reset (RFC 9293 section 3.10.4). */
export function closeListener(endpoint: TcpEndpoint): void {
  const { listener, stack } = endpoint;
  if (listener === null) return;
  for (const request of listener.requests) dropRequest(request);
  for (const child of listener.acceptQueue) {
    child.acceptedFrom = null;
    child.linger = 0;
    if (child.state !== CLOSED) sendActiveReset(child);
    stack.tcp.setClosed(child);
    child.close();
  }
  listener.acceptQueue.length = 0;
  endpoint.listener = null;
}

/** A segment for a listener that belongs to no request (RFC 9293 section 3.10.7.2). Owns the packet. */
export function listenerSegment(endpoint: TcpEndpoint, packet: PacketBuffer, header: TcpHeader): void {
  const { stack } = endpoint;
  const { flags } = header;
  stack.charge(NetworkWork.tcpInputSlow, 1, endpoint);
  if ((flags & RST) !== 0) {
    stack.release(packet);
    return;
  }
  if ((flags & ACK) !== 0) {
    const request = stack.settings.tcpSynCookies && (flags & SYN) === 0 ? checkCookie(endpoint, header) : null;
    if (request === null) {
      stack.tcp.resetReply(header);
      stack.release(packet);
    } else if (acceptQueueFull(endpoint)) {
      stack.counters.tcpExtension.ListenOverflows += 1;
      stack.counters.tcpExtension.ListenDrops += 1;
      stack.release(packet);
    } else {
      establish(request, packet, header);
    }
    return;
  }
  if ((flags & SYN) !== 0 && (flags & FIN) === 0) takeSyn(endpoint, header);
  stack.release(packet);
}

function acceptQueueFull(endpoint: TcpEndpoint): boolean {
  return endpoint.listener!.acceptQueue.length > endpoint.listener!.backlog;
}

function takeSyn(endpoint: TcpEndpoint, header: TcpHeader): void {
  const { stack } = endpoint;
  const listener = endpoint.listener!;
  const extension = stack.counters.tcpExtension;
  stack.charge(NetworkWork.tcpRequest, 1, endpoint);
  if (acceptQueueFull(endpoint) || stack.tcp.table.size >= stack.settings.tcpMaxConnections + listener.backlog) {
    if (acceptQueueFull(endpoint)) extension.ListenOverflows += 1;
    extension.ListenDrops += 1;
    return;
  }
  const full = listener.requests.size > listener.backlog;
  if (full && !stack.settings.tcpSynCookies) {
    extension.TCPReqQFullDrop += 1;
    extension.ListenDrops += 1;
    return;
  }
  const request = makeRequest(endpoint, header);
  if (header.mss > 0) request.peerMss = header.mss;
  request.peerWindowScale = stack.settings.tcpWindowScaling ? header.windowScale : -1;
  request.sackEnabled = header.sackPermitted && stack.settings.tcpSack;
  request.timestampsEnabled = header.hasTimestamp && stack.settings.tcpTimestamps;
  request.recentTimestamp = header.hasTimestamp ? header.timestamp : 0;
  request.initialReceiveSequence = header.sequence;
  if (full) {
    // Without timestamps there is nowhere to keep the other options.
    if (!request.timestampsEnabled) {
      request.peerWindowScale = -1;
      request.sackEnabled = false;
    }
    chooseWindow(request);
    if (!signCookie(request)) return;
    extension.TCPReqQFullDoCookies += 1;
    extension.SyncookiesSent += 1;
    sendSynAck(request);
    return;
  }
  chooseWindow(request);
  request.initialSendSequence = stack.tcp.initialSequence(request);
  listener.requests.add(request);
  stack.tcp.requests += 1;
  stack.tcp.table.add(request);
  stack.timers.arm(request.timer, stack.clock.now() + stack.settings.tcpRtoInitial);
  sendSynAck(request);
}

export function makeRequest(endpoint: TcpEndpoint, header: TcpHeader): Request {
  const request = new Request(endpoint);
  request.localAddress = header.destinationAddress;
  request.localPort = header.destinationPort;
  request.remoteAddress = header.sourceAddress;
  request.remotePort = header.sourcePort;
  request.timestampOffset = endpoint.stack.tcp.timestampOffset(request);
  return request;
}

export function chooseWindow(request: Request): void {
  const probe = request.listener;
  initialReceiveWindow(probe);
  request.receiveWindow = probe.receiveWindow;
  request.receiveWindowScale = request.peerWindowScale >= 0 ? probe.receiveWindowScale : 0;
}

function dropRequest(request: Request): void {
  const { listener } = request;
  const { tcp, timers } = listener.stack;
  if (listener.listener?.requests.delete(request) === true) tcp.requests -= 1;
  tcp.table.remove(request);
  timers.destroy(request.timer);
}

/** A segment for a request (RFC 9293 section 3.10.7.4 for SYN-RECEIVED; Linux's tcp_check_req). Owns the packet. */
export function acceptRequestSegment(request: Request, packet: PacketBuffer, header: TcpHeader): void {
  const { listener } = request;
  const { stack } = listener;
  const { flags } = header;
  const expected = (request.initialReceiveSequence + 1) | 0;
  stack.charge(NetworkWork.tcpInputSlow, 1, listener);
  const old = request.timestampsEnabled && header.hasTimestamp && before(header.timestamp, request.recentTimestamp);
  if ((flags & (SYN | ACK | RST)) === SYN && header.sequence === request.initialReceiveSequence && !old) {
    // The SYN again: our answer was lost. Answers to repeats are limited, as those to other strays.
    const now = stack.clock.now();
    if (now - request.sentAt >= stack.settings.tcpInvalidRateLimit) sendSynAck(request);
  } else if (old || !inWindow(header, expected, request.receiveWindow)) {
    if ((flags & RST) === 0) acknowledgeFor(request, header, expected);
  } else if ((flags & RST) !== 0) {
    // RFC 5961 section 3: only the exact number resets.
    if (header.sequence === expected) {
      dropRequest(request);
      stack.counters.tcp.AttemptFails += 1;
    } else if (stack.tcp.mayChallenge()) acknowledgeFor(request, header, expected);
  } else if ((flags & SYN) !== 0) {
    if (stack.tcp.mayChallenge()) acknowledgeFor(request, header, expected);
  } else if ((flags & ACK) !== 0) {
    if (header.acknowledgement !== ((request.initialSendSequence + 1) | 0)) stack.tcp.resetReply(header);
    else if (acceptQueueFull(listener)) {
      stack.counters.tcpExtension.ListenOverflows += 1;
      stack.counters.tcpExtension.ListenDrops += 1;
      request.acknowledged = true;
      if (stack.settings.tcpAbortOnOverflow) {
        stack.tcp.resetReply(header);
        dropRequest(request);
      }
    } else if (
      listener.deferAccept > 0 &&
      header.endSequence === expected &&
      request.retransmits < deferRetries(listener)
    ) {
      request.acknowledged = true;
      stack.counters.tcpExtension.TCPDeferAcceptDrop += 1;
    } else {
      dropRequest(request);
      establish(request, packet, header);
      return;
    }
  }
  stack.release(packet);
}

function inWindow(header: TcpHeader, expected: number, window: number): boolean {
  return !before(header.endSequence, expected) && before(header.sequence, (expected + Math.max(window, 1)) | 0);
}

/** An acknowledgement that says what is expected; not often, lest two sides that disagree answer each other for ever. */
function acknowledgeFor(request: Request, header: TcpHeader, expected: number): void {
  const { stack } = request.listener;
  const now = stack.clock.now();
  if (header.payloadBytes === 0 && now - request.lastAnswerAt < stack.settings.tcpInvalidRateLimit) return;
  request.lastAnswerAt = now;
  sendWithoutEndpoint(
    stack,
    header,
    (request.initialSendSequence + 1) | 0,
    expected,
    ACK,
    request.receiveWindow >> request.receiveWindowScale,
    request.timestampsEnabled,
    (stack.tcp.timestampNow() + request.timestampOffset) | 0,
    request.recentTimestamp,
  );
}

/** Makes the connection, puts it into the accept queue, and gives it the segment. Owns the packet. */
function establish(request: Request, packet: PacketBuffer, header: TcpHeader): void {
  const { listener } = request;
  const { stack } = listener;
  const child = new TcpEndpoint(stack);
  stack.charge(NetworkWork.tcpEstablish, 1, child);
  inheritOptions(child, listener);
  child.localAddress = request.localAddress;
  child.remoteAddress = request.remoteAddress;
  child.remotePort = request.remotePort;
  stack.tcp.inheritPort(child, request.localPort);
  child.initialSendSequence = request.initialSendSequence;
  child.sendUnacknowledged = header.acknowledgement;
  child.sendNext = header.acknowledgement;
  child.writeSequence = child.sendNext;
  child.pushedSequence = child.sendNext;
  child.smallSequence = child.sendNext;
  child.initialReceiveSequence = request.initialReceiveSequence;
  child.receiveNext = (request.initialReceiveSequence + 1) | 0;
  child.windowBase = child.receiveNext;
  initialReceiveWindow(child);
  child.receiveWindow = request.receiveWindow;
  child.receiveWindowScale = request.receiveWindowScale;
  child.sendWindowScale = Math.max(request.peerWindowScale, 0);
  child.sendWindow = header.window << child.sendWindowScale;
  child.maxSendWindow = child.sendWindow;
  child.windowUpdateSequence = header.sequence;
  child.peerMss = request.peerMss;
  child.sackEnabled = request.sackEnabled;
  child.timestampsEnabled = request.timestampsEnabled;
  child.timestampOffset = request.timestampOffset;
  child.recentTimestamp = header.hasTimestamp ? header.timestamp : request.recentTimestamp;
  child.recentTimestampAt = stack.clock.now();
  if (request.timestampsEnabled && !header.hasTimestamp) child.timestampsEnabled = request.recentTimestamp !== 0;
  stack.tcp.setState(child, ESTABLISHED);
  stack.counters.tcp.PassiveOpens += 1;
  stack.tcp.table.add(child);
  child.initialiseTransfer();
  child.ackPending &= ~ACK_SCHEDULED;
  if (request.retransmits === 0 && request.sentAt > 0) {
    const roundTrip = stack.clock.now() - request.sentAt;
    child.smoothedRtt = roundTrip;
    child.rttVariation = roundTrip / 2;
    child.minRtt = roundTrip;
    child.rto = Math.max(roundTrip + Math.max(roundTrip * 2, stack.settings.tcpRtoMin), stack.settings.tcpRtoMin);
    child.rto = Math.floor(child.rto);
  }
  child.acceptedFrom = listener;
  listener.listener!.acceptQueue.push(child);
  listener.wake(POLLIN | POLLRDNORM);
  receiveSegment(child, packet, header);
}

function inheritOptions(child: TcpEndpoint, listener: TcpEndpoint): void {
  child.reuseAddress = listener.reuseAddress;
  child.reusePort = listener.reusePort;
  child.keepAlive = listener.keepAlive;
  child.keepIdle = listener.keepIdle;
  child.keepInterval = listener.keepInterval;
  child.keepCount = listener.keepCount;
  child.noDelay = listener.noDelay;
  child.cork = listener.cork;
  child.linger = listener.linger;
  child.userTimeout = listener.userTimeout;
  child.userMss = listener.userMss;
  child.finTimeout = listener.finTimeout;
  child.notSentLowWater = listener.notSentLowWater;
  child.receiveLowWater = listener.receiveLowWater;
  child.timeToLive = listener.timeToLive;
  child.typeOfService = listener.typeOfService;
  child.sendBuffer = listener.sendBuffer;
  child.receiveBuffer = listener.receiveBuffer;
  child.sendBufferLocked = listener.sendBufferLocked;
  child.receiveBufferLocked = listener.receiveBufferLocked;
  child.setCongestion(listener.congestion.name);
}
