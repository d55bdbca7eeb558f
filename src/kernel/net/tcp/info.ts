// TCP_INFO: struct tcp_info of Linux's include/uapi/linux/tcp.h (6.12), little-endian, 248 bytes. What is not measured is 0.

import { NANOSECONDS_PER_MILLISECOND } from '../ip/settings.ts';
import type { TcpEndpoint } from './endpoint.ts';
import { advertisedMss } from './output.ts';
import { LISTEN } from './states.ts';

export const TCP_INFO_BYTES = 248;

const OPTION_TIMESTAMPS = 1;
const OPTION_SACK = 2;
const OPTION_WINDOW_SCALE = 4;
const INFINITE_SSTHRESH = 0x7fffffff;

/** The structure's bytes for an endpoint; a program with a shorter buffer gets its beginning. */
export function tcpInfo(endpoint: TcpEndpoint): Uint8Array {
  const bytes = new Uint8Array(TCP_INFO_BYTES);
  const view = new DataView(bytes.buffer);
  const now = endpoint.stack.clock.now();
  const microseconds = (nanoseconds: number): number => Math.min(Math.floor(nanoseconds / 1000), 0xffffffff);
  const since = (time: number): number => Math.floor(Math.max(now - time, 0) / NANOSECONDS_PER_MILLISECOND);
  const word = (offset: number, value: number): void => view.setUint32(offset, value, true);
  const long = (offset: number, value: number): void => view.setBigUint64(offset, BigInt(Math.floor(value)), true);
  const scaled = endpoint.sendWindowScale > 0 || endpoint.receiveWindowScale > 0;

  bytes[0] = endpoint.state;
  bytes[1] = endpoint.congestionState;
  bytes[2] = endpoint.retransmits;
  bytes[3] = endpoint.probesOut;
  bytes[4] = endpoint.backoff;
  bytes[5] =
    (endpoint.timestampsEnabled ? OPTION_TIMESTAMPS : 0) |
    (endpoint.sackEnabled ? OPTION_SACK : 0) |
    (scaled ? OPTION_WINDOW_SCALE : 0);
  bytes[6] = endpoint.sendWindowScale | (endpoint.receiveWindowScale << 4);
  word(8, microseconds(endpoint.rto));
  word(12, microseconds(endpoint.ackTimeout));
  word(16, endpoint.mss);
  word(20, endpoint.receiveMss);
  const { listener } = endpoint;
  if (endpoint.state === LISTEN && listener !== null) {
    // For a listener: connections that wait to be accepted, and how many may.
    word(24, listener.acceptQueue.length);
    word(28, listener.backlog);
  } else {
    word(24, endpoint.packetsOut);
    word(28, endpoint.sackedOut);
  }
  word(32, endpoint.lostOut);
  word(36, endpoint.retransmittedOut);
  word(44, since(endpoint.lastSendAt));
  word(52, since(endpoint.lastDataReceiveAt));
  word(56, since(endpoint.lastReceiveAt));
  const mtu = endpoint.route?.mtu ?? 1500;
  word(60, mtu);
  word(64, endpoint.receiveThreshold);
  word(68, microseconds(endpoint.smoothedRtt));
  word(72, microseconds(endpoint.rttVariation));
  word(76, endpoint.ssthresh === INFINITE_SSTHRESH ? INFINITE_SSTHRESH : endpoint.ssthresh);
  word(80, endpoint.cwnd);
  word(84, advertisedMss(mtu, endpoint.userMss));
  word(88, 3);
  word(92, microseconds(endpoint.receiveRtt));
  word(96, endpoint.spaceBytes);
  word(100, endpoint.totalRetransmits);
  view.setBigUint64(104, 0xffffffffffffffffn, true);
  view.setBigUint64(112, 0xffffffffffffffffn, true);
  long(120, endpoint.bytesAcknowledged);
  long(128, endpoint.bytesReceived);
  word(136, endpoint.segmentsOut);
  word(140, endpoint.segmentsIn);
  word(144, (endpoint.writeSequence - endpoint.sendNext) | 0);
  word(148, endpoint.minRtt === Infinity ? 0xffffffff : microseconds(endpoint.minRtt));
  word(192, endpoint.delivered);
  long(200, endpoint.bytesSent);
  long(208, endpoint.bytesRetransmitted);
  word(228, endpoint.sendWindow);
  word(232, endpoint.receiveWindow);
  return bytes;
}
