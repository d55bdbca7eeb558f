// A TCP endpoint: the connection's variables (RFC 9293 section 3.3.1) and the calls that a socket layer makes on it. All calls
// return at once; a call that would have to wait returns -EAGAIN, and `hooks.wake` tells when to try again.
//
// What happens to segments is told in input.ts (states), acknowledge.ts (send side), receive.ts (receive side), output.ts,
// timers.ts and listener.ts. Errors are negative Linux errno values; where RFC and Linux differ, Linux is followed.

import {
  EADDRNOTAVAIL,
  EAGAIN,
  EALREADY,
  ECONNABORTED,
  ECONNREFUSED,
  EFAULT,
  EINPROGRESS,
  EINVAL,
  EISCONN,
  ENETUNREACH,
  ENOBUFS,
  ENOTCONN,
  EPIPE,
} from '../../errno.ts';
import {
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
  POLLRDNORM,
  POLLWRBAND,
  POLLWRNORM,
} from '../../process/wait.ts';
import { isMulticast } from '../ip/address.ts';
import type { ByteSink, ByteSource, Endpoint } from '../ip/environment.ts';
import { ArrayCursor, NetworkWork } from '../ip/environment.ts';
import type { NetworkInterface } from '../ip/interface.ts';
import type { PacketBuffer } from '../ip/packet.ts';
import { PACKET_OVERHEAD, PacketQueue } from '../ip/packet.ts';
import type { ResolvedRoute } from '../ip/route.ts';
import type { Timer, TimerOwner } from '../ip/timer-queue.ts';
import type { NetworkStack } from '../stack.ts';
import type { CongestionControl, CongestionWindow } from './congestion.ts';
import { createCongestionControl } from './congestion.ts';
import { ConnectionEntry, KIND_CONNECTION } from './connection-table.ts';
import type { ListenerState } from './listener.ts';
import { closeListener, startListening } from './listener.ts';
import { currentMss, pushPending, queueFin, sendActiveReset, sendSyn, synchroniseMss, updateRoute } from './output.ts';
import { adjustReceiveSpace, cleanupReceiveBuffer, initialReceiveWindow, windowFromSpace } from './receive.ts';
import { FIN, PSH } from './segment.ts';
import {
  CA_OPEN,
  CLOSE_WAIT,
  CLOSED,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  LISTEN,
  SYN_RECEIVED,
  SYN_SENT,
} from './states.ts';
import { enterTimeWait } from './time-wait.ts';
import { armKeepalive, onTimer, TIMER_DELAYED_ACK, TIMER_KEEPALIVE, TIMER_RETRANSMIT } from './timers.ts';

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

const WRITE_EVENTS = POLLOUT | POLLWRNORM | POLLWRBAND;
const ALL_EVENTS = POLLIN | POLLRDNORM | POLLRDHUP | POLLHUP | POLLERR | WRITE_EVENTS;
/** What a partly filled segment behind other unsent data is given room for, so that small writes gather in it. */
const GATHER_BYTES = 4096;
/** MAX_TCP_HEADER and struct skb_shared_info, which Linux counts for each segment of a send buffer. */
const HEADER_ALLOWANCE = 640;

export class TcpEndpoint extends ConnectionEntry implements Endpoint, TimerOwner, CongestionWindow {
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

  // --- calls of the socket layer -----------------------------------------------------------------------------------

  /** bind(2): 0, -EINVAL, -EADDRNOTAVAIL or -EADDRINUSE. Port 0 asks for an ephemeral one. */
  bind(address: number, port: number): number {
    if (this.state !== CLOSED || this.bound) return -EINVAL;
    if (address !== 0 && !this.stack.isLocal(address)) return -EADDRNOTAVAIL;
    return this.stack.tcp.bind(this, address, port);
  }

