// The variables of a connection (RFC 9293 section 3.3.1 and the RFCs that added to it), with the accounts of its two queues. What
// is done with them is told elsewhere: endpoint.ts has the calls, input.ts and its neighbours the segments.

import type { Endpoint } from '../ip/environment.ts';
import type { NetworkInterface } from '../ip/interface.ts';
import type { PacketBuffer } from '../ip/packet.ts';
import { PACKET_OVERHEAD, PacketQueue } from '../ip/packet.ts';
import type { ResolvedRoute } from '../ip/route.ts';
import type { Timer, TimerOwner } from '../ip/timer-queue.ts';
import type { NetworkStack } from '../stack.ts';
import type { CongestionControl, CongestionWindow } from './congestion.ts';
import { createCongestionControl } from './congestion.ts';
import { ConnectionEntry, KIND_CONNECTION } from './connection-table.ts';
import type { TcpEndpoint } from './endpoint.ts';
import type { ListenerState } from './listener.ts';
import { CA_OPEN, CLOSED } from './states.ts';

/** shutdown(2)'s directions, as bits. */
export const RECEIVE_SHUTDOWN = 1;
export const SEND_SHUTDOWN = 2;
export const BOTH_SHUTDOWN = 3;

/** What the socket layer's state is (enum socket_state): it decides what connect(2) answers. */
export type ConnectPhase = 'unconnected' | 'connecting' | 'connected';

/** What waits to be acknowledged (inet_csk_ack_state_t). */
export const ACK_SCHEDULED = 1;
export const ACK_PUSHED = 2;
export const ACK_PUSHED_TWICE = 4;
export const ACK_NOW = 8;
/** A segment in the window was dropped for want of memory: the window closes although it was promised. */
export const ACK_NO_MEMORY = 16;

/** The timers' kinds. */
export const TIMER_RETRANSMIT = 0;
export const TIMER_DELAYED_ACK = 1;
export const TIMER_KEEPALIVE = 2;

/** MAX_TCP_HEADER and struct skb_shared_info, which Linux counts for each segment of a send buffer. */
const HEADER_ALLOWANCE = 640;

export abstract class TcpVariables extends ConnectionEntry implements Endpoint, TimerOwner, CongestionWindow {
  readonly entryKind = KIND_CONNECTION;
  readonly stack: NetworkStack;
  owner: unknown = null;
  state = CLOSED;
  phase: ConnectPhase = 'unconnected';
  /** In the port table. */
  bound = false;
  /** The program chose the port (or address): a connect may not change it. */
  portLocked = false;
  route: ResolvedRoute | null = null;
  routeGeneration = 0;
  boundInterface: NetworkInterface | null = null;

  // --- options ---------------------------------------------------------------------------------------------------
  reuseAddress = false;
  reusePort = false;
  keepAlive = false;
  keepIdle: number;
  keepInterval: number;
  keepCount: number;
  noDelay = false;
  cork = false;
  /** SO_LINGER: seconds, or -1 when off. */
  linger = -1;
  /** TCP_USER_TIMEOUT in nanoseconds, 0 when off. */
  userTimeout = 0;
  /** TCP_DEFER_ACCEPT in seconds, 0 when off. */
  deferAccept = 0;
  /** TCP_MAXSEG, 0 when the program set none. */
  userMss = 0;
  /** TCP_SYNCNT. */
  synRetries: number;
  /** TCP_LINGER2 in nanoseconds. */
  finTimeout: number;
  /** TCP_NOTSENT_LOWAT in bytes. */
  notSentLowWater = Infinity;
  /** SO_RCVLOWAT in bytes. */
  receiveLowWater = 1;
  timeToLive: number;
  typeOfService = 0;
  sendBuffer: number;
  receiveBuffer: number;
  /** The program set the size, so it is not tuned. */
  sendBufferLocked = false;
  receiveBufferLocked = false;

