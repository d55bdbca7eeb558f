// When an acknowledgement goes: at once, with data, or delayed (RFC 9293 section 3.8.6.3, RFC 5681 section 4.2), as Linux decides
// it: at once in the first segments of a connection and after a disturbance ("quick"), late while data flows the other way ("ping-pong").

import type { PacketBuffer } from '../ip/packet.ts';
import type { TcpEndpoint } from './endpoint.ts';
import { sendAck } from './output.ts';
import { PSH } from './segment.ts';
import { ACK_NOW, ACK_PUSHED, ACK_PUSHED_TWICE, ACK_SCHEDULED, RECEIVE_SHUTDOWN } from './variables.ts';
import { growWindow, remainingWindow, selectWindow } from './window.ts';

const MAX_QUICK_ACKS = 16;

/** The next `MAX_QUICK_ACKS` acknowledgements, or as many as the window has segments, go at once. */
export function enterQuickAck(endpoint: TcpEndpoint): void {
  const segments = Math.floor(endpoint.receiveWindow / (2 * endpoint.receiveMss));
  const quick = Math.min(Math.max(segments, 2), MAX_QUICK_ACKS);
  endpoint.pingPong = false;
  endpoint.ackTimeout = endpoint.stack.settings.tcpDelayedAckMin;
  if (quick > endpoint.quickAcks) endpoint.quickAcks = quick;
}

/** After segments were taken: is an acknowledgement due (__tcp_ack_snd_check)? */
export function acknowledgeIfDue(endpoint: TcpEndpoint): void {
  if ((endpoint.ackPending & ACK_SCHEDULED) === 0) return;
  const unacknowledged = (endpoint.receiveNext - endpoint.windowBase) | 0;
  if (
    (unacknowledged > endpoint.receiveMss &&
      (endpoint.readable < endpoint.receiveLowWater || selectWindow(endpoint) >= endpoint.receiveWindow)) ||
    (endpoint.quickAcks > 0 && !endpoint.pingPong) ||
    (endpoint.ackPending & ACK_NOW) !== 0 ||
    endpoint.outOfOrder.head !== null
  ) {
    sendAck(endpoint);
  } else {
    delayAck(endpoint);
  }
}

/** tcp_send_delayed_ack: at most 200 ms, less when round trips are short. */
function delayAck(endpoint: TcpEndpoint): void {
  const { settings, clock, timers } = endpoint.stack;
  let delay = endpoint.ackTimeout;
  if (delay > settings.tcpDelayedAckMin) {
    let most = settings.tcpDelayedAckMax;
    if (!endpoint.pingPong && (endpoint.ackPending & ACK_PUSHED) === 0) most = settings.tcpDelayedAckMax * 2.5;
    if (endpoint.smoothedRtt > 0) {
      most = Math.min(most, Math.max(endpoint.smoothedRtt, settings.tcpDelayedAckMin));
    }
    delay = Math.min(delay, most);
  }
  const deadline = Math.floor(clock.now() + delay);
  const armed = endpoint.delayedAckTimer.deadline;
  if (armed <= clock.now() + delay / 4) {
    sendAck(endpoint);
    return;
  }
  timers.arm(endpoint.delayedAckTimer, Math.min(deadline, armed));
}

/** tcp_cleanup_rbuf: the program read `copied` bytes; the peer may have to hear of it. */
export function cleanupReceiveBuffer(endpoint: TcpEndpoint, copied: number): void {
  let due = false;
  const { ackPending } = endpoint;
  if ((ackPending & ACK_SCHEDULED) !== 0) {
    const unacknowledged = (endpoint.receiveNext - endpoint.windowBase) | 0;
    const pushed = (ackPending & ACK_PUSHED_TWICE) !== 0 || ((ackPending & ACK_PUSHED) !== 0 && !endpoint.pingPong);
    due = unacknowledged > endpoint.receiveMss || (copied > 0 && pushed && endpoint.readable === 0);
  }
  if (copied > 0 && !due && (endpoint.shutdownFlags & RECEIVE_SHUTDOWN) === 0) {
    const current = remainingWindow(endpoint);
    if (2 * current <= endpoint.windowClamp) {
      const window = selectWindow(endpoint);
      due = window > 0 && window >= 2 * current;
    }
  }
  if (due) sendAck(endpoint);
}

/** tcp_event_data_recv: learns the peer's segment size and pace. */
export function noteDataReceived(endpoint: TcpEndpoint, packet: PacketBuffer): void {
  const { stack } = endpoint;
  const now = stack.clock.now();
  const { length } = packet;
  endpoint.ackPending |= ACK_SCHEDULED;
  if (length >= endpoint.receiveMss) {
    const { mtu } = endpoint.route ?? { mtu: 1500 };
    endpoint.receiveMss = Math.min(length, Math.max(mtu - 40, 536));
    // A push with a segment of just the estimated size is likely the end of a write, whose writer may wait for the
    // acknowledgement (Linux 6.6, tcp_measure_rcv_mss).
    if ((packet.flags & PSH) !== 0) endpoint.ackPending |= ACK_PUSHED;
  } else if ((packet.flags & PSH) !== 0 || length > 0) {
    if ((endpoint.ackPending & ACK_PUSHED) !== 0) endpoint.ackPending |= ACK_PUSHED_TWICE;
    endpoint.ackPending |= ACK_PUSHED;
  }
  const { tcpDelayedAckMin } = stack.settings;
  if (endpoint.ackTimeout === 0) {
    const { pingPong } = endpoint;
    enterQuickAck(endpoint);
    endpoint.pingPong = pingPong;
  } else {
    const gap = now - endpoint.lastDataReceiveAt;
    if (gap <= tcpDelayedAckMin / 2) {
      endpoint.ackTimeout = endpoint.ackTimeout / 2 + tcpDelayedAckMin / 2;
    } else if (gap < endpoint.ackTimeout) {
      endpoint.ackTimeout = Math.min(endpoint.ackTimeout / 2 + gap, endpoint.rto);
    } else if (gap > endpoint.rto) {
      const { pingPong } = endpoint;
      enterQuickAck(endpoint);
      endpoint.pingPong = pingPong;
    }
  }
  endpoint.lastDataReceiveAt = now;
  growWindow(endpoint, length);
}
