// The texts of /proc/net that come from this stack, in Linux 6.12's exact format (net/ipv4/{tcp_ipv4,udp,proc,fib_trie,arp}.c,
// net/core/net-procfs.c): programs parse these by column. Pure functions; user and inode of a socket are asked for.

import type { NetworkStack } from '../stack.ts';
import { KIND_CONNECTION, KIND_REQUEST } from '../tcp/connection-table.ts';
import type { TcpEndpoint } from '../tcp/endpoint.ts';
import type { Request } from '../tcp/listener.ts';
import { LISTEN } from '../tcp/states.ts';
import type { TimeWait } from '../tcp/time-wait.ts';
import { formatAddress, formatMac, prefixMask } from './address.ts';
import type { Endpoint } from './environment.ts';
import { RTF_GATEWAY, RTF_HOST, RTF_UP } from './route.ts';
import { NANOSECONDS_PER_MILLISECOND } from './settings.ts';

/** Who a socket belongs to, as the kernel's socket layer knows it. */
export interface SocketIdentity {
  readonly uid: number;
  readonly inode: number;
}

export type IdentityOf = (endpoint: Endpoint) => SocketIdentity;

const TCP_LINE = 149;
const UDP_LINE = 127;
const ROUTE_LINE = 127;
/** USER_HZ: the unit of times in these texts. */
const TICK = 10 * NANOSECONDS_PER_MILLISECOND;
const PAGE_BYTES = 4096;

function hex(value: number, digits: number): string {
  return (value >>> 0).toString(16).toUpperCase().padStart(digits, '0');
}

/** An address as the kernel prints a big-endian word on a little-endian machine. */
function hexAddress(address: number): string {
  const swapped =
    ((address & 0xff) << 24) | ((address & 0xff00) << 8) | ((address >>> 8) & 0xff00) | ((address >>> 24) & 0xff);
  return hex(swapped, 8);
}

function column(value: number | string, width: number): string {
  return String(value).padStart(width);
}

function ticks(deadline: number, now: number): number {
  return deadline === Infinity ? 0 : Math.max(Math.floor((deadline - now) / TICK), 0);
}

function lines(header: string, rows: readonly string[], width: number): string {
  return [header, ...rows].map((line) => `${line.padEnd(width)}\n`).join('');
}

const TCP_COLUMNS = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const UDP_COLUMNS =
  '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops';
const POINTER = '0000000000000000';

interface SocketRow {
  readonly local: string;
  readonly remote: string;
  readonly state: number;
  readonly sendQueue: number;
  readonly receiveQueue: number;
  readonly timer: number;
  readonly timerTicks: number;
  readonly retransmits: number;
  readonly uid: number;
  readonly timeout: number;
  readonly inode: number;
  readonly tail: string;
}

function socketRow(index: number, indexWidth: number, row: SocketRow): string {
  return (
    `${column(index, indexWidth)}: ${row.local} ${row.remote} ${hex(row.state, 2)} ` +
    `${hex(row.sendQueue, 8)}:${hex(row.receiveQueue, 8)} ${hex(row.timer, 2)}:${hex(row.timerTicks, 8)} ` +
    `${hex(row.retransmits, 8)} ${column(row.uid, 5)} ${column(row.timeout, 8)} ${row.inode} ${row.tail}`
  );
}

function names(entry: {
  localAddress: number;
  localPort: number;
  remoteAddress: number;
  remotePort: number;
}): Pick<SocketRow, 'local' | 'remote'> {
  return {
    local: `${hexAddress(entry.localAddress)}:${hex(entry.localPort, 4)}`,
    remote: `${hexAddress(entry.remoteAddress)}:${hex(entry.remotePort, 4)}`,
  };
}

function connectionRow(endpoint: TcpEndpoint, identity: SocketIdentity, now: number): SocketRow {
  let timer = 0;
  let deadline = Infinity;
  if (endpoint.retransmitTimer.armed) {
    timer = endpoint.packetsOut > 0 || endpoint.firstUnsent === null ? 1 : 4;
    deadline = endpoint.retransmitTimer.deadline;
  } else if (endpoint.keepaliveTimer.armed) {
    timer = 2;
    deadline = endpoint.keepaliveTimer.deadline;
  }
  const listening = endpoint.state === LISTEN;
  const ssthresh = endpoint.ssthresh >= 0x7fffffff ? -1 : endpoint.ssthresh;
  const quick = ((endpoint.quickAcks << 1) | (endpoint.pingPong ? 1 : 0)) >>> 0;
  return {
    ...names(endpoint),
    state: endpoint.state,
    sendQueue: listening ? 0 : endpoint.unacknowledgedBytes,
    receiveQueue: listening ? endpoint.listener!.acceptQueue.length : endpoint.readable,
    timer,
    timerTicks: ticks(deadline, now),
    retransmits: endpoint.retransmits,
    uid: identity.uid,
    timeout: endpoint.probesOut,
    inode: identity.inode,
    tail:
      `1 ${POINTER} ${Math.floor(endpoint.rto / TICK)} ${Math.floor(endpoint.ackTimeout / TICK)} ${quick} ` +
      `${endpoint.cwnd} ${listening ? 0 : ssthresh}`,
  };
}

