// The window that a connection offers: how large it starts, how it follows the receive buffer, and how the buffer follows the program
// that reads (RFC 9293 section 3.8.6, RFC 7323 section 2, Linux's tcp_output.c and tcp_input.c).

import type { TcpEndpoint } from './endpoint.ts';
import { ACK_NO_MEMORY } from './variables.ts';

/** The window that a buffer of `space` bytes allows: half is kept for overhead (tcp_adv_win_scale 1). */
export function windowFromSpace(space: number): number {
  return space - (space >> 1);
}

/** tcp_select_initial_window: window, scale and clamp of a connection about to be opened. */
export function initialReceiveWindow(endpoint: TcpEndpoint): void {
  const { settings } = endpoint.stack;
  const space = windowFromSpace(endpoint.receiveBuffer);
  // As Linux: the scale is for the largest buffer that tuning may give, whatever the buffer is now.
  const largest = Math.max(space, settings.tcpRmem[2], settings.rmemMax);
  let scale = 0;
  if (settings.tcpWindowScaling) while (scale < 14 && largest >>> (scale + 16) > 0) scale += 1;
  const mtu = endpoint.route?.mtu ?? 1500;
  const mss = Math.max(Math.min(mtu, 65535) - 40, 536);
  const rounded = space > mss ? space - (space % mss) : space;
  endpoint.receiveWindowScale = scale;
  endpoint.receiveWindow = Math.min(rounded, 65535);
  endpoint.windowClamp = Math.min(space, 65535 * 2 ** scale);
  endpoint.receiveThreshold = endpoint.receiveWindow;
}

/** What is left of the window last advertised. */
export function remainingWindow(endpoint: TcpEndpoint): number {
  return Math.max((endpoint.windowBase + endpoint.receiveWindow - endpoint.receiveNext) | 0, 0);
}

/** __tcp_select_window: the window to offer, avoiding silly ones (RFC 9293 section 3.8.6.2.2). */
export function selectWindow(endpoint: TcpEndpoint): number {
  const fullSpace = Math.min(endpoint.windowClamp, windowFromSpace(endpoint.receiveBuffer));
  let free = windowFromSpace(Math.max(endpoint.receiveBuffer - endpoint.receiveQueueBytes, 0));
  const mss = Math.min(endpoint.receiveMss, fullSpace);
  const scale = endpoint.receiveWindowScale;
  if (mss <= 0) return 0;
  if (free < fullSpace >> 1) {
    endpoint.quickAcks = 0;
    free -= free % 2 ** scale;
    if (free < fullSpace >> 4 || free < mss) return 0;
  }
  free = Math.min(free, endpoint.receiveThreshold);
  if (scale > 0) {
    const unit = 2 ** scale;
    return Math.ceil(free / unit) * unit;
  }
  let window = endpoint.receiveWindow;
  if (window <= free - mss || window > free) window = free - (free % mss);
  else if (mss === fullSpace && free > window + (fullSpace >> 1)) window = free;
  return window;
}

/** Settles the window with a segment about to go; returns the header's field. The right edge never moves back. */
export function advertiseWindow(endpoint: TcpEndpoint): number {
  if ((endpoint.ackPending & ACK_NO_MEMORY) !== 0) {
    // Only thus does the sender probe instead of giving up a segment that cannot be taken.
    endpoint.stack.counters.tcpExtension.TCPWantZeroWindowAdv += 1;
    endpoint.receiveWindow = 0;
    endpoint.windowBase = endpoint.receiveNext;
    return 0;
  }
  const current = remainingWindow(endpoint);
  const scale = endpoint.receiveWindowScale;
  const unit = 2 ** scale;
  let window = selectWindow(endpoint);
  if (window < current) window = Math.ceil(current / unit) * unit;
  window = Math.min(window, 65535 * unit);
  const { tcpExtension } = endpoint.stack.counters;
  if (window === 0 && endpoint.receiveWindow !== 0) tcpExtension.TCPToZeroWindowAdv += 1;
  else if (window !== 0 && endpoint.receiveWindow === 0) tcpExtension.TCPFromZeroWindowAdv += 1;
  endpoint.receiveWindow = window;
  endpoint.windowBase = endpoint.receiveNext;
  return Math.floor(window / unit);
}

/** tcp_rcv_space_adjust: a program that reads a window's worth per round trip gets a larger buffer. */
export function adjustReceiveSpace(endpoint: TcpEndpoint): void {
  const now = endpoint.stack.clock.now();
  const roundTrip = endpoint.receiveRtt > 0 ? endpoint.receiveRtt : endpoint.smoothedRtt;
  if (roundTrip === 0 || now - endpoint.spaceAt < roundTrip) return;
  const copied = (endpoint.copiedSequence - endpoint.spaceSequence) | 0;
  if (copied > endpoint.spaceBytes) {
    const limit = endpoint.stack.settings.tcpRmem[2];
    if (!endpoint.receiveBufferLocked) {
      const growth = Math.floor((2 * copied * (copied - endpoint.spaceBytes)) / endpoint.spaceBytes);
      const wanted = Math.min((copied * 2 + 16 * endpoint.mss + growth) * 2, limit);
      if (wanted > endpoint.receiveBuffer) {
        endpoint.receiveBuffer = wanted;
        endpoint.windowClamp = Math.min(windowFromSpace(wanted), 65535 * 2 ** endpoint.receiveWindowScale);
      }
    }
    endpoint.spaceBytes = copied;
  }
  endpoint.spaceSequence = endpoint.copiedSequence;
  endpoint.spaceAt = now;
}

/** tcp_grow_window: the offered window opens as full segments come in order. */
export function growWindow(endpoint: TcpEndpoint, length: number): void {
  if (length < 128) return;
  const limit = Math.min(endpoint.windowClamp, windowFromSpace(endpoint.receiveBuffer));
  if (endpoint.receiveThreshold < limit) {
    endpoint.receiveThreshold = Math.min(limit, endpoint.receiveThreshold + 2 * endpoint.mss);
  }
}
