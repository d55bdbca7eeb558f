// SYN cookies (RFC 4987 section 3.6): when too many requests wait, their state travels in our SYN-ACK instead of in memory.
//
// Sequence number: 5 bits of minute, 3 bits of MSS, 24 bits of signature. Timestamp: its low 5 bits carry the window scale
// (15: none) and whether SACK is permitted.

import { NANOSECONDS_PER_SECOND } from '../ip/settings.ts';
import type { NetworkStack } from '../stack.ts';
import type { TcpEndpoint } from './endpoint.ts';
import { chooseWindow, makeRequest, type Request } from './listener.ts';
import { after, type TcpHeader } from './segment.ts';

const COOKIE_MSS = [536, 1220, 1300, 1400, 1440, 1460, 8960, 32640] as const;
const COOKIE_MINUTES = 2;
const OPTION_BITS = 0x1f;
const NO_SCALE = 15;

function cookieMinute(stack: NetworkStack): number {
  return Math.floor(stack.clock.now() / (60 * NANOSECONDS_PER_SECOND)) & 31;
}

function signature(request: Request, minute: number, mssIndex: number): number {
  const { hash } = request.listener.stack.tcp;
  const names = hash.hash(
    request.localAddress,
    request.remoteAddress,
    request.localPort,
    request.remotePort ^ 0x5f000000,
  );
  return hash.hash(names, request.initialReceiveSequence, minute, mssIndex) & 0xffffff;
}

/** Makes the initial sequence number a cookie; false if it cannot be. */
export function signCookie(request: Request): boolean {
  const { stack } = request.listener;
  const minute = cookieMinute(stack);
  let mssIndex = 0;
  for (let i = 0; i < COOKIE_MSS.length; i += 1) if (COOKIE_MSS[i]! <= request.peerMss) mssIndex = i;
  request.initialSendSequence = (minute << 27) | (mssIndex << 24) | signature(request, minute, mssIndex);
  if (request.timestampsEnabled) {
    const clock = (stack.tcp.timestampNow() + request.timestampOffset) | 0;
    const scale = request.peerWindowScale < 0 ? NO_SCALE : request.peerWindowScale;
    let value = (clock & ~OPTION_BITS) | scale | (request.sackEnabled ? 16 : 0);
    if (after(value, clock)) value = (value - (OPTION_BITS + 1)) | 0;
    request.timestampOffset = (value - stack.tcp.timestampNow()) | 0;
  }
  return true;
}

/** The request that an acknowledgement proves to have had a cookie, or null. */
export function checkCookie(endpoint: TcpEndpoint, header: TcpHeader): Request | null {
  const { stack } = endpoint;
  const extension = stack.counters.tcpExtension;
  if (extension.SyncookiesSent === 0) return null;
  const cookie = (header.acknowledgement - 1) | 0;
  const minute = (cookie >>> 27) & 31;
  const mssIndex = (cookie >>> 24) & 7;
  const request = makeRequest(endpoint, header);
  request.initialReceiveSequence = (header.sequence - 1) | 0;
  const age = (cookieMinute(stack) - minute) & 31;
  if (age >= COOKIE_MINUTES || signature(request, minute, mssIndex) !== (cookie & 0xffffff)) {
    extension.SyncookiesFailed += 1;
    return null;
  }
  extension.SyncookiesRecv += 1;
  request.initialSendSequence = cookie;
  request.peerMss = COOKIE_MSS[mssIndex]!;
  if (header.hasTimestamp && stack.settings.tcpTimestamps) {
    const bits = header.timestampEcho & OPTION_BITS;
    request.timestampsEnabled = true;
    request.recentTimestamp = header.timestamp;
    request.sackEnabled = (bits & 16) !== 0;
    request.peerWindowScale = (bits & 15) === NO_SCALE ? -1 : bits & 15;
  }
  chooseWindow(request);
  return request;
}
