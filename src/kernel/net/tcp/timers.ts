// A connection's three timers: retransmission (which also serves zero-window probes, the tail loss probe and RACK's reordering
// wait, of which only one can be due), delayed acknowledgement, and keep-alive (which also ends an orphan in FIN-WAIT-2).

import { ETIMEDOUT } from '../../errno.ts';
import { detectLoss, enterLoss, enterRecovery } from './acknowledge.ts';
import { sendSimultaneousSynAck, sendSyn } from './control.ts';
import type { TcpEndpoint } from './endpoint.ts';
import {
  inFlight,
  retransmitLost,
  retransmitSegment,
  sendAck,
  sendActiveReset,
  sendPending,
  windowEnd,
  writeWakeup,
} from './output.ts';
import { after } from './segment.ts';
import { CA_CWR, CA_OPEN, CLOSED, FIN_WAIT_2, LISTEN, SYN_RECEIVED, SYN_SENT } from './states.ts';
import { ACK_SCHEDULED, TIMER_DELAYED_ACK, TIMER_KEEPALIVE } from './variables.ts';

const PURPOSE_RETRANSMIT = 0;
const PURPOSE_WINDOW_PROBE = 1;
const PURPOSE_LOSS_PROBE = 2;
const PURPOSE_REORDERING = 3;

/** Beyond this many doublings a timeout stays at its maximum. */
const MAX_BACKOFF = 30;

// --- arming ----------------------------------------------------------------------------------------------------------------------

export function stopTimers(endpoint: TcpEndpoint): void {
  endpoint.retransmitTimer.cancel();
  endpoint.delayedAckTimer.cancel();
  endpoint.keepaliveTimer.cancel();
}

export function armRetransmit(endpoint: TcpEndpoint, delay: number): void {
  arm(endpoint, PURPOSE_RETRANSMIT, Math.min(delay, endpoint.stack.settings.tcpRtoMax));
}

function arm(endpoint: TcpEndpoint, purpose: number, delay: number): void {
  endpoint.retransmitPurpose = purpose;
  endpoint.stack.timers.arm(endpoint.retransmitTimer, Math.ceil(endpoint.stack.clock.now() + delay));
}

/** The retransmission timeout with its exponential backoff (RFC 6298 rule 5.5). */
function timeout(endpoint: TcpEndpoint): number {
  return Math.min(endpoint.rto * 2 ** Math.min(endpoint.backoff, MAX_BACKOFF), endpoint.stack.settings.tcpRtoMax);
}

/** RFC 6298 rules 5.1 to 5.3: runs while something is unacknowledged, from now on. */
export function rearmRetransmit(endpoint: TcpEndpoint): void {
  if (endpoint.packetsOut === 0) {
    endpoint.retransmitTimer.cancel();
    return;
  }
  let delay = timeout(endpoint);
  if (endpoint.retransmitTimer.armed && endpoint.retransmitPurpose >= PURPOSE_LOSS_PROBE) {
    // The probe's wait counts as part of the timeout.
    const left = endpoint.sendQueue.head!.sentAt + delay - endpoint.stack.clock.now();
    delay = Math.max(left, 1);
  }
  arm(endpoint, PURPOSE_RETRANSMIT, delay);
}

/** RFC 8985 section 7.2: two round trips after the last segment, if nothing is heard, a probe goes out. */
export function scheduleLossProbe(endpoint: TcpEndpoint): boolean {
  const { settings, clock } = endpoint.stack;
  if (!settings.tcpEarlyRetransmitProbe || endpoint.packetsOut === 0 || !endpoint.sackEnabled) return false;
  if (endpoint.congestionState !== CA_OPEN && endpoint.congestionState !== CA_CWR) return false;
  if (endpoint.sackedOut > 0 || endpoint.probePending) return false;
  let delay = settings.tcpRtoInitial;
  if (endpoint.smoothedRtt > 0) {
    // The peer may delay its acknowledgement of anything up to a full segment. (The RFC and Linux ask for one segment, however
    // small: two small ones would then be probed in vain.)
    const mayWait = ((endpoint.sendNext - endpoint.sendUnacknowledged) | 0) <= endpoint.mss;
    delay = endpoint.smoothedRtt * 2 + (mayWait ? settings.tcpRtoMin : 2_000_000);
  }
  const head = endpoint.sendQueue.head!;
  const untilTimeout = head.sentAt + timeout(endpoint) - clock.now();
  if (untilTimeout <= 0) return false;
  arm(endpoint, PURPOSE_LOSS_PROBE, Math.min(delay, untilTimeout));
  return true;
}