  // --- send side ---------------------------------------------------------------------------------------------------
  initialSendSequence = 0;
  sendUnacknowledged = 0;
  sendNext = 0;
  sendWindow = 0;
  /** Sequence number of the segment that last changed the send window (SND.WL1). */
  windowUpdateSequence = 0;
  maxSendWindow = 0;
  sendWindowScale = 0;
  /** Sequence number behind everything the program wrote. */
  writeSequence = 0;
  pushedSequence = 0;
  /** End of the last segment sent that was smaller than the MSS (Minshall's variant of Nagle). */
  smallSequence = 0;
  /** Largest segment the peer takes. */
  peerMss = 536;
  mss = 536;
  /** Segments sent and not acknowledged, then segments to send. */
  readonly sendQueue = new PacketQueue();
  firstUnsent: PacketBuffer | null = null;
  sendQueueBytes = 0;
  /** A send found no room: tell the program when there is. */
  noSpace = false;
  packetsOut = 0;
  sackedOut = 0;
  lostOut = 0;
  retransmittedOut = 0;
  sackEnabled = false;

  // --- congestion and loss -------------------------------------------------------------------------------------------
  congestion: CongestionControl;
  congestionState = CA_OPEN;
  cwnd: number;
  ssthresh = 0x7fffffff;
  cwndClamp = 0x7fffffff;
  cwndLimited = false;
  maxPacketsOut = 0;
  cwndUsageSequence = 0;
  /** Recovery ends when this is acknowledged. */
  recoverySequence = 0;
  priorCwnd = 0;
  priorSsthresh = 0;
  prrDelivered = 0;
  prrOut = 0;
  /** Timestamp clock of the first retransmission of the episode, 0 if none; an older echo proves it was needless. */
  retransmitStamp = 0;
  undoPossible = false;
  smoothedRtt = 0;
  rttVariation = 0;
  minRtt = Infinity;
  minRttAt = 0;
  rto: number;
  backoff = 0;
  retransmits = 0;
  firstRetransmitAt = 0;
  probesOut = 0;
  totalRetransmits = 0;
  /** RACK (RFC 8985): the most recently sent segment that was delivered. */
  rackSentAt = 0;
  rackEndSequence = 0;
  rackRtt = 0;
  highestSacked = 0;
  reorderingSeen = false;
  probeHighSequence = 0;
  probePending = false;
  probeRetransmitted = false;
  delivered = 0;

  // --- receive side --------------------------------------------------------------------------------------------------
  initialReceiveSequence = 0;
  receiveNext = 0;
  /** RCV.NXT when the window was last advertised. */
  windowBase = 0;
  receiveWindow = 0;
  receiveWindowScale = 0;
  windowClamp = 0;
  receiveThreshold = 0;
  copiedSequence = 0;
  readonly receiveQueue = new PacketQueue();
  readonly outOfOrder = new PacketQueue();
  /** True bytes of both queues. */
  receiveQueueBytes = 0;
  /** Bytes that can be read. */
  readable = 0;
  receiveMss = 536;
  /** SACK blocks to send, most recent first, start and end by turns. */
  readonly sackBlocks: number[] = [];
  duplicateSackStart = 0;
  duplicateSackEnd = 0;
  hasDuplicateSack = false;
  timestampsEnabled = false;
  timestampOffset = 0;
  recentTimestamp = 0;
  recentTimestampAt = 0;
  ackPending = 0;
  quickAcks = 0;
  pingPong = false;
  /** Delayed acknowledgement timeout in nanoseconds; 0 before the first data. */
  ackTimeout = 0;
  lastReceiveAt = 0;
  lastDataReceiveAt = 0;
  lastSendAt = 0;
  lastOutOfWindowAckAt = -Infinity;
  receiveRtt = 0;
  spaceSequence = 0;
  spaceAt = 0;
  spaceBytes = 0;
  zeroWindowAdvertised = false;

  // --- the end -----------------------------------------------------------------------------------------------------
  shutdownFlags = 0;
  pendingError = 0;
  softError = 0;
  /** Nothing more will come to be read (SOCK_DONE). */
  done = false;
  /** The program closed it: nobody hears of it any more (SOCK_DEAD). */
  orphan = false;
  listener: ListenerState | null = null;
  /** The listener whose accept queue this waits in. */
  acceptedFrom: TcpEndpoint | null = null;
  segmentsIn = 0;
  segmentsOut = 0;
  bytesAcknowledged = 0;
  bytesReceived = 0;
  bytesSent = 0;
  bytesRetransmitted = 0;

