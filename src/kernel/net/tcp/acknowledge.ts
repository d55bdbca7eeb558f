// The send side of an acknowledgement: what it frees, the round trip it shows, what it tells to be lost, and how the congestion
// window answers.
//
//   open ──SACK──> disorder ──loss found──> recovery ──all acknowledged──> open
//     └──────────── timeout ──────────────> loss ─────all acknowledged──> open
//
// Loss is found by RACK (RFC 8985): a segment is lost when one sent a reordering window later was delivered. Without SACK three
// duplicate acknowledgements tell it (RFC 6582). The window in recovery follows PRR (RFC 6937). A recovery that timestamps prove
// needless is undone (RFC 3522).

import { NetworkWork } from '../ip/environment.ts';
import type { PacketBuffer } from '../ip/packet.ts';
import { NANOSECONDS_PER_MILLISECOND, NANOSECONDS_PER_SECOND } from '../ip/settings.ts';
import type { TcpEndpoint } from './endpoint.ts';
import { inFlight, retransmitLost, synchroniseMss } from './output.ts';
import { after, before, EVER_RETRANSMITTED, LOST, RETRANSMITTED, SACKED, type TcpHeader } from './segment.ts';
import { CA_DISORDER, CA_LOSS, CA_OPEN, CA_RECOVERY } from './states.ts';
import { acknowledgeProbe, armReordering, isReorderingTimer, rearmRetransmit, scheduleLossProbe } from './timers.ts';

const DUPLICATE_THRESHOLD = 3;
/** RFC 6298 section 2.4 asks for a second at least; Linux takes 200 ms (tcp_rto_min), and so do we. */
const MINIMUM_RTT_WINDOW = 300 * NANOSECONDS_PER_SECOND;

export type AckOutcome = 'valid' | 'old' | 'tooOld' | 'unsent';

/** Takes the acknowledgement of a segment whose sequence number was found acceptable. */
export function acknowledge(endpoint: TcpEndpoint, header: TcpHeader): AckOutcome {
  const { stack } = endpoint;
  const now = stack.clock.now();
  const acknowledged = header.acknowledgement;
  const prior = endpoint.sendUnacknowledged;
  if (after(acknowledged, endpoint.sendNext)) return 'unsent';
  if (before(acknowledged, prior)) {
    // RFC 5961 section 5: too old to be anything but an attack.
    if (before(acknowledged, (prior - endpoint.maxSendWindow) | 0)) return 'tooOld';
    if (header.sackBlocks > 0 && endpoint.sackEnabled && endpoint.packetsOut > 0) {
      const delivered = endpoint.delivered;
      const lost = endpoint.lostOut;
      takeSack(endpoint, header, now);
      respond(endpoint, 0, delivered, lost, false, false, now, header);
    }
    return 'old';
  }
  const advanced = acknowledged !== prior;
  if (header.hasTimestamp && !after(header.sequence, endpoint.windowBase)) {
    if (!before(header.timestamp, endpoint.recentTimestamp)) {
      endpoint.recentTimestamp = header.timestamp;
      endpoint.recentTimestampAt = now;
    }
  }
  const windowChanged = updateWindow(endpoint, header, advanced);
  endpoint.softError = 0;
  endpoint.probesOut = 0;
  if (advanced) {
    endpoint.retransmits = 0;
    endpoint.bytesAcknowledged += (acknowledged - prior) | 0;
  }
  if (endpoint.packetsOut === 0) {
    endpoint.sendUnacknowledged = acknowledged;
    if (endpoint.firstUnsent !== null) acknowledgeProbe(endpoint);
    return 'valid';
  }
  const delivered = endpoint.delivered;
  const lost = endpoint.lostOut;
  const sacked = header.sackBlocks > 0 && endpoint.sackEnabled ? takeSack(endpoint, header, now) : 0;
  endpoint.sendUnacknowledged = acknowledged;
  const freed = advanced ? freeAcknowledged(endpoint, acknowledged, header, now) : 0;
  // RFC 5681 section 2's definition of a duplicate acknowledgement.
  const duplicate = !advanced && !windowChanged && header.payloadBytes === 0 && sacked === 0;
  if (endpoint.probePending) finishLossProbe(endpoint, acknowledged, duplicate);
  respond(endpoint, freed, delivered, lost, advanced, duplicate, now, header);
  if (advanced && endpoint.noSpace && !endpoint.sendBufferLocked) endpoint.expandSendBuffer();
  return 'valid';
}