  /**
   * connect(2). The first call starts the handshake and returns -EINPROGRESS (or an error of addresses and routing); further
   * calls return -EALREADY until it ended, then 0 once, or its error. -EISCONN when connected or listening.
   */
  connect(address: number, port: number): number {
    if (this.phase === 'connected') return -EISCONN;
    if (this.phase === 'connecting') {
      if (this.state === SYN_SENT || this.state === SYN_RECEIVED) return -EALREADY;
      if (this.state === CLOSED) {
        this.phase = 'unconnected';
        const error = this.takeError();
        return error !== 0 ? -error : -ECONNABORTED;
      }
      this.phase = 'connected';
      return 0;
    }
    if (this.state !== CLOSED) return -EISCONN;
    const { stack } = this;
    stack.charge(NetworkWork.tcpConnect, 1, this);
    const route = stack.resolveRoute(address, this.localAddress);
    if (typeof route === 'number') return route;
    if (route.broadcast || isMulticast(address)) return -ENETUNREACH;
    if (port === 0) return -ECONNREFUSED;
    const source = this.localAddress !== 0 ? this.localAddress : route.source;
    const remote = address === 0 ? route.nextHop : address;
    const bound = stack.tcp.bindForConnect(this, source, remote, port);
    if (bound !== 0) return bound;
    this.phase = 'connecting';
    this.route = route;
    this.routeGeneration = stack.routeGeneration;
    this.#startActiveOpen();
    stack.enter();
    sendSyn(this);
    stack.leave();
    return -EINPROGRESS;
  }

  /** connect(2) with AF_UNSPEC: drops the connection, with a reset where the peer must know (RFC 9293 section 3.10.5). */
  disconnect(): number {
    const { stack } = this;
    stack.enter();
    const { state } = this;
    if (state === LISTEN) closeListener(this);
    else if (state !== CLOSED && state !== SYN_SENT) sendActiveReset(this);
    stack.tcp.setClosed(this);
    this.#purgeQueues();
    this.phase = 'unconnected';
    this.shutdownFlags = 0;
    this.pendingError = 0;
    this.done = false;
    this.remoteAddress = 0;
    this.remotePort = 0;
    if (!this.portLocked) stack.tcp.unbind(this);
    stack.leave();
    return 0;
  }

  /** listen(2): 0, -EINVAL or -EADDRINUSE. Again on a listener it only changes the backlog. */
  listen(backlog: number): number {
    if (this.phase !== 'unconnected' || (this.state !== CLOSED && this.state !== LISTEN)) return -EINVAL;
    return startListening(this, backlog);
  }

  /** accept(2): the oldest connection that is ready, or -EINVAL or -EAGAIN. */
  accept(): TcpEndpoint | number {
    const { listener } = this;
    if (this.state !== LISTEN || listener === null) return -EINVAL;
    const child = listener.acceptQueue.shift();
    if (child === undefined) return -EAGAIN;
    this.stack.charge(NetworkWork.tcpAccept, 1, child);
    child.acceptedFrom = null;
    child.phase = 'connected';
    return child;
  }

  /**
   * Queues up to `length` bytes. Returns the bytes taken (fewer when the buffer fills), or -EAGAIN, -EPIPE (the caller raises
   * SIGPIPE), -EFAULT, -ENOBUFS, or the pending error. With `more` (MSG_MORE) a last partial segment waits.
   */
  send(source: ByteSource | Uint8Array, length: number, more = false): number {
    const { stack } = this;
    stack.charge(NetworkWork.tcpSend, 1, this);
    if (this.state !== ESTABLISHED && this.state !== CLOSE_WAIT) {
      if (this.pendingError !== 0) return -this.takeError();
      if (this.state !== SYN_SENT && this.state !== SYN_RECEIVED) return -EPIPE;
      this.noSpace = true;
      return -EAGAIN;
    }
    if (this.pendingError !== 0) return -this.takeError();
    if ((this.shutdownFlags & SEND_SHUTDOWN) !== 0) return -EPIPE;
    const input = source instanceof Uint8Array ? new ArrayCursor(source) : source;
    stack.enter();
    const result = this.#fillSendQueue(input, length, more);
    if (result > 0) {
      const tail = this.sendQueue.tail!;
      if (!more) tail.flags |= PSH;
      if (!more || this.writeSequence - this.pushedSequence > this.maxSendWindow >> 1) {
        this.pushedSequence = this.writeSequence;
      }
      pushPending(this, more);
    }
    stack.leave();
    return result;
  }