export function armReordering(endpoint: TcpEndpoint, delay: number): void {
  arm(endpoint, PURPOSE_REORDERING, delay);
}

/** Whether the timer waits for reordered segments. */
export function isReorderingTimer(endpoint: TcpEndpoint): boolean {
  return endpoint.retransmitTimer.armed && endpoint.retransmitPurpose === PURPOSE_REORDERING;
}

/** Data waits and nothing is in flight: the closed window must be probed (RFC 9293 section 3.8.6.1). */
export function armProbeIfNeeded(endpoint: TcpEndpoint): void {
  if (endpoint.packetsOut > 0 || endpoint.firstUnsent === null || endpoint.retransmitTimer.armed) return;
  arm(endpoint, PURPOSE_WINDOW_PROBE, probeDelay(endpoint));
}

function probeDelay(endpoint: TcpEndpoint): number {
  const { tcpRtoMin, tcpRtoMax } = endpoint.stack.settings;
  const base = Math.max(endpoint.rto, tcpRtoMin);
  return Math.min(base * 2 ** Math.min(endpoint.backoff, MAX_BACKOFF), tcpRtoMax);
}

/** tcp_ack_probe: an answer came while nothing was in flight. */
export function acknowledgeProbe(endpoint: TcpEndpoint): void {
  const packet = endpoint.firstUnsent;
  if (packet === null) return;
  if (!after(packet.endSequence, windowEnd(endpoint))) {
    endpoint.backoff = 0;
    if (endpoint.retransmitPurpose === PURPOSE_WINDOW_PROBE) endpoint.retransmitTimer.cancel();
  } else {
    arm(endpoint, PURPOSE_WINDOW_PROBE, probeDelay(endpoint));
  }
}

export function armKeepalive(endpoint: TcpEndpoint, delay: number): void {
  if (endpoint.state === CLOSED || endpoint.state === LISTEN) return;
  endpoint.stack.timers.arm(endpoint.keepaliveTimer, Math.ceil(endpoint.stack.clock.now() + delay));
}

// --- going off -----------------------------------------------------------------------------------------------------------------------

export function onTimer(endpoint: TcpEndpoint, kind: number, now: number): void {
  if (kind === TIMER_DELAYED_ACK) delayedAckTimer(endpoint);
  else if (kind === TIMER_KEEPALIVE) keepaliveTimer(endpoint, now);
  else if (endpoint.retransmitPurpose === PURPOSE_RETRANSMIT) retransmitTimer(endpoint, now);
  else if (endpoint.retransmitPurpose === PURPOSE_WINDOW_PROBE) windowProbeTimer(endpoint, now);
  else if (endpoint.retransmitPurpose === PURPOSE_LOSS_PROBE) sendLossProbe(endpoint);
  else reorderingTimer(endpoint);
}

function delayedAckTimer(endpoint: TcpEndpoint): void {
  if ((endpoint.ackPending & ACK_SCHEDULED) === 0) return;
  const { settings, counters } = endpoint.stack;
  // The guess that an answer would carry the acknowledgement was wrong.
  if (endpoint.pingPong) {
    endpoint.pingPong = false;
    endpoint.ackTimeout = settings.tcpDelayedAckMin;
  } else {
    endpoint.ackTimeout = Math.min(endpoint.ackTimeout * 2, endpoint.rto);
  }
  counters.tcpExtension.DelayedACKs += 1;
  sendAck(endpoint);
}