/** RFC 9293 section 3.10.7.4: the newest segment's window is taken (SND.WL1, SND.WL2). True if it changed. */
function updateWindow(endpoint: TcpEndpoint, header: TcpHeader, advanced: boolean): boolean {
  const window = header.window << endpoint.sendWindowScale;
  const newer =
    advanced ||
    after(header.sequence, endpoint.windowUpdateSequence) ||
    (header.sequence === endpoint.windowUpdateSequence && window > endpoint.sendWindow);
  if (!newer) return false;
  endpoint.windowUpdateSequence = header.sequence;
  if (window === endpoint.sendWindow) return false;
  endpoint.sendWindow = window;
  if (window > endpoint.maxSendWindow) {
    endpoint.maxSendWindow = window;
    synchroniseMss(endpoint);
  }
  return true;
}

// --- what was delivered ---------------------------------------------------------------------------------------------------------

/** Marks what the SACK blocks hold (RFC 2018); returns how many segments are newly so. */
function takeSack(endpoint: TcpEndpoint, header: TcpHeader, now: number): number {
  const { firstUnsent } = endpoint;
  let lowest = 0;
  let highest = 0;
  let blocks = 0;
  const floor = endpoint.sendUnacknowledged;
  for (let i = 0; i < header.sackBlocks; i += 1) {
    const start = header.sackStart[i]!;
    const end = header.sackEnd[i]!;
    const valid = before(start, end) && !before(start, floor) && !after(end, endpoint.sendNext);
    if (!valid || !after(end, header.acknowledgement)) {
      // RFC 2883: a block at or below the acknowledgement tells of a duplicate.
      if (i === 0 && !after(end, header.acknowledgement)) endpoint.stack.counters.tcpExtension.TCPDSACKRecv += 1;
      header.sackEnd[i] = start;
      continue;
    }
    if (blocks === 0 || before(start, lowest)) lowest = start;
    if (blocks === 0 || after(end, highest)) highest = end;
    blocks += 1;
  }
  if (blocks === 0) return 0;
  let marked = 0;
  let looked = 0;
  for (let packet = endpoint.sendQueue.head; packet !== null && packet !== firstUnsent; packet = packet.next) {
    looked += 1;
    if (!before(packet.sequence, highest)) break;
    if ((packet.marks & SACKED) !== 0 || before(packet.sequence, lowest)) continue;
    for (let i = 0; i < header.sackBlocks; i += 1) {
      if (before(packet.sequence, header.sackStart[i]!) || after(packet.endSequence, header.sackEnd[i]!)) continue;
      noteDelivered(endpoint, packet, now);
      if ((packet.marks & LOST) !== 0) endpoint.lostOut -= 1;
      if ((packet.marks & RETRANSMITTED) !== 0) endpoint.retransmittedOut -= 1;
      packet.marks = (packet.marks & EVER_RETRANSMITTED) | SACKED;
      endpoint.sackedOut += 1;
      endpoint.delivered += 1;
      marked += 1;
      break;
    }
  }
  endpoint.stack.charge(NetworkWork.tcpRecovery, looked, endpoint);
  if (after(highest, endpoint.highestSacked)) endpoint.highestSacked = highest;
  return marked;
}

