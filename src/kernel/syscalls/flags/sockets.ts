// Names of socket constants, ordered as strace prints them.

import type { FlagTable } from '../decoders.ts';

export const socketFamilies: FlagTable = [
  [0, 'AF_UNSPEC'],
  [1, 'AF_UNIX'],
  [2, 'AF_INET'],
  [10, 'AF_INET6'],
  [16, 'AF_NETLINK'],
  [17, 'AF_PACKET'],
];

/** Type in the low bits, flags above. */
export const socketTypes: FlagTable = [
  [5, 'SOCK_SEQPACKET'],
  [3, 'SOCK_RAW'],
  [1, 'SOCK_STREAM'],
  [2, 'SOCK_DGRAM'],
  [0x80000, 'SOCK_CLOEXEC'],
  [0x800, 'SOCK_NONBLOCK'],
];

export const acceptFlags: FlagTable = [
  [0x80000, 'SOCK_CLOEXEC'],
  [0x800, 'SOCK_NONBLOCK'],
];

export const messageFlags: FlagTable = [
  [1, 'MSG_OOB'],
  [2, 'MSG_PEEK'],
  [4, 'MSG_DONTROUTE'],
  [8, 'MSG_CTRUNC'],
  [0x20, 'MSG_TRUNC'],
  [0x40, 'MSG_DONTWAIT'],
  [0x80, 'MSG_EOR'],
  [0x100, 'MSG_WAITALL'],
  [0x2000, 'MSG_ERRQUEUE'],
  [0x4000, 'MSG_NOSIGNAL'],
  [0x8000, 'MSG_MORE'],
  [0x10000, 'MSG_WAITFORONE'],
  [0x40000000, 'MSG_CMSG_CLOEXEC'],
];

export const shutdownModes: FlagTable = [
  [0, 'SHUT_RD'],
  [1, 'SHUT_WR'],
  [2, 'SHUT_RDWR'],
];

export const socketLevels: FlagTable = [
  [1, 'SOL_SOCKET'],
  [0, 'SOL_IP'],
  [6, 'SOL_TCP'],
  [17, 'SOL_UDP'],
  [41, 'SOL_IPV6'],
];

/** Options of SOL_SOCKET; those of other levels print as numbers. */
export const socketOptions: FlagTable = [
  [1, 'SO_DEBUG'],
  [2, 'SO_REUSEADDR'],
  [3, 'SO_TYPE'],
  [4, 'SO_ERROR'],
  [5, 'SO_DONTROUTE'],
  [6, 'SO_BROADCAST'],
  [7, 'SO_SNDBUF'],
  [8, 'SO_RCVBUF'],
  [9, 'SO_KEEPALIVE'],
  [10, 'SO_OOBINLINE'],
  [11, 'SO_NO_CHECK'],
  [12, 'SO_PRIORITY'],
  [13, 'SO_LINGER'],
  [15, 'SO_REUSEPORT'],
  [16, 'SO_PASSCRED'],
  [17, 'SO_PEERCRED'],
  [18, 'SO_RCVLOWAT'],
  [19, 'SO_SNDLOWAT'],
  [20, 'SO_RCVTIMEO'],
  [21, 'SO_SNDTIMEO'],
  [25, 'SO_BINDTODEVICE'],
  [30, 'SO_ACCEPTCONN'],
  [38, 'SO_PROTOCOL'],
  [39, 'SO_DOMAIN'],
];