  /**
   * Takes up to `length` bytes; with `peek` they stay. Returns the bytes copied, 0 at the end of the stream, or -EAGAIN,
   * -ENOTCONN, -EFAULT, or the pending error.
   */
  receive(sink: ByteSink | Uint8Array, length: number, peek = false): number {
    const { stack } = this;
    if (this.state === LISTEN) return -ENOTCONN;
    stack.charge(NetworkWork.tcpReceive, 1, this);
    const output = sink instanceof Uint8Array ? new ArrayCursor(sink) : sink;
    let copied = 0;
    let fault = false;
    for (let packet = this.receiveQueue.head; packet !== null && copied < length && !fault; ) {
      const { next } = packet;
      const wanted = Math.min(packet.end - packet.start, length - copied);
      const bytes = output.put(packet.storage.memory, packet.start, wanted);
      copied += bytes;
      fault = bytes < wanted;
      if (!peek) {
        packet.start += bytes;
        if (packet.start === packet.end) this.releaseReceived(packet);
      }
      packet = next;
    }
    if (copied > 0 || fault || length === 0) {
      if (!peek && copied > 0) {
        this.readable -= copied;
        this.copiedSequence = (this.copiedSequence + copied) | 0;
        stack.enter();
        adjustReceiveSpace(this);
        cleanupReceiveBuffer(this, copied);
        stack.leave();
      }
      return copied === 0 && fault ? -EFAULT : copied;
    }
    if (this.done) return 0;
    if (this.pendingError !== 0) return -this.takeError();
    if ((this.shutdownFlags & RECEIVE_SHUTDOWN) !== 0) return 0;
    if (this.state === CLOSED) return -ENOTCONN;
    return -EAGAIN;
  }

  /** shutdown(2); `how` is RECEIVE_SHUTDOWN, SEND_SHUTDOWN or both: 0 or -ENOTCONN. */
  shutdown(how: number): number {
    const { stack } = this;
    if (this.state === CLOSED) return -ENOTCONN;
    stack.enter();
    if (this.state === LISTEN) {
      if ((how & RECEIVE_SHUTDOWN) !== 0) {
        closeListener(this);
        stack.tcp.setClosed(this);
      }
    } else if (this.state === SYN_SENT) {
      stack.tcp.setClosed(this);
      this.phase = 'unconnected';
    } else {
      this.shutdownFlags |= how;
      if ((how & SEND_SHUTDOWN) !== 0 && (this.state === ESTABLISHED || this.state === CLOSE_WAIT)) {
        this.#sendFin();
      } else if ((how & SEND_SHUTDOWN) !== 0 && this.state === SYN_RECEIVED) {
        this.#sendFin();
      }
    }
    this.wake(ALL_EVENTS);
    stack.leave();
    return 0;
  }