function giveUp(endpoint: TcpEndpoint): void {
  endpoint.stack.counters.tcpExtension.TCPAbortOnTimeout += 1;
  endpoint.fail(endpoint.softError !== 0 ? endpoint.softError : ETIMEDOUT);
}

function retransmitTimer(endpoint: TcpEndpoint, now: number): void {
  const { stack } = endpoint;
  const { state } = endpoint;
  if (state === SYN_SENT || state === SYN_RECEIVED) {
    const limit = state === SYN_SENT ? endpoint.synRetries : stack.settings.tcpSynAckRetries;
    if (endpoint.retransmits >= limit || userTimeoutPassed(endpoint, now)) {
      giveUp(endpoint);
      return;
    }
    if (endpoint.retransmits === 0) endpoint.firstRetransmitAt = now;
    endpoint.retransmits += 1;
    endpoint.totalRetransmits += 1;
    endpoint.backoff += 1;
    stack.counters.tcp.RetransSegs += 1;
    stack.counters.tcpExtension.TCPSynRetrans += 1;
    if (state === SYN_SENT) sendSyn(endpoint);
    else sendSimultaneousSynAck(endpoint);
    armRetransmit(endpoint, timeout(endpoint));
    return;
  }
  const { head } = endpoint.sendQueue;
  if (endpoint.packetsOut === 0 || head === null) return;
  // A window that shrank to nothing: the retransmissions are its probes, and a peer that answers them keeps the connection.
  const stalled = endpoint.sendWindow === 0 && !endpoint.orphan;
  if (stalled ? stallTimedOut(endpoint, now) : writeTimedOut(endpoint, now)) {
    giveUp(endpoint);
    return;
  }
  stack.counters.tcpExtension.TCPTimeouts += 1;
  if (endpoint.retransmits === 0) endpoint.firstRetransmitAt = head.sentAt;
  enterLoss(endpoint);
  endpoint.retransmits += 1;
  if (!retransmitSegment(endpoint, head)) {
    // No memory, or a window that shrank away: soon again, without backing off.
    arm(endpoint, PURPOSE_RETRANSMIT, Math.min(timeout(endpoint), 500_000_000));
    return;
  }
  endpoint.backoff += 1;
  arm(endpoint, PURPOSE_RETRANSMIT, timeout(endpoint));
}

function userTimeoutPassed(endpoint: TcpEndpoint, now: number): boolean {
  return (
    endpoint.userTimeout > 0 && endpoint.retransmits > 0 && now - endpoint.firstRetransmitAt >= endpoint.userTimeout
  );
}

/**
 * tcp_write_timeout: the retries are counted as the time that they would take from the minimal timeout on (RFC 9293 section
 * 3.8.3's R2; tcp_retries2 15 is 924.6 s).
 */
function writeTimedOut(endpoint: TcpEndpoint, now: number): boolean {
  if (endpoint.retransmits === 0) return false;
  const { settings } = endpoint.stack;
  if (endpoint.userTimeout > 0) return userTimeoutPassed(endpoint, now);
  const retries = endpoint.orphan ? settings.tcpOrphanRetries : settings.tcpRetries2;
  let longest = 0;
  for (let i = 0; i <= retries; i += 1) longest += Math.min(settings.tcpRtoMin * 2 ** i, settings.tcpRtoMax);
  return now - endpoint.firstRetransmitAt >= longest;
}

/** tcp_rtx_probe0_timed_out. */
function stallTimedOut(endpoint: TcpEndpoint, now: number): boolean {
  if (endpoint.userTimeout > 0) return userTimeoutPassed(endpoint, now);
  const longest = endpoint.stack.settings.tcpRtoMax * 2;
  return (
    endpoint.retransmits > 0 && now - endpoint.lastReceiveAt > longest && now - endpoint.firstRetransmitAt > longest
  );
}