/** /proc/net/tcp: listeners, then connections, requests and TIME-WAIT. */
export function procTcp(stack: NetworkStack, identityOf: IdentityOf): string {
  const now = stack.clock.now();
  const rows: string[] = [];
  for (const listener of stack.tcp.listeners()) {
    rows.push(socketRow(rows.length, 4, connectionRow(listener, identityOf(listener), now)));
  }
  const entries = [...stack.tcp.table.entries()].sort(
    (a, b) => a.localPort - b.localPort || a.remoteAddress - b.remoteAddress || a.remotePort - b.remotePort,
  );
  for (const entry of entries) {
    if (entry.entryKind === KIND_CONNECTION) {
      const endpoint = entry as TcpEndpoint;
      const identity = endpoint.owner === null ? { uid: 0, inode: 0 } : identityOf(endpoint);
      rows.push(socketRow(rows.length, 4, connectionRow(endpoint, identity, now)));
    } else {
      const isRequest = entry.entryKind === KIND_REQUEST;
      const record = entry as Request | TimeWait;
      rows.push(
        socketRow(rows.length, 4, {
          ...names(entry),
          state: isRequest ? 3 : 6,
          sendQueue: 0,
          receiveQueue: 0,
          timer: isRequest ? 1 : 3,
          timerTicks: ticks(record.timer.deadline, now),
          retransmits: isRequest ? (entry as Request).retransmits : 0,
          uid: 0,
          timeout: 0,
          inode: 0,
          tail: `${isRequest ? 0 : 3} ${POINTER}`,
        }),
      );
    }
  }
  return lines(TCP_COLUMNS, rows, TCP_LINE);
}

/** /proc/net/udp. */
export function procUdp(stack: NetworkStack, identityOf: IdentityOf): string {
  const rows: string[] = [];
  for (const endpoint of stack.udp.endpoints()) {
    const identity = identityOf(endpoint);
    rows.push(
      socketRow(rows.length, 5, {
        ...names(endpoint),
        state: endpoint.connected ? 1 : 7,
        sendQueue: 0,
        receiveQueue: endpoint.queuedBytes,
        timer: 0,
        timerTicks: 0,
        retransmits: 0,
        uid: identity.uid,
        timeout: 0,
        inode: identity.inode,
        tail: `2 ${POINTER} ${endpoint.drops}`,
      }),
    );
  }
  return lines(UDP_COLUMNS, rows, UDP_LINE);
}

/** /proc/net/tcp6 and /proc/net/udp6: there is no IPv6, so only the header. */
export const procTcp6 =
  '  sl  local_address                         remote_address                        ' +
  'st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
export const procUdp6 = procTcp6.replace('inode\n', 'inode ref pointer drops\n');

/** /proc/net/dev. */
export function procDev(stack: NetworkStack): string {
  let text =
    'Inter-|   Receive                                                |  Transmit\n' +
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n';
  for (const { name, statistics: s } of stack.interfaces) {
    text +=
      `${column(name, 6)}: ${column(s.receivedBytes, 7)} ${column(s.receivedPackets, 7)} ${column(s.receiveErrors, 4)} ` +
      `${column(s.receiveDropped, 4)} ${column(0, 4)} ${column(0, 5)} ${column(0, 10)} ${column(0, 9)} ` +
      `${column(s.sentBytes, 8)} ${column(s.sentPackets, 7)} ${column(s.sendErrors, 4)} ${column(s.sendDropped, 4)} ` +
      `${column(0, 4)} ${column(0, 5)} ${column(0, 7)} ${column(0, 10)}\n`;
  }
  return text;
}