  /** close(2): the program lets go; the connection ends by itself. With SO_LINGER 0, or data unread, it is reset. */
  close(): void {
    if (this.orphan) return;
    const { stack } = this;
    stack.charge(NetworkWork.tcpClose, 1, this);
    stack.enter();
    const unread = this.readable > 0;
    const { state } = this;
    this.shutdownFlags = BOTH_SHUTDOWN;
    this.orphan = true;
    this.owner = null;
    if (state === LISTEN) {
      closeListener(this);
      stack.tcp.setClosed(this);
    } else if (state === CLOSED || state === SYN_SENT) {
      stack.tcp.setClosed(this);
    } else {
      stack.tcp.orphans += 1;
      this.#purgeReceive();
      if (unread) {
        // RFC 2525 section 2.17: data that nobody will read means a reset, not a FIN.
        stack.counters.tcpExtension.TCPAbortOnClose += 1;
        sendActiveReset(this);
        stack.tcp.setClosed(this);
      } else if (this.linger === 0) {
        stack.counters.tcpExtension.TCPAbortOnLinger += 1;
        sendActiveReset(this);
        stack.tcp.setClosed(this);
      } else {
        if (state === ESTABLISHED || state === CLOSE_WAIT || state === SYN_RECEIVED) this.#sendFin();
        this.#orphaned();
      }
    }
    if ((this.state as number) === CLOSED) this.#destroy();
    stack.leave();
  }

  /** As Linux's tcp_poll: the POLL* bits that hold now. */
  poll(): number {
    const { state } = this;
    if (state === LISTEN) return this.listener!.acceptQueue.length > 0 ? POLLIN | POLLRDNORM : 0;
    let mask = 0;
    if (this.shutdownFlags === BOTH_SHUTDOWN || state === CLOSED) mask |= POLLHUP;
    if ((this.shutdownFlags & RECEIVE_SHUTDOWN) !== 0) mask |= POLLIN | POLLRDNORM | POLLRDHUP;
    if (state !== SYN_SENT && state !== SYN_RECEIVED) {
      if (this.readable > 0 && this.readable >= this.receiveLowWater) mask |= POLLIN | POLLRDNORM;
      if ((this.shutdownFlags & SEND_SHUTDOWN) !== 0 || this.writeable) mask |= POLLOUT | POLLWRNORM;
      else this.noSpace = true;
    }
    if (this.pendingError !== 0) mask |= POLLERR;
    return mask;
  }

  /** SO_ERROR: the pending error as a positive errno, 0 if none; taking it clears it. */
  takeError(): number {
    const error = this.pendingError;
    this.pendingError = 0;
    return error;
  }

  /** SO_SNDBUF and SO_RCVBUF: the kernel doubles what the program asks for, within the limits (socket(7)). */
  setSendBuffer(bytes: number): void {
    this.sendBuffer = Math.max(Math.min(bytes, this.stack.settings.wmemMax) * 2, 4608);
    this.sendBufferLocked = true;
    this.checkSpace();
  }

  setReceiveBuffer(bytes: number): void {
    this.receiveBuffer = Math.max(Math.min(bytes, this.stack.settings.rmemMax) * 2, 2304);
    this.receiveBufferLocked = true;
    if (this.state === CLOSED || this.state === LISTEN) return;
    this.windowClamp = windowFromSpace(this.receiveBuffer);
  }

  setNoDelay(on: boolean): void {
    this.noDelay = on;
    if (on) this.pushNow();
  }

  setCork(on: boolean): void {
    this.cork = on;
    if (!on) this.pushNow();
  }

  setKeepAlive(on: boolean): void {
    this.keepAlive = on;
    if (on) armKeepalive(this, this.keepIdle);
    else if (this.state !== FIN_WAIT_2) this.keepaliveTimer.cancel();
  }

  /** TCP_KEEPIDLE in nanoseconds. */
  setKeepIdle(idle: number): void {
    this.keepIdle = idle;
    if (!this.keepAlive || this.state === CLOSED || this.state === LISTEN) return;
    const elapsed = this.stack.clock.now() - Math.max(this.lastReceiveAt, this.lastSendAt);
    armKeepalive(this, Math.max(idle - elapsed, 0));
  }

  /** TCP_QUICKACK: on ends the delay of acknowledgements for now, off prefers it. */
  setQuickAck(on: boolean): void {
    this.pingPong = !on;
    if (!on || (this.ackPending & ACK_SCHEDULED) === 0) return;
    this.stack.enter();
    this.ackPending |= ACK_PUSHED;
    cleanupReceiveBuffer(this, 1);
    this.stack.leave();
  }