/** Frees what the acknowledgement covers, and takes a round trip from it (Karn: not from a retransmission). */
function freeAcknowledged(endpoint: TcpEndpoint, acknowledged: number, header: TcpHeader, now: number): number {
  let freed = 0;
  let firstSentAt = -1;
  let retransmitted = false;
  const { firstUnsent } = endpoint;
  for (
    let packet = endpoint.sendQueue.head;
    packet !== null && packet !== firstUnsent;
    packet = endpoint.sendQueue.head
  ) {
    if (after(packet.endSequence, acknowledged)) {
      const covered = (acknowledged - packet.sequence) | 0;
      if (covered > 0) {
        packet.start += covered;
        packet.sequence = acknowledged;
      }
      break;
    }
    if ((packet.marks & EVER_RETRANSMITTED) !== 0) retransmitted = true;
    else if (firstSentAt < 0 && (packet.marks & SACKED) === 0) firstSentAt = packet.sentAt;
    if ((packet.marks & SACKED) !== 0) endpoint.sackedOut -= 1;
    else {
      noteDelivered(endpoint, packet, now);
      endpoint.delivered += 1;
    }
    if ((packet.marks & LOST) !== 0) endpoint.lostOut -= 1;
    if ((packet.marks & RETRANSMITTED) !== 0) endpoint.retransmittedOut -= 1;
    endpoint.packetsOut -= 1;
    freed += 1;
    endpoint.releaseSent(packet);
  }
  endpoint.stack.charge(NetworkWork.tcpAcked, freed, endpoint);
  if (before(endpoint.highestSacked, acknowledged)) endpoint.highestSacked = acknowledged;
  if (!retransmitted && firstSentAt >= 0) takeRoundTrip(endpoint, now - firstSentAt, now);
  else if (header.hasTimestamp && header.timestampEcho !== 0 && freed > 0) {
    const { tcp } = endpoint.stack;
    const milliseconds = (tcp.timestampNow() + endpoint.timestampOffset - header.timestampEcho) | 0;
    // RFC 7323 section 4: the echo names the segment that was delivered, were it sent again or not.
    if (milliseconds >= 0) takeRoundTrip(endpoint, Math.max(milliseconds, 1) * NANOSECONDS_PER_MILLISECOND, now);
  }
  return freed;
}

/** RFC 6298 section 2, with Linux's floor on the variation term. */
function takeRoundTrip(endpoint: TcpEndpoint, sample: number, now: number): void {
  const { settings } = endpoint.stack;
  if (sample < endpoint.minRtt || now - endpoint.minRttAt > MINIMUM_RTT_WINDOW) {
    endpoint.minRtt = sample;
    endpoint.minRttAt = now;
  }
  if (endpoint.smoothedRtt === 0) {
    endpoint.smoothedRtt = Math.max(sample, 1);
    endpoint.rttVariation = Math.floor(sample / 2);
  } else {
    const difference = Math.abs(endpoint.smoothedRtt - sample);
    endpoint.rttVariation += Math.floor((difference - endpoint.rttVariation) / 4);
    endpoint.smoothedRtt = Math.max(endpoint.smoothedRtt + Math.floor((sample - endpoint.smoothedRtt) / 8), 1);
  }
  endpoint.rto = Math.min(
    endpoint.smoothedRtt + Math.max(4 * endpoint.rttVariation, settings.tcpRtoMin),
    settings.tcpRtoMax,
  );
  endpoint.backoff = 0;
}

/** RFC 8985 steps 1 to 3: remembers the delivered segment that was sent last, and sees reordering. */
function noteDelivered(endpoint: TcpEndpoint, packet: PacketBuffer, now: number): void {
  const roundTrip = now - packet.sentAt;
  if ((packet.marks & EVER_RETRANSMITTED) !== 0) {
    // Faster than any round trip: the acknowledgement is of the first sending.
    if (roundTrip < endpoint.minRtt) return;
  } else if (before(packet.sequence, endpoint.highestSacked)) {
    endpoint.reorderingSeen = true;
  }
  endpoint.rackRtt = roundTrip;
  if (
    packet.sentAt > endpoint.rackSentAt ||
    (packet.sentAt === endpoint.rackSentAt && after(packet.endSequence, endpoint.rackEndSequence))
  ) {
    endpoint.rackSentAt = packet.sentAt;
    endpoint.rackEndSequence = packet.endSequence;
  }
}

