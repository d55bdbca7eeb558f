// A segment arrives at a connection: RFC 9293 section 3.10.7, in its order: sequence number, reset, SYN, acknowledgement, data,
// FIN; with the checks of RFC 5961 (blind attacks) and RFC 7323 (PAWS).

import { ECONNREFUSED, ECONNRESET, EPIPE } from '../../errno.ts';
import { POLLIN, POLLOUT, POLLWRNORM } from '../../process/wait.ts';
import { NetworkWork } from '../ip/environment.ts';
import type { PacketBuffer } from '../ip/packet.ts';
import { NANOSECONDS_PER_SECOND } from '../ip/settings.ts';
import { acknowledge } from './acknowledge.ts';
import { sendSimultaneousSynAck } from './control.ts';
import { acknowledgeIfDue, enterQuickAck } from './delayed-ack.ts';
import type { TcpEndpoint } from './endpoint.ts';
import { pushPending, sendAck, sendActiveReset } from './output.ts';
import { noteDuplicate, receiveData } from './receive.ts';
import { ACK, after, before, FIN, PSH, RST, SYN, type TcpHeader } from './segment.ts';
import {
  CLOSE_WAIT,
  CLOSED,
  CLOSING,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  SYN_RECEIVED,
  SYN_SENT,
} from './states.ts';
import { armKeepalive } from './timers.ts';
import { RECEIVE_SHUTDOWN, SEND_SHUTDOWN } from './variables.ts';
import { remainingWindow } from './window.ts';

/** RFC 7323 section 5.5: a timestamp of an idle connection is outdated after 24 days. */
const PAWS_LIFETIME = 24 * 24 * 3600 * NANOSECONDS_PER_SECOND;

/** A segment for a connection. Owns the packet. */
export function receiveSegment(endpoint: TcpEndpoint, packet: PacketBuffer, header: TcpHeader): void {
  const { stack } = endpoint;
  endpoint.segmentsIn += 1;
  if (endpoint.state === SYN_SENT) {
    stack.charge(NetworkWork.tcpInputSlow, 1, endpoint);
    synSent(endpoint, header);
    stack.release(packet);
    return;
  }
  const { flags } = header;
  const predicted =
    endpoint.state === ESTABLISHED &&
    (flags & ~PSH) === ACK &&
    header.sequence === endpoint.receiveNext &&
    endpoint.outOfOrder.head === null;
  stack.charge(predicted ? NetworkWork.tcpInputFast : NetworkWork.tcpInputSlow, 1, endpoint);
  if (predicted) {
    if (header.payloadBytes > 0) stack.counters.tcpExtension.TCPHPHits += 1;
    else stack.counters.tcpExtension.TCPPureAcks += 1;
  }
  if (!acceptable(endpoint, packet, header) || !takeAcknowledgement(endpoint, header)) {
    stack.release(packet);
    return;
  }
  takePayload(endpoint, packet, header);
  if ((endpoint.state as number) === CLOSED) return;
  pushPending(endpoint);
  endpoint.checkSpace();
  acknowledgeIfDue(endpoint);
}

/** The first four checks. False if the segment ends here; it was answered if it must be. */
function acceptable(endpoint: TcpEndpoint, packet: PacketBuffer, header: TcpHeader): boolean {
  const { stack } = endpoint;
  const { flags } = header;
  if (endpoint.timestampsEnabled && header.hasTimestamp && isOldDuplicate(endpoint, header)) {
    if ((flags & RST) === 0) {
      stack.counters.tcpExtension.PAWSEstab += 1;
      answerStray(endpoint, packet, header);
    }
    return false;
  }
  const edge = (endpoint.receiveNext + remainingWindow(endpoint)) | 0;
  if (before(header.endSequence, endpoint.windowBase) || after(header.sequence, edge)) {
    if ((flags & RST) !== 0) return false;
    if ((flags & SYN) !== 0) challenge(endpoint);
    else answerStray(endpoint, packet, header);
    return false;
  }
  if ((flags & RST) !== 0) {
    // RFC 5961 section 3.2: only the very next number resets; what is merely in the window is challenged.
    if (header.sequence === endpoint.receiveNext) reset(endpoint);
    else challenge(endpoint);
    return false;
  }
  if ((flags & SYN) !== 0) {
    const completesSimultaneousOpen =
      endpoint.state === SYN_RECEIVED &&
      (flags & ACK) !== 0 &&
      ((header.sequence + 1) | 0) === endpoint.receiveNext &&
      header.endSequence === endpoint.receiveNext &&
      header.acknowledgement === endpoint.sendNext;
    if (!completesSimultaneousOpen) {
      stack.counters.tcpExtension.TCPSYNChallenge += 1;
      challenge(endpoint);
      return false;
    }
  }
  return (flags & ACK) !== 0;
}