function windowProbeTimer(endpoint: TcpEndpoint, now: number): void {
  if (endpoint.packetsOut > 0 || endpoint.firstUnsent === null) {
    endpoint.probesOut = 0;
    return;
  }
  const { settings } = endpoint.stack;
  if (endpoint.probesOut === 0) endpoint.firstRetransmitAt = now;
  const limit = endpoint.orphan ? settings.tcpOrphanRetries : settings.tcpRetries2;
  const tooLong = endpoint.userTimeout > 0 && now - endpoint.firstRetransmitAt >= endpoint.userTimeout;
  if (endpoint.probesOut >= limit || tooLong) {
    giveUp(endpoint);
    return;
  }
  const sent = writeWakeup(endpoint);
  if (endpoint.packetsOut > 0) {
    endpoint.probesOut = 0;
    endpoint.backoff = 0;
    rearmRetransmit(endpoint);
    return;
  }
  if (sent) {
    endpoint.probesOut += 1;
    if (endpoint.backoff < settings.tcpRetries2) endpoint.backoff += 1;
    arm(endpoint, PURPOSE_WINDOW_PROBE, probeDelay(endpoint));
  } else {
    arm(endpoint, PURPOSE_WINDOW_PROBE, 500_000_000);
  }
}

/** RFC 8985 section 7.3: new data if there is any, else the last segment again. */
function sendLossProbe(endpoint: TcpEndpoint): void {
  if (endpoint.packetsOut === 0) return;
  const { stack } = endpoint;
  if (!endpoint.probePending) {
    let sent = false;
    if (endpoint.firstUnsent !== null) sent = sendPending(endpoint, false, true, 1) > 0;
    if (!sent) {
      const last = endpoint.firstUnsent === null ? endpoint.sendQueue.tail : endpoint.firstUnsent.previous;
      if (last !== null && retransmitSegment(endpoint, last)) {
        endpoint.probeRetransmitted = true;
        sent = true;
      }
    } else {
      endpoint.probeRetransmitted = false;
    }
    if (sent) {
      endpoint.probePending = true;
      endpoint.probeHighSequence = endpoint.sendNext;
      stack.counters.tcpExtension.TCPLossProbes += 1;
    }
  }
  arm(endpoint, PURPOSE_RETRANSMIT, timeout(endpoint));
}

function reorderingTimer(endpoint: TcpEndpoint): void {
  if (endpoint.packetsOut === 0) return;
  const before = inFlight(endpoint);
  detectLoss(endpoint);
  if (inFlight(endpoint) !== before) {
    if (endpoint.lostOut > 0) enterRecovery(endpoint);
    retransmitLost(endpoint);
  }
  if (!endpoint.retransmitTimer.armed) rearmRetransmit(endpoint);
}

function keepaliveTimer(endpoint: TcpEndpoint, now: number): void {
  const { state, stack } = endpoint;
  if (state === FIN_WAIT_2 && endpoint.orphan) {
    // Linux keeps such a connection as a TIME-WAIT record of its own kind and then forgets it.
    endpoint.finish();
    return;
  }
  if (!endpoint.keepAlive || state === CLOSED || state === SYN_SENT || state === LISTEN) return;
  if (endpoint.packetsOut > 0 || endpoint.firstUnsent !== null) {
    armKeepalive(endpoint, endpoint.keepIdle);
    return;
  }
  const idle = now - endpoint.lastReceiveAt;
  if (idle < endpoint.keepIdle) {
    armKeepalive(endpoint, endpoint.keepIdle - idle);
    return;
  }
  const dead =
    endpoint.userTimeout > 0
      ? idle >= endpoint.userTimeout && endpoint.probesOut > 0
      : endpoint.probesOut >= endpoint.keepCount;
  if (dead) {
    sendActiveReset(endpoint);
    giveUp(endpoint);
    return;
  }
  if (writeWakeup(endpoint)) {
    endpoint.probesOut += 1;
    stack.counters.tcpExtension.TCPKeepAlive += 1;
  }
  armKeepalive(endpoint, endpoint.keepInterval);
}