// --- what was lost ------------------------------------------------------------------------------------------------------------------

/** RFC 8985 step 5: marks what must be lost by now; arms the reordering timer for what may be. */
export function detectLoss(endpoint: TcpEndpoint): void {
  if (endpoint.rackSentAt === 0 || endpoint.packetsOut === 0) return;
  const { stack } = endpoint;
  const now = stack.clock.now();
  const window = reorderingWindow(endpoint);
  let wait = 0;
  let looked = 0;
  for (let packet = endpoint.sendQueue.head; packet !== null && packet !== endpoint.firstUnsent; packet = packet.next) {
    looked += 1;
    const later =
      endpoint.rackSentAt > packet.sentAt ||
      (endpoint.rackSentAt === packet.sentAt && after(endpoint.rackEndSequence, packet.endSequence));
    if (!later) {
      // First sendings are in order of time: nothing behind this one is older.
      if ((packet.marks & EVER_RETRANSMITTED) === 0) break;
      continue;
    }
    if ((packet.marks & SACKED) !== 0) continue;
    if ((packet.marks & LOST) !== 0 && (packet.marks & RETRANSMITTED) === 0) continue;
    const remaining = packet.sentAt + endpoint.rackRtt + window - now;
    if (remaining <= 0) markLost(endpoint, packet);
    else wait = Math.max(wait, remaining);
  }
  stack.charge(NetworkWork.tcpRecovery, looked, endpoint);
  if (wait > 0) armReordering(endpoint, wait);
}

/** RFC 8985 step 4. */
function reorderingWindow(endpoint: TcpEndpoint): number {
  if (!endpoint.reorderingSeen) {
    if (endpoint.congestionState >= CA_RECOVERY || endpoint.sackedOut >= DUPLICATE_THRESHOLD) return 0;
  }
  const quarter = endpoint.minRtt === Infinity ? 0 : endpoint.minRtt / 4;
  return Math.floor(Math.min(quarter, endpoint.smoothedRtt));
}

function markLost(endpoint: TcpEndpoint, packet: PacketBuffer): void {
  if ((packet.marks & LOST) === 0) endpoint.lostOut += 1;
  if ((packet.marks & RETRANSMITTED) !== 0) endpoint.retransmittedOut -= 1;
  packet.marks = (packet.marks & EVER_RETRANSMITTED) | LOST;
}

/** Fast recovery begins (RFC 6675 section 5; RFC 6937). */
export function enterRecovery(endpoint: TcpEndpoint): void {
  if (endpoint.congestionState >= CA_RECOVERY) return;
  const extension = endpoint.stack.counters.tcpExtension;
  if (endpoint.sackEnabled) extension.TCPSackRecovery += 1;
  else extension.TCPRenoRecovery += 1;
  beginEpisode(endpoint);
  endpoint.prrDelivered = 0;
  endpoint.prrOut = 0;
  endpoint.congestionState = CA_RECOVERY;
}