/** PAWS (RFC 7323 section 5.3), save for acknowledgements that the network put out of order (tcp_disordered_ack). */
function isOldDuplicate(endpoint: TcpEndpoint, header: TcpHeader): boolean {
  if (!before(header.timestamp, endpoint.recentTimestamp)) return false;
  if (endpoint.stack.clock.now() - endpoint.recentTimestampAt >= PAWS_LIFETIME) return false;
  const disordered =
    header.flags === ACK &&
    header.payloadBytes === 0 &&
    header.sequence === endpoint.receiveNext &&
    header.acknowledgement === endpoint.sendUnacknowledged &&
    header.window << endpoint.sendWindowScale === endpoint.sendWindow;
  return !disordered;
}

/** A segment outside of the window is answered with an acknowledgement (RFC 9293 section 3.10.7.4); if it is empty, not often. */
function answerStray(endpoint: TcpEndpoint, packet: PacketBuffer, header: TcpHeader): void {
  const empty = header.payloadBytes === 0 && (header.flags & (SYN | FIN)) === 0;
  if (empty && !mayAnswerStray(endpoint)) return;
  if (header.sequence !== header.endSequence && before(header.sequence, endpoint.receiveNext)) {
    enterQuickAck(endpoint);
    const end = after(packet.endSequence, endpoint.receiveNext) ? endpoint.receiveNext : packet.endSequence;
    noteDuplicate(endpoint, packet.sequence, end);
  }
  sendAck(endpoint);
}

function mayAnswerStray(endpoint: TcpEndpoint): boolean {
  const now = endpoint.stack.clock.now();
  if (now - endpoint.lastOutOfWindowAckAt < endpoint.stack.settings.tcpInvalidRateLimit) return false;
  endpoint.lastOutOfWindowAckAt = now;
  return true;
}

/** RFC 5961: the acknowledgement that asks the peer whether it meant it. */
function challenge(endpoint: TcpEndpoint): void {
  if (!mayAnswerStray(endpoint) || !endpoint.stack.tcp.mayChallenge()) return;
  endpoint.stack.counters.tcpExtension.TCPChallengeACK += 1;
  sendAck(endpoint);
}

/** The peer reset the connection (tcp_reset). */
function reset(endpoint: TcpEndpoint): void {
  const { state } = endpoint;
  if (state === ESTABLISHED || state === CLOSE_WAIT) endpoint.stack.counters.tcp.EstabResets += 1;
  endpoint.fail(state === SYN_SENT ? ECONNREFUSED : state === CLOSE_WAIT ? EPIPE : ECONNRESET);
}

/** The fifth check, and the changes of state that an acknowledgement brings. False if the segment ends here. */
function takeAcknowledgement(endpoint: TcpEndpoint, header: TcpHeader): boolean {
  const { stack } = endpoint;
  if (endpoint.state === SYN_RECEIVED) {
    const { acknowledgement } = header;
    if (!after(acknowledgement, endpoint.initialSendSequence) || after(acknowledgement, endpoint.sendNext)) {
      stack.tcp.resetReply(header);
      return false;
    }
    endpoint.sendUnacknowledged = (endpoint.initialSendSequence + 1) | 0;
    establish(endpoint);
    endpoint.sendWindow = header.window << endpoint.sendWindowScale;
    endpoint.maxSendWindow = Math.max(endpoint.maxSendWindow, endpoint.sendWindow);
    endpoint.windowUpdateSequence = header.sequence;
    endpoint.initialiseTransfer();
  }
  endpoint.lastReceiveAt = stack.clock.now();
  const outcome = acknowledge(endpoint, header);
  if (outcome === 'unsent' || outcome === 'tooOld') {
    challenge(endpoint);
    return false;
  }
  const finished = endpoint.sendUnacknowledged === endpoint.writeSequence;
  switch (endpoint.state) {
    case FIN_WAIT_1:
      if (finished) {
        stack.tcp.setState(endpoint, FIN_WAIT_2);
        endpoint.shutdownFlags |= SEND_SHUTDOWN;
        if (endpoint.orphan) armKeepalive(endpoint, Math.max(endpoint.finTimeout, 0));
        else endpoint.wake(POLLOUT | POLLWRNORM);
      }
      return true;
    case CLOSING:
      if (finished) endpoint.toTimeWait();
      return !finished;
    case LAST_ACK:
      if (finished) endpoint.finish();
      return !finished;
    default:
      return true;
  }
}

