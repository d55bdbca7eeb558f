// The stack's limits and defaults. Names are those of Linux's sysctls (Documentation/networking/ip-sysctl.rst); values are
// Linux 6.12's defaults unless the comment says otherwise. Every queue, cache and table of the stack has its bound here.

export const NANOSECONDS_PER_MILLISECOND = 1_000_000;
export const NANOSECONDS_PER_SECOND = 1_000_000_000;
const SECOND = NANOSECONDS_PER_SECOND;
const MILLISECOND = NANOSECONDS_PER_MILLISECOND;

export interface NetworkSettings {
  ipForward: boolean;
  ipDefaultTtl: number;
  ipLocalPortRange: readonly [number, number];
  /** Reassembly: bytes over all queues, queues, and nanoseconds until one is given up (RFC 791; ipfrag_time). */
  ipFragmentHighThreshold: number;
  ipFragmentQueues: number;
  ipFragmentTime: number;
  /** Messages per second over all targets, and burst (icmp_msgs_per_sec, icmp_msgs_burst). */
  icmpMessagesPerSecond: number;
  icmpMessagesBurst: number;
  /** neigh/default: table size, base reachable time, retransmit time, probes, and packets that wait per neighbour. */
  neighbourTableSize: number;
  neighbourReachableTime: number;
  neighbourRetransmitTime: number;
  neighbourProbes: number;
  neighbourQueue: number;
  /** net.core */
  somaxconn: number;
  netdevMaxBacklog: number;
  rmemDefault: number;
  rmemMax: number;
  wmemDefault: number;
  wmemMax: number;
  /** The largest memory block that a TCP segment asks for, header room included. A datagram may need up to 64 KiB more. */
  maxBufferBytes: number;
  tcpRmem: readonly [number, number, number];
  tcpWmem: readonly [number, number, number];
  /** Bytes over all TCP queues (tcp_mem's third value, in bytes). */
  tcpMemory: number;
  tcpSynRetries: number;
  tcpSynAckRetries: number;
  tcpRetries2: number;
  tcpOrphanRetries: number;
  tcpMaxOrphans: number;
  tcpMaxTimeWait: number;
  tcpMaxConnections: number;
  tcpFinTimeout: number;
  tcpTimeWait: number;
  tcpKeepaliveTime: number;
  tcpKeepaliveInterval: number;
  tcpKeepaliveProbes: number;
  tcpTimestamps: boolean;
  tcpSack: boolean;
  tcpWindowScaling: boolean;
  tcpSynCookies: boolean;
  tcpAbortOnOverflow: boolean;
  tcpTimeWaitReuse: boolean;
  tcpCongestionControl: 'cubic' | 'reno';
  tcpRtoMin: number;
  tcpRtoMax: number;
  tcpRtoInitial: number;
  tcpDelayedAckMin: number;
  tcpDelayedAckMax: number;
  tcpInitialCwnd: number;
  tcpChallengeAckLimit: number;
  tcpInvalidRateLimit: number;
  /** Segments in one out-of-order queue. Linux bounds it by bytes alone. */
  tcpMaxOutOfOrder: number;
  tcpEarlyRetransmitProbe: boolean;
}

export const defaultSettings: Readonly<NetworkSettings> = {
  ipForward: false,
  ipDefaultTtl: 64,
  ipLocalPortRange: [32768, 60999],
  ipFragmentHighThreshold: 4 * 1024 * 1024,
  ipFragmentQueues: 1024,
  ipFragmentTime: 30 * SECOND,
  icmpMessagesPerSecond: 1000,
  icmpMessagesBurst: 50,
  neighbourTableSize: 1024,
  neighbourReachableTime: 30 * SECOND,
  neighbourRetransmitTime: 1 * SECOND,
  neighbourProbes: 3,
  neighbourQueue: 101,
  somaxconn: 4096,
  netdevMaxBacklog: 1000,
  rmemDefault: 212992,
  rmemMax: 212992,
  wmemDefault: 212992,
  wmemMax: 212992,
  maxBufferBytes: 32768,
  tcpRmem: [4096, 131072, 6291456],
  tcpWmem: [4096, 16384, 4194304],
  tcpMemory: 64 * 1024 * 1024,
  tcpSynRetries: 6,
  tcpSynAckRetries: 5,
  tcpRetries2: 15,
  tcpOrphanRetries: 8,
  tcpMaxOrphans: 8192,
  tcpMaxTimeWait: 32768,
  tcpMaxConnections: 65536,
  tcpFinTimeout: 60 * SECOND,
  tcpTimeWait: 60 * SECOND,
  tcpKeepaliveTime: 7200 * SECOND,
  tcpKeepaliveInterval: 75 * SECOND,
  tcpKeepaliveProbes: 9,
  tcpTimestamps: true,
  tcpSack: true,
  tcpWindowScaling: true,
  tcpSynCookies: true,
  tcpAbortOnOverflow: false,
  tcpTimeWaitReuse: true,
  tcpCongestionControl: 'cubic',
  tcpRtoMin: 200 * MILLISECOND,
  tcpRtoMax: 120 * SECOND,
  tcpRtoInitial: 1 * SECOND,
  tcpDelayedAckMin: 40 * MILLISECOND,
  tcpDelayedAckMax: 200 * MILLISECOND,
  tcpInitialCwnd: 10,
  tcpChallengeAckLimit: 1000,
  tcpInvalidRateLimit: 500 * MILLISECOND,
  tcpMaxOutOfOrder: 8192,
  tcpEarlyRetransmitProbe: true,
};
