// AF_INET sockets, ip(7): what TCP and UDP sockets share.

import { EACCES, EAFNOSUPPORT, EINVAL, ENODEV, ENOPROTOOPT, EPERM } from '../../errno.ts';
import type { Kernel } from '../../kernel.ts';
import { CAP_NET_ADMIN, CAP_NET_BIND_SERVICE } from '../../process/credentials.ts';
import type { Task } from '../../process/task.ts';
import type { UdpEndpoint } from '../ip/udp.ts';
import type { TcpEndpoint } from '../tcp/endpoint.ts';
import type { InetAddress, SocketAddress } from './address.ts';
import * as c from './constants.ts';
import { Socket } from './socket.ts';
import { TargetBytes } from './transfer.ts';

/** First port that anybody may bind: net.ipv4.ip_unprivileged_port_start. */
const UNPRIVILEGED_PORT_START = 1024;

export function inet(address: number, port: number): InetAddress {
  return { family: c.AF_INET, address, port };
}

/** 1 for a flag that is set, as getsockopt gives it. */
export const bit = (on: boolean): number => (on ? 1 : 0);

export abstract class InetSocket extends Socket {
  readonly family = c.AF_INET;
  protected readonly bytes = new TargetBytes();
  abstract readonly endpoint: TcpEndpoint | UdpEndpoint;

  bind(_kernel: Kernel, task: Task, address: SocketAddress): number {
    // bind(2) to AF_UNSPEC with the wildcard address is taken for AF_INET, for old programs.
    if (address.family === c.AF_UNSPEC) return -EAFNOSUPPORT;
    if (address.family !== c.AF_INET) return -EAFNOSUPPORT;
    if (address.port !== 0 && address.port < UNPRIVILEGED_PORT_START && !task.credentials.capable(CAP_NET_BIND_SERVICE))
      return -EACCES;
    return this.endpoint.bind(address.address, address.port);
  }

  name(): SocketAddress {
    return inet(this.endpoint.localAddress, this.endpoint.localPort);
  }

  protected setIpOption(name: number, value: number): number {
    const { endpoint } = this;
    switch (name) {
      case c.IP_TOS:
        endpoint.typeOfService = value & 0xff;
        return 0;
      case c.IP_TTL:
        if (value === -1) endpoint.timeToLive = endpoint.stack.settings.ipDefaultTtl;
        else if (value < 1 || value > 255) return -EINVAL;
        else endpoint.timeToLive = value;
        return 0;
      case c.IP_PKTINFO:
      case c.IP_MTU_DISCOVER:
      case c.IP_RECVERR:
      case c.IP_RECVTTL:
      case c.IP_FREEBIND:
      case c.IP_BIND_ADDRESS_NO_PORT:
      case c.IP_MULTICAST_TTL:
      case c.IP_MULTICAST_LOOP:
        this.remembered.set(1000 + name, value);
        return 0;
      default:
        return -ENOPROTOOPT;
    }
  }

  protected getIpOption(name: number): number {
    switch (name) {
      case c.IP_TOS:
        return this.endpoint.typeOfService;
      case c.IP_TTL:
        return this.endpoint.timeToLive;
      case c.IP_MTU_DISCOVER:
        return this.remembered.get(1000 + name) ?? 1;
      case c.IP_MULTICAST_TTL:
      case c.IP_MULTICAST_LOOP:
        return this.remembered.get(1000 + name) ?? 1;
      case c.IP_PKTINFO:
      case c.IP_RECVERR:
      case c.IP_RECVTTL:
      case c.IP_FREEBIND:
      case c.IP_BIND_ADDRESS_NO_PORT:
        return this.remembered.get(1000 + name) ?? 0;
      default:
        return -ENOPROTOOPT;
    }
  }

  /** SO_BINDTODEVICE is taken for an interface that exists; routing decides anyway. */
  protected bindToDevice(kernel: Kernel, task: Task, bytes: Uint8Array): number {
    if (!task.credentials.capable(CAP_NET_ADMIN)) return -EPERM;
    const end = bytes.indexOf(0);
    const name = String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
    return name === '' || kernel.network.stack.interfaceByName(name) !== null ? 0 : -ENODEV;
  }
}