  readonly retransmitTimer: Timer;
  /** What the retransmission timer is for; timers.ts. */
  retransmitPurpose = 0;
  readonly delayedAckTimer: Timer;
  readonly keepaliveTimer: Timer;

  constructor(stack: NetworkStack) {
    super();
    const { settings } = stack;
    this.stack = stack;
    this.keepIdle = settings.tcpKeepaliveTime;
    this.keepInterval = settings.tcpKeepaliveInterval;
    this.keepCount = settings.tcpKeepaliveProbes;
    this.synRetries = settings.tcpSynRetries;
    this.finTimeout = settings.tcpFinTimeout;
    this.timeToLive = settings.ipDefaultTtl;
    this.sendBuffer = settings.tcpWmem[1];
    this.receiveBuffer = settings.tcpRmem[1];
    this.congestion = createCongestionControl(settings.tcpCongestionControl)!;
    this.cwnd = settings.tcpInitialCwnd;
    this.rto = settings.tcpRtoInitial;
    this.retransmitTimer = stack.timers.create(this, TIMER_RETRANSMIT);
    this.delayedAckTimer = stack.timers.create(this, TIMER_DELAYED_ACK);
    this.keepaliveTimer = stack.timers.create(this, TIMER_KEEPALIVE);
  }

  abstract poll(): number;
  abstract onTimer(kind: number, now: number): void;

  /** Bytes that can be read (FIONREAD). */
  get available(): number {
    return this.readable;
  }

  /** Bytes written and not acknowledged (SIOCOUTQ). */
  get unacknowledgedBytes(): number {
    return (this.writeSequence - this.sendUnacknowledged) | 0;
  }

  /** Whether a program that waits to write should be woken (sk_stream_is_writeable). */
  get writeable(): boolean {
    const free = this.sendBuffer - this.sendQueueBytes;
    return free >= this.sendQueueBytes >> 1 && ((this.writeSequence - this.sendNext) | 0) < this.notSentLowWater;
  }

  /** Puts a segment of `bytes` into the account of the send queue. */
  chargeSend(bytes: number): void {
    this.sendQueueBytes += bytes;
    this.stack.tcp.memory += bytes;
  }

  chargeReceive(bytes: number): void {
    this.receiveQueueBytes += bytes;
    this.stack.tcp.memory += bytes;
  }

  releaseSent(packet: PacketBuffer): void {
    this.sendQueue.remove(packet);
    this.chargeSend(-packet.trueSize);
    this.stack.release(packet);
  }

  releaseReceived(packet: PacketBuffer): void {
    this.receiveQueue.remove(packet);
    this.chargeReceive(-packet.trueSize);
    this.stack.release(packet);
  }

  /** Forgets everything that was to be sent. */
  purgeSend(): void {
    while (this.sendQueue.head !== null) this.releaseSent(this.sendQueue.head);
    this.firstUnsent = null;
    this.packetsOut = 0;
    this.sackedOut = 0;
    this.lostOut = 0;
    this.retransmittedOut = 0;
  }

  /** Forgets everything that was received and not read. */
  purgeReceive(): void {
    while (this.receiveQueue.head !== null) this.releaseReceived(this.receiveQueue.head);
    for (let packet = this.outOfOrder.shift(); packet !== null; packet = this.outOfOrder.shift()) {
      this.chargeReceive(-packet.trueSize);
      this.stack.release(packet);
    }
    this.readable = 0;
    this.sackBlocks.length = 0;
  }

  /** tcp_sndbuf_expand: room for twice the congestion window. */
  expandSendBuffer(): void {
    let perSegment = 1024;
    while (perSegment < this.mss + HEADER_ALLOWANCE) perSegment *= 2;
    perSegment += PACKET_OVERHEAD;
    const segments = Math.max(this.cwnd, this.stack.settings.tcpInitialCwnd);
    const wanted = Math.min(2 * segments * perSegment, this.stack.settings.tcpWmem[2]);
    if (wanted > this.sendBuffer) this.sendBuffer = wanted;
  }
}