/** /proc/net/route. */
export function procRoute(stack: NetworkStack): string {
  const header = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT';
  const rows = [...stack.routes.routes]
    .sort((a, b) => a.destination - b.destination || b.prefixLength - a.prefixLength)
    .map((route) => {
      const flags = RTF_UP | (route.gateway !== 0 ? RTF_GATEWAY : 0) | (route.prefixLength === 32 ? RTF_HOST : 0);
      return (
        `${route.networkInterface.name}\t${hexAddress(route.destination)}\t${hexAddress(route.gateway)}\t` +
        `${hex(flags, 4)}\t0\t0\t${route.metric}\t${hexAddress(prefixMask(route.prefixLength))}\t0\t0\t0`
      );
    });
  return lines(header, rows, ROUTE_LINE);
}

/** /proc/net/arp. */
export function procArp(stack: NetworkStack): string {
  let text = 'IP address       HW type     Flags       HW address            Mask     Device\n';
  for (const neighbour of stack.arp.neighbours) {
    const flags = neighbour.state === 'incomplete' ? 0 : neighbour.state === 'permanent' ? 6 : 2;
    text +=
      `${formatAddress(neighbour.address).padEnd(16)} 0x${'1'.padEnd(10)}0x${flags.toString(16).padEnd(10)}` +
      `${formatMac(neighbour.mac).padEnd(17)}     *        ${neighbour.networkInterface.name}\n`;
  }
  return text;
}

const IP_COLUMNS =
  'InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards InDelivers OutRequests OutDiscards ' +
  'OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates OutTransmits';
const ICMP_COLUMNS =
  'InMsgs InErrors InCsumErrors InDestUnreachs InTimeExcds InParmProbs InSrcQuenchs InRedirects InEchos InEchoReps ' +
  'InTimestamps InTimestampReps InAddrMasks InAddrMaskReps OutMsgs OutErrors OutRateLimitGlobal OutRateLimitHost ' +
  'OutDestUnreachs OutTimeExcds OutParmProbs OutSrcQuenchs OutRedirects OutEchos OutEchoReps OutTimestamps ' +
  'OutTimestampReps OutAddrMasks OutAddrMaskReps';
const TCP_COUNTERS =
  'ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors';
const UDP_COUNTERS =
  'InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors';
const TCP_EXTENSION_COLUMNS =
  'SyncookiesSent SyncookiesRecv SyncookiesFailed EmbryonicRsts PruneCalled RcvPruned OfoPruned OutOfWindowIcmps ' +
  'LockDroppedIcmps ArpFilter TW TWRecycled TWKilled PAWSActive PAWSEstab DelayedACKs DelayedACKLocked DelayedACKLost ' +
  'ListenOverflows ListenDrops TCPHPHits TCPPureAcks TCPHPAcks TCPRenoRecovery TCPSackRecovery TCPSACKReneging ' +
  'TCPSACKReorder TCPRenoReorder TCPTSReorder TCPFullUndo TCPPartialUndo TCPDSACKUndo TCPLossUndo TCPLostRetransmit ' +
  'TCPRenoFailures TCPSackFailures TCPLossFailures TCPFastRetrans TCPSlowStartRetrans TCPTimeouts TCPLossProbes ' +
  'TCPLossProbeRecovery TCPRenoRecoveryFail TCPSackRecoveryFail TCPRcvCollapsed TCPBacklogCoalesce TCPDSACKOldSent ' +
  'TCPDSACKOfoSent TCPDSACKRecv TCPDSACKOfoRecv TCPAbortOnData TCPAbortOnClose TCPAbortOnMemory TCPAbortOnTimeout ' +
  'TCPAbortOnLinger TCPAbortFailed TCPMemoryPressures TCPMemoryPressuresChrono TCPSACKDiscard TCPDSACKIgnoredOld ' +
  'TCPDSACKIgnoredNoUndo TCPSpuriousRTOs TCPMD5NotFound TCPMD5Unexpected TCPMD5Failure TCPSackShifted TCPSackMerged ' +
  'TCPSackShiftFallback TCPBacklogDrop PFMemallocDrop TCPMinTTLDrop TCPDeferAcceptDrop IPReversePathFilter ' +
  'TCPTimeWaitOverflow TCPReqQFullDoCookies TCPReqQFullDrop TCPRetransFail TCPRcvCoalesce TCPOFOQueue TCPOFODrop ' +
  'TCPOFOMerge TCPChallengeACK TCPSYNChallenge TCPFastOpenActive TCPFastOpenActiveFail TCPFastOpenPassive ' +
  'TCPFastOpenPassiveFail TCPFastOpenListenOverflow TCPFastOpenCookieReqd TCPFastOpenBlackhole ' +
  'TCPSpuriousRtxHostQueues BusyPollRxPackets TCPAutoCorking TCPFromZeroWindowAdv TCPToZeroWindowAdv ' +
  'TCPWantZeroWindowAdv TCPSynRetrans TCPOrigDataSent TCPHystartTrainDetect TCPHystartTrainCwnd ' +
  'TCPHystartDelayDetect TCPHystartDelayCwnd TCPACKSkippedSynRecv TCPACKSkippedPAWS TCPACKSkippedSeq ' +
  'TCPACKSkippedFinWait2 TCPACKSkippedTimeWait TCPACKSkippedChallenge TCPWinProbe TCPKeepAlive TCPMTUPFail ' +
  'TCPMTUPSuccess TCPDelivered TCPDeliveredCE TCPAckCompressed TCPZeroWindowDrop TCPRcvQDrop TCPWqueueTooBig ' +
  'TCPFastOpenPassiveAltKey TcpTimeoutRehash TcpDuplicateDataRehash TCPDSACKRecvSegs TCPDSACKIgnoredDubious ' +
  'TCPMigrateReqSuccess TCPMigrateReqFailure TCPPLBRehash TCPAORequired TCPAOBad TCPAOKeyNotFound TCPAOGood ' +
  'TCPAODroppedIcmps';