  /** TCP_CONGESTION: false if there is none of that name. */
  setCongestion(name: string): boolean {
    const congestion = createCongestionControl(name);
    if (congestion === null) return false;
    this.congestion = congestion;
    return true;
  }

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

  // --- for the other parts of TCP ------------------------------------------------------------------------------------

  onTimer(kind: number, now: number): void {
    onTimer(this, kind, now);
  }

  wake(events: number): void {
    if (!this.orphan && this.stack.hooks.wake !== undefined) this.stack.hooks.wake(this, events);
  }

  /** An error that ends the connection: it is kept for the program, and both directions are shut. */
  fail(errno: number): void {
    this.pendingError = errno;
    this.stack.tcp.setClosed(this);
    this.#purgeSend();
    this.shutdownFlags = BOTH_SHUTDOWN;
    if (this.orphan) this.#destroy();
    else this.wake(ALL_EVENTS);
  }

  /** The connection ended in order. */
  finish(): void {
    this.stack.tcp.setClosed(this);
    this.#purgeSend();
    this.shutdownFlags = BOTH_SHUTDOWN;
    if (this.orphan) this.#destroy();
    else this.wake(ALL_EVENTS);
  }

  /** Tells the program of room to write, if it found none. */
  checkSpace(): void {
    if (!this.noSpace || !this.writeable) return;
    this.noSpace = false;
    this.wake(WRITE_EVENTS);
  }

  pushNow(): void {
    if (this.firstUnsent === null) return;
    this.stack.enter();
    pushPending(this, false, true);
    this.stack.leave();
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

  /** The variables of a connection just established, the handshake's numbers being known. */
  initialiseTransfer(): void {
    const { settings, clock } = this.stack;
    const now = clock.now();
    updateRoute(this);
    synchroniseMss(this);
    if (!this.sendBufferLocked) this.expandSendBuffer();
    this.copiedSequence = this.receiveNext;
    this.spaceSequence = this.receiveNext;
    this.spaceAt = now;
    this.spaceBytes = Math.min(this.receiveWindow, settings.tcpInitialCwnd * this.mss);
    this.lastReceiveAt = now;
    this.lastDataReceiveAt = now;
    this.receiveMss = Math.min(Math.max(this.mss, 88), 536);
    if (this.receiveBufferLocked) this.windowClamp = Math.min(this.windowClamp, windowFromSpace(this.receiveBuffer));
    if (this.keepAlive) armKeepalive(this, this.keepIdle);
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

  #startActiveOpen(): void {
    const { stack } = this;
    const { settings } = stack;
    this.done = false;
    this.shutdownFlags = 0;
    this.initialSendSequence = stack.tcp.initialSequence(this);
    this.sendUnacknowledged = this.initialSendSequence;
    this.sendNext = (this.initialSendSequence + 1) | 0;
    this.writeSequence = this.sendNext;
    this.pushedSequence = this.sendNext;
    this.smallSequence = this.sendUnacknowledged;
    this.timestampOffset = stack.tcp.timestampOffset(this);
    this.timestampsEnabled = settings.tcpTimestamps;
    this.sackEnabled = settings.tcpSack;
    this.cwnd = settings.tcpInitialCwnd;
    this.ssthresh = 0x7fffffff;
    this.rto = settings.tcpRtoInitial;
    this.backoff = 0;
    this.retransmits = 0;
    initialReceiveWindow(this);
    stack.tcp.setState(this, SYN_SENT);
    stack.counters.tcp.ActiveOpens += 1;
  }

  #fillSendQueue(input: ByteSource, length: number, more: boolean): number {
    const { stack } = this;
    const mss = currentMss(this);
    let copied = 0;
    while (copied < length) {
      let packet = this.firstUnsent === null ? null : this.sendQueue.tail!;
      let room = 0;
      if (packet?.exclusive && (packet.flags & FIN) === 0) {
        room = Math.min(mss - packet.length, packet.data.length - packet.end);
      }
      if (room <= 0) {
        if (this.sendQueueBytes >= this.sendBuffer || stack.tcp.memory >= stack.settings.tcpMemory) {
          this.noSpace = true;
          break;
        }
        const wanted = Math.max(length - copied, this.firstUnsent !== null || more ? GATHER_BYTES : 0);
        packet = stack.allocate(Math.min(wanted, mss));
        if (packet === null) {
          if (copied === 0 && this.sendQueue.length === 0) return -ENOBUFS;
          this.noSpace = true;
          break;
        }
        packet.sequence = this.writeSequence;
        packet.endSequence = this.writeSequence;
        this.sendQueue.push(packet);
        if (this.firstUnsent === null) this.firstUnsent = packet;
        this.chargeSend(packet.trueSize);
        room = Math.min(mss, packet.data.length - packet.end);
      }
      const wanted = Math.min(room, length - copied);
      const took = input.take(packet!.storage.memory, packet!.end, wanted);
      packet!.end += took;
      packet!.endSequence = (packet!.endSequence + took) | 0;
      this.writeSequence = (this.writeSequence + took) | 0;
      copied += took;
      if (took < wanted) {
        if (packet!.length === 0) {
          if (this.firstUnsent === packet) this.firstUnsent = null;
          this.releaseSent(packet!);
        }
        return copied === 0 ? -EFAULT : copied;
      }
      if (packet!.length >= mss && copied < length) {
        this.pushedSequence = this.writeSequence;
        packet!.flags |= PSH;
        pushPending(this, false, true);
      }
    }
    return copied === 0 && length > 0 ? -EAGAIN : copied;
  }