/** A timeout: everything not SACKed counts as lost, the window closes to one segment (RFC 5681 section 3.1, equation 4). */
export function enterLoss(endpoint: TcpEndpoint): void {
  const head = endpoint.sendQueue.head;
  if (endpoint.congestionState <= CA_DISORDER || !after(endpoint.recoverySequence, endpoint.sendUnacknowledged)) {
    beginEpisode(endpoint);
  }
  // RFC 2018 section 8: a receiver that holds the head yet does not acknowledge it has reneged.
  const reneged = head !== null && (head.marks & SACKED) !== 0;
  for (let packet = head; packet !== null && packet !== endpoint.firstUnsent; packet = packet.next) {
    if ((packet.marks & SACKED) !== 0) {
      if (!reneged) continue;
      endpoint.sackedOut -= 1;
      packet.marks &= ~SACKED;
    }
    markLost(endpoint, packet);
  }
  if (!endpoint.sackEnabled) endpoint.sackedOut = 0;
  endpoint.congestion.reset();
  endpoint.cwnd = 1;
  endpoint.recoverySequence = endpoint.sendNext;
  endpoint.congestionState = CA_LOSS;
  endpoint.probePending = false;
}

function beginEpisode(endpoint: TcpEndpoint): void {
  endpoint.priorCwnd = endpoint.cwnd;
  endpoint.priorSsthresh = endpoint.ssthresh;
  endpoint.ssthresh = endpoint.congestion.thresholdAfterLoss(endpoint);
  endpoint.recoverySequence = endpoint.sendNext;
  endpoint.retransmitStamp = 0;
  endpoint.undoPossible = true;
}

/** RFC 8985 section 7.4: what the tail loss probe found out. */
function finishLossProbe(endpoint: TcpEndpoint, acknowledged: number, duplicate: boolean): void {
  if (before(acknowledged, endpoint.probeHighSequence)) return;
  if (!endpoint.probeRetransmitted || duplicate) {
    endpoint.probePending = false;
    return;
  }
  endpoint.probePending = false;
  // The probe itself repaired a loss, which nothing else has told: the window answers as to any loss.
  if (endpoint.congestionState <= CA_DISORDER) {
    endpoint.ssthresh = endpoint.congestion.thresholdAfterLoss(endpoint);
    endpoint.cwnd = Math.max(Math.min(endpoint.cwnd, endpoint.ssthresh), 2);
    endpoint.stack.counters.tcpExtension.TCPLossProbeRecovery += 1;
  }
}

// --- the answer ----------------------------------------------------------------------------------------------------------------------

function respond(
  endpoint: TcpEndpoint,
  freed: number,
  deliveredBefore: number,
  lostBefore: number,
  advanced: boolean,
  duplicate: boolean,
  now: number,
  header: TcpHeader,
): void {
  if (endpoint.congestionState >= CA_RECOVERY) {
    if (advanced && endpoint.undoPossible && wasNeedless(endpoint, header)) undo(endpoint);
    else if (!before(endpoint.sendUnacknowledged, endpoint.recoverySequence)) endEpisode(endpoint);
  }
  if (!endpoint.sackEnabled) countDuplicates(endpoint, freed, advanced, duplicate);
  else if (endpoint.sackedOut > 0 || endpoint.congestionState >= CA_RECOVERY) detectLoss(endpoint);
  if (endpoint.congestionState < CA_RECOVERY) {
    if (endpoint.lostOut > 0) enterRecovery(endpoint);
    else endpoint.congestionState = endpoint.sackedOut > 0 ? CA_DISORDER : CA_OPEN;
  }
  const delivered = endpoint.delivered - deliveredBefore;
  if (endpoint.congestionState === CA_RECOVERY) {
    reduceProportionally(endpoint, delivered, advanced, endpoint.lostOut > lostBefore);
  } else if (delivered > 0 && isWindowLimited(endpoint)) {
    endpoint.congestion.onAcknowledged(endpoint, delivered, now);
  }
  if (freed > 0 && !isReorderingTimer(endpoint) && !scheduleLossProbe(endpoint)) rearmRetransmit(endpoint);
  if (endpoint.lostOut > 0) retransmitLost(endpoint);
  if (endpoint.packetsOut > 0 && !endpoint.retransmitTimer.armed) rearmRetransmit(endpoint);
}

