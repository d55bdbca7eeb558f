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
  EINPROGRESS,
  EINVAL,
  EISCONN,
  ENETUNREACH,
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
import type { ByteSink, ByteSource } from '../ip/environment.ts';
import { ArrayCursor, NetworkWork } from '../ip/environment.ts';
import { createCongestionControl } from './congestion.ts';
import { queueFin, sendSyn } from './control.ts';
import { cleanupReceiveBuffer } from './delayed-ack.ts';
import { closeListener, startListening } from './listener.ts';
import { pushPending, sendActiveReset, synchroniseMss, updateRoute } from './output.ts';
import { PSH } from './segment.ts';
import {
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
import { drainReceiveQueue, fillSendQueue } from './stream.ts';
import { enterTimeWait } from './time-wait.ts';
import { armKeepalive, onTimer } from './timers.ts';
import {
  ACK_PUSHED,
  ACK_SCHEDULED,
  BOTH_SHUTDOWN,
  RECEIVE_SHUTDOWN,
  SEND_SHUTDOWN,
  TcpVariables,
} from './variables.ts';
import { initialReceiveWindow, windowFromSpace } from './window.ts';

const WRITE_EVENTS = POLLOUT | POLLWRNORM | POLLWRBAND;
const ALL_EVENTS = POLLIN | POLLRDNORM | POLLRDHUP | POLLHUP | POLLERR | WRITE_EVENTS;

export class TcpEndpoint extends TcpVariables {
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
    this.purgeSend();
    this.purgeReceive();
    this.phase = 'unconnected';
    this.shutdownFlags = 0;
    this.pendingError = 0;
    this.done = false;
    this.remoteAddress = 0;
    this.remotePort = 0;
    if (!this.portLocked) {
      stack.tcp.unbind(this);
      this.localPort = 0;
      this.localAddress = 0;
    }
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
    const result = fillSendQueue(this, input, length, more);
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
    const copied = drainReceiveQueue(this, output, length, peek);
    if (copied !== 0 || length === 0) return copied;
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
      this.purgeReceive();
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
    this.purgeSend();
    this.shutdownFlags = BOTH_SHUTDOWN;
    if (this.orphan) this.#destroy();
    else this.wake(ALL_EVENTS);
  }

  /** The connection ended in order. */
  finish(): void {
    this.stack.tcp.setClosed(this);
    this.purgeSend();
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

  #destroy(): void {
    const { stack } = this;
    stack.charge(NetworkWork.tcpDestroy, 1, this);
    this.purgeSend();
    this.purgeReceive();
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