  #sendFin(): void {
    const { tcp } = this.stack;
    tcp.setState(this, this.state === CLOSE_WAIT ? LAST_ACK : FIN_WAIT_1);
    queueFin(this);
  }

  /** tcp_close after the FIN: an orphan in FIN-WAIT-2 does not wait for ever, and too many orphans are reset. */
  #orphaned(): void {
    const { stack } = this;
    if (stack.tcp.orphans > stack.settings.tcpMaxOrphans) {
      stack.counters.tcpExtension.TCPAbortOnMemory += 1;
      sendActiveReset(this);
      stack.tcp.setClosed(this);
      return;
    }
    if (this.state !== FIN_WAIT_2) return;
    if (this.finTimeout <= 0) {
      sendActiveReset(this);
      stack.tcp.setClosed(this);
    } else {
      armKeepalive(this, this.finTimeout);
    }
  }

  #purgeQueues(): void {
    this.#purgeSend();
    this.#purgeReceive();
  }

  #purgeSend(): void {
    while (this.sendQueue.head !== null) this.releaseSent(this.sendQueue.head);
    this.firstUnsent = null;
    this.packetsOut = 0;
    this.sackedOut = 0;
    this.lostOut = 0;
    this.retransmittedOut = 0;
  }

  #purgeReceive(): void {
    while (this.receiveQueue.head !== null) this.releaseReceived(this.receiveQueue.head);
    for (let packet = this.outOfOrder.shift(); packet !== null; packet = this.outOfOrder.shift()) {
      this.chargeReceive(-packet.trueSize);
      this.stack.release(packet);
    }
    this.readable = 0;
    this.sackBlocks.length = 0;
  }

  #destroy(): void {
    const { stack } = this;
    stack.charge(NetworkWork.tcpDestroy, 1, this);
    this.#purgeQueues();
    stack.tcp.unbind(this);
    stack.timers.destroy(this.retransmitTimer);
    stack.timers.destroy(this.delayedAckTimer);
    stack.timers.destroy(this.keepaliveTimer);
  }

  /** Leaves only a TIME-WAIT record behind (RFC 9293 section 3.6); the endpoint itself is closed. */
  toTimeWait(): void {
    enterTimeWait(this);
    this.finish();
  }
}