const IP_EXTENSION_COLUMNS =
  'InNoRoutes InTruncatedPkts InMcastPkts OutMcastPkts InBcastPkts OutBcastPkts InOctets OutOctets InMcastOctets ' +
  'OutMcastOctets InBcastOctets OutBcastOctets InCsumErrors InNoECTPkts InECT1Pkts InECT0Pkts InCEPkts ReasmOverlaps';

function group(name: string, columns: string, counters: object, first = '', firstValues = ''): string {
  const values = columns.split(' ').map((key) => (counters as Record<string, number>)[key] ?? 0);
  return `${name}: ${first}${columns}\n${name}: ${firstValues}${values.join(' ')}\n`;
}

/** /proc/net/snmp. */
export function procSnmp(stack: NetworkStack): string {
  const { counters, settings } = stack;
  const ip = { ...counters.ip, OutTransmits: counters.ip.OutRequests + counters.ip.FragCreates - counters.ip.FragOKs };
  const milliseconds = (time: number): number => Math.floor(time / NANOSECONDS_PER_MILLISECOND);
  const rto = `1 ${milliseconds(settings.tcpRtoMin)} ${milliseconds(settings.tcpRtoMax)} -1 `;
  return (
    group('Ip', IP_COLUMNS, ip, 'Forwarding DefaultTTL ', `${settings.ipForward ? 1 : 2} ${settings.ipDefaultTtl} `) +
    group('Icmp', ICMP_COLUMNS, counters.icmp) +
    group('Tcp', TCP_COUNTERS, counters.tcp, 'RtoAlgorithm RtoMin RtoMax MaxConn ', rto) +
    group('Udp', UDP_COUNTERS, counters.udp) +
    group('UdpLite', UDP_COUNTERS, {})
  );
}

/** /proc/net/netstat. */
export function procNetstat(stack: NetworkStack): string {
  return (
    group('TcpExt', TCP_EXTENSION_COLUMNS, stack.counters.tcpExtension) +
    group('IpExt', IP_EXTENSION_COLUMNS, stack.counters.ipExtension)
  );
}

/** /proc/net/sockstat; `socketsUsed` counts the sockets of all families. */
export function procSockstat(stack: NetworkStack, socketsUsed: number): string {
  const { tcp } = stack;
  let inUse = 0;
  for (const _listener of tcp.listeners()) inUse += 1;
  for (const entry of tcp.table.entries()) if (entry.entryKind === KIND_CONNECTION) inUse += 1;
  let datagrams = 0;
  let datagramBytes = 0;
  for (const endpoint of stack.udp.endpoints()) {
    datagrams += 1;
    datagramBytes += endpoint.queuedBytes;
  }
  const pages = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES);
  return (
    `sockets: used ${socketsUsed}\n` +
    `TCP: inuse ${inUse} orphan ${tcp.orphans} tw ${tcp.timeWaits} alloc ${inUse} mem ${pages(tcp.memory)}\n` +
    `UDP: inuse ${datagrams} mem ${pages(datagramBytes)}\n` +
    'UDPLITE: inuse 0\n' +
    'RAW: inuse 0\n' +
    `FRAG: inuse ${stack.ip.reassembly.queues} memory ${stack.ip.reassembly.bytes}\n`
  );
}