/** RFC 6582 with the segments that duplicate acknowledgements stand for counted as SACKed. */
function countDuplicates(endpoint: TcpEndpoint, freed: number, advanced: boolean, duplicate: boolean): void {
  if (duplicate) endpoint.sackedOut = Math.min(endpoint.sackedOut + 1, Math.max(endpoint.packetsOut - 1, 0));
  else if (advanced && freed > 0) endpoint.sackedOut = Math.max(endpoint.sackedOut - Math.max(freed - 1, 0), 0);
  if (advanced && endpoint.congestionState < CA_RECOVERY) endpoint.sackedOut = 0;
  if (endpoint.packetsOut === 0) endpoint.sackedOut = 0;
  const { head } = endpoint.sendQueue;
  const partial = advanced && endpoint.congestionState === CA_RECOVERY;
  if (head !== null && endpoint.packetsOut > 0 && (endpoint.sackedOut >= DUPLICATE_THRESHOLD || partial)) {
    if ((head.marks & LOST) === 0) markLost(endpoint, head);
  }
}

/** RFC 3522: the echo is older than the first retransmission, so the first sending had arrived. */
function wasNeedless(endpoint: TcpEndpoint, header: TcpHeader): boolean {
  return (
    endpoint.timestampsEnabled &&
    header.hasTimestamp &&
    header.timestampEcho !== 0 &&
    endpoint.retransmitStamp !== 0 &&
    before(header.timestampEcho, endpoint.retransmitStamp)
  );
}

function undo(endpoint: TcpEndpoint): void {
  for (let packet = endpoint.sendQueue.head; packet !== null && packet !== endpoint.firstUnsent; packet = packet.next) {
    if ((packet.marks & LOST) === 0) continue;
    packet.marks &= ~LOST;
    endpoint.lostOut -= 1;
  }
  endpoint.cwnd = Math.max(endpoint.cwnd, endpoint.priorCwnd);
  endpoint.ssthresh = Math.max(endpoint.ssthresh, endpoint.priorSsthresh);
  endpoint.undoPossible = false;
  endpoint.retransmitStamp = 0;
  endpoint.reorderingSeen = true;
  endpoint.congestionState = endpoint.sackedOut > 0 ? CA_DISORDER : CA_OPEN;
}

function endEpisode(endpoint: TcpEndpoint): void {
  if (endpoint.congestionState === CA_RECOVERY) endpoint.cwnd = Math.max(Math.min(endpoint.cwnd, endpoint.ssthresh), 2);
  endpoint.congestionState = CA_OPEN;
  endpoint.undoPossible = false;
  endpoint.retransmitStamp = 0;
  if (!endpoint.sackEnabled) endpoint.sackedOut = 0;
}

/** Proportional rate reduction (RFC 6937 section 3, with slow start reduction bound). */
function reduceProportionally(endpoint: TcpEndpoint, delivered: number, advanced: boolean, newlyLost: boolean): void {
  if (delivered <= 0 || endpoint.priorCwnd === 0) return;
  const pipe = inFlight(endpoint);
  const room = endpoint.ssthresh - pipe;
  endpoint.prrDelivered += delivered;
  let allowed: number;
  if (room < 0) {
    allowed = Math.ceil((endpoint.ssthresh * endpoint.prrDelivered) / endpoint.priorCwnd) - endpoint.prrOut;
  } else {
    allowed = Math.max(endpoint.prrDelivered - endpoint.prrOut, delivered);
    if (advanced && !newlyLost) allowed += 1;
    allowed = Math.min(room, allowed);
  }
  allowed = Math.max(allowed, endpoint.prrOut > 0 ? 0 : 1);
  endpoint.cwnd = pipe + allowed;
}

/** RFC 7661's concern, as tcp_is_cwnd_limited: a window that is not used must not grow. */
function isWindowLimited(endpoint: TcpEndpoint): boolean {
  if (endpoint.cwndLimited) return true;
  return endpoint.cwnd < endpoint.ssthresh && endpoint.cwnd < 2 * endpoint.maxPacketsOut;
}
