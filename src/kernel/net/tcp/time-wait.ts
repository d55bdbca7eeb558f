// TIME-WAIT (RFC 9293 section 3.6): what stays of a connection for a minute, so that a late segment of it cannot disturb its
// successor. A small record takes the endpoint's place in the table; their number is bounded, and past the bound none is made.

import { NetworkWork } from '../ip/environment.ts';
import type { PacketBuffer } from '../ip/packet.ts';
import type { Timer, TimerOwner } from '../ip/timer-queue.ts';
import type { NetworkStack } from '../stack.ts';
import { ConnectionEntry, KIND_TIME_WAIT } from './connection-table.ts';
import { sendWithoutEndpoint } from './control.ts';
import type { TcpEndpoint } from './endpoint.ts';
import type { PortOwner } from './protocol.ts';
import { ACK, after, before, RST, SYN, type TcpHeader } from './segment.ts';
import { TIME_WAIT } from './states.ts';

export class TimeWait extends ConnectionEntry implements TimerOwner, PortOwner {
  readonly entryKind = KIND_TIME_WAIT;
  readonly state = TIME_WAIT;
  bound = false;
  portLocked = false;
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  readonly stack: NetworkStack;
  readonly timer: Timer;
  readonly receiveNext: number;
  readonly sendNext: number;
  /** The window field to send, scaled already. */
  readonly window: number;
  readonly receiveWindow: number;
  readonly timestampsEnabled: boolean;
  readonly timestampOffset: number;
  readonly createdAt: number;
  recentTimestamp: number;
  lastAnswerAt = -Infinity;

  constructor(endpoint: TcpEndpoint) {
    super();
    const { stack } = endpoint;
    this.stack = stack;
    this.localAddress = endpoint.localAddress;
    this.localPort = endpoint.localPort;
    this.remoteAddress = endpoint.remoteAddress;
    this.remotePort = endpoint.remotePort;
    this.reuseAddress = endpoint.reuseAddress;
    this.reusePort = endpoint.reusePort;
    this.receiveNext = endpoint.receiveNext;
    this.sendNext = endpoint.sendNext;
    this.receiveWindow = endpoint.receiveWindow;
    this.window = Math.min(endpoint.receiveWindow >> endpoint.receiveWindowScale, 65535);
    this.timestampsEnabled = endpoint.timestampsEnabled;
    this.timestampOffset = endpoint.timestampOffset;
    this.recentTimestamp = endpoint.recentTimestamp;
    this.createdAt = stack.clock.now();
    this.timer = stack.timers.create(this, 0);
  }

  onTimer(): void {
    this.remove();
  }

  remove(): void {
    const { tcp, timers } = this.stack;
    tcp.table.remove(this);
    tcp.unbind(this);
    tcp.timeWaits -= 1;
    timers.destroy(this.timer);
  }

  restart(): void {
    const { stack } = this;
    stack.timers.arm(this.timer, stack.clock.now() + stack.settings.tcpTimeWait);
  }

  /** Makes room for a new connection of the same names, if timestamps keep the old one's segments apart (RFC 6191). */
  recycle(): boolean {
    if (!this.timestampsEnabled || this.stack.clock.now() - this.createdAt <= 1_000_000_000) return false;
    this.stack.counters.tcpExtension.TWRecycled += 1;
    this.remove();
    return true;
  }
}

/** Puts a TIME-WAIT record in the endpoint's place; the caller closes the endpoint. */
export function enterTimeWait(endpoint: TcpEndpoint): void {
  const { stack } = endpoint;
  const { tcp } = stack;
  if (tcp.timeWaits >= stack.settings.tcpMaxTimeWait) {
    stack.counters.tcpExtension.TCPTimeWaitOverflow += 1;
    return;
  }
  const record = new TimeWait(endpoint);
  tcp.table.remove(endpoint);
  tcp.table.add(record);
  tcp.inheritPort(record, record.localPort);
  tcp.timeWaits += 1;
  stack.counters.tcpExtension.TW += 1;
  record.restart();
}

/** RFC 9293 section 3.10.7.4 and RFC 6191: a SYN that is surely new ends TIME-WAIT. True if it did. */
export function reuseTimeWait(record: TimeWait, header: TcpHeader): boolean {
  if ((header.flags & (SYN | ACK | RST)) !== SYN) return false;
  const newer = record.timestampsEnabled && header.hasTimestamp && after(header.timestamp, record.recentTimestamp);
  if (!newer && !after(header.sequence, record.receiveNext)) return false;
  record.remove();
  return true;
}

/** Any other segment for a connection in TIME-WAIT. Owns the packet. */
export function timeWaitSegment(record: TimeWait, packet: PacketBuffer, header: TcpHeader): void {
  const { stack } = record;
  stack.charge(NetworkWork.tcpInputSlow, 1, record);
  const old = record.timestampsEnabled && header.hasTimestamp && before(header.timestamp, record.recentTimestamp);
  if ((header.flags & RST) !== 0) {
    if (!old && header.sequence === record.receiveNext) record.remove();
  } else if ((header.flags & ACK) === 0) {
    // Nothing is answered that does not acknowledge.
  } else if (old || header.endSequence !== record.receiveNext || header.sequence !== header.endSequence) {
    // The peer's FIN again, or something out of place: it has not heard our acknowledgement.
    if (!old) record.restart();
    if (header.hasTimestamp && !old) record.recentTimestamp = header.timestamp;
    // Two sides that disagree would answer each other for ever: what is empty is not answered often.
    const now = stack.clock.now();
    const empty = header.sequence === header.endSequence;
    if (empty && now - record.lastAnswerAt < stack.settings.tcpInvalidRateLimit) {
      stack.release(packet);
      return;
    }
    record.lastAnswerAt = now;
    sendWithoutEndpoint(
      stack,
      header,
      record.sendNext,
      record.receiveNext,
      ACK,
      record.window,
      record.timestampsEnabled,
      (stack.tcp.timestampNow() + record.timestampOffset) | 0,
      record.recentTimestamp,
    );
  }
  stack.release(packet);
}