/** The sixth check and the rest: payload and FIN, where the state takes them. Owns the packet. */
function takePayload(endpoint: TcpEndpoint, packet: PacketBuffer, header: TcpHeader): void {
  const { stack } = endpoint;
  switch (endpoint.state) {
    case FIN_WAIT_1:
    case FIN_WAIT_2: {
      const dataEnd = (packet.endSequence - (packet.flags & FIN)) | 0;
      if (
        (endpoint.shutdownFlags & RECEIVE_SHUTDOWN) !== 0 &&
        header.payloadBytes > 0 &&
        after(dataEnd, endpoint.receiveNext)
      ) {
        // RFC 2525 section 2.17: data for a program that is gone. Linux resets.
        stack.counters.tcpExtension.TCPAbortOnData += 1;
        sendActiveReset(endpoint);
        endpoint.fail(ECONNRESET);
        stack.release(packet);
        return;
      }
      receiveData(endpoint, packet, header);
      return;
    }
    case ESTABLISHED:
      receiveData(endpoint, packet, header);
      return;
    default:
      // After the peer's FIN there can only be what came before.
      if (before(packet.sequence, endpoint.receiveNext)) receiveData(endpoint, packet, header);
      else stack.release(packet);
  }
}

// --- opening ------------------------------------------------------------------------------------------------------------------------

/** RFC 9293 section 3.10.7.3: the answer to our SYN, or a SYN that crossed it. Does not own the packet. */
function synSent(endpoint: TcpEndpoint, header: TcpHeader): void {
  const { stack } = endpoint;
  const { flags, acknowledgement } = header;
  const isAck = (flags & ACK) !== 0;
  if (isAck && (!after(acknowledgement, endpoint.initialSendSequence) || after(acknowledgement, endpoint.sendNext))) {
    stack.tcp.resetReply(header);
    return;
  }
  if ((flags & RST) !== 0) {
    if (isAck) reset(endpoint);
    return;
  }
  if ((flags & SYN) === 0) return;
  negotiate(endpoint, header);
  const now = stack.clock.now();
  endpoint.initialReceiveSequence = header.sequence;
  endpoint.receiveNext = (header.sequence + 1) | 0;
  endpoint.windowBase = endpoint.receiveNext;
  endpoint.copiedSequence = endpoint.receiveNext;
  // The window of a SYN is never scaled (RFC 7323 section 2.2).
  endpoint.sendWindow = header.window;
  endpoint.maxSendWindow = header.window;
  endpoint.windowUpdateSequence = header.sequence;
  endpoint.lastReceiveAt = now;
  if (!isAck) {
    stack.tcp.setState(endpoint, SYN_RECEIVED);
    endpoint.retransmits = 0;
    endpoint.backoff = 0;
    sendSimultaneousSynAck(endpoint);
    return;
  }
  endpoint.sendUnacknowledged = acknowledgement;
  if (endpoint.retransmits === 0) {
    const roundTrip = Math.max(now - endpoint.lastSendAt, 1);
    endpoint.smoothedRtt = roundTrip;
    endpoint.rttVariation = Math.floor(roundTrip / 2);
    endpoint.minRtt = roundTrip;
    endpoint.minRttAt = now;
    endpoint.rto = roundTrip + Math.max(4 * endpoint.rttVariation, stack.settings.tcpRtoMin);
  } else {
    // RFC 6298 rule 5.7: after a lost SYN the timeout starts from three seconds; RFC 5681 section 3.1: the window from one
    // segment, which Linux does after the second loss.
    endpoint.rto = 3 * stack.settings.tcpRtoInitial;
    if (endpoint.retransmits > 1) endpoint.cwnd = 1;
  }
  establish(endpoint);
  endpoint.initialiseTransfer();
  sendAck(endpoint);
}

/** What both sides can do: maximum segment size, window scale, timestamps, SACK. */
function negotiate(endpoint: TcpEndpoint, header: TcpHeader): void {
  endpoint.peerMss = header.mss > 0 ? Math.max(header.mss, 48) : 536;
  endpoint.timestampsEnabled = endpoint.timestampsEnabled && header.hasTimestamp;
  if (endpoint.timestampsEnabled) {
    endpoint.recentTimestamp = header.timestamp;
    endpoint.recentTimestampAt = endpoint.stack.clock.now();
  }
  endpoint.sackEnabled = endpoint.sackEnabled && header.sackPermitted;
  if (header.windowScale >= 0 && endpoint.stack.settings.tcpWindowScaling) {
    endpoint.sendWindowScale = header.windowScale;
  } else {
    endpoint.sendWindowScale = 0;
    endpoint.receiveWindowScale = 0;
    endpoint.windowClamp = Math.min(endpoint.windowClamp, 65535);
  }
}

function establish(endpoint: TcpEndpoint): void {
  const { stack } = endpoint;
  stack.charge(NetworkWork.tcpEstablish, 1, endpoint);
  endpoint.retransmitTimer.cancel();
  endpoint.retransmits = 0;
  endpoint.backoff = 0;
  stack.tcp.setState(endpoint, ESTABLISHED);
  endpoint.wake(POLLOUT | POLLWRNORM | POLLIN);
}
