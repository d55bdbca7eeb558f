// UDP sockets, udp(7): an endpoint of the stack as a socket.

import { EAFNOSUPPORT, EAGAIN, EINVAL, ENOPROTOOPT, ENOTCONN, EOPNOTSUPP } from '../../errno.ts';
import type { IoTarget } from '../../fs/io.ts';
import type { Kernel } from '../../kernel.ts';
import type { Task } from '../../process/task.ts';
import type { UdpEndpoint } from '../ip/udp.ts';
import type { SocketAddress } from './address.ts';
import * as c from './constants.ts';
import { bit, InetSocket, inet } from './inet-socket.ts';

export class UdpSocket extends InetSocket {
  readonly endpoint: UdpEndpoint;

  constructor(endpoint: UdpEndpoint, address: number) {
    super(c.SOCK_DGRAM, c.IPPROTO_UDP, address);
    this.endpoint = endpoint;
    endpoint.owner = this;
  }

  listen(): number {
    return -EOPNOTSUPP;
  }

  accept(): number {
    return -EOPNOTSUPP;
  }

  connect(_kernel: Kernel, _task: Task, address: SocketAddress): number {
    if (address.family === c.AF_UNSPEC) {
      this.endpoint.disconnect();
      return 0;
    }
    if (address.family !== c.AF_INET) return -EAFNOSUPPORT;
    return this.endpoint.connect(address.address, address.port);
  }

  peer(): SocketAddress | number {
    return this.endpoint.connected ? inet(this.endpoint.remoteAddress, this.endpoint.remotePort) : -ENOTCONN;
  }

  send(_kernel: Kernel, _task: Task, source: IoTarget, flags: number, to: SocketAddress | null): number {
    if ((flags & c.MSG_OOB) !== 0) return -EOPNOTSUPP;
    if (to !== null && to.family !== c.AF_INET && to.family !== c.AF_UNSPEC) return -EAFNOSUPPORT;
    if (to !== null && to.family === c.AF_INET) {
      if (to.port === 0) return -EINVAL;
      return this.endpoint.sendTo(this.bytes.of(source), source.remaining, to.address, to.port);
    }
    return this.endpoint.sendTo(this.bytes.of(source), source.remaining);
  }

  receive(_kernel: Kernel, _task: Task, target: IoTarget, flags: number): number {
    if ((flags & c.MSG_ERRQUEUE) !== 0) return -EAGAIN;
    const result = this.endpoint.receiveFrom(this.bytes.of(target), target.remaining, (flags & c.MSG_PEEK) !== 0);
    if (typeof result === 'number') {
      this.received = { address: null, flags: 0, control: null, length: 0 };
      return result;
    }
    this.received = {
      address: inet(result.address, result.port),
      flags: result.length > result.bytes ? c.MSG_TRUNC : 0,
      control: null,
      length: result.length,
    };
    return result.bytes;
  }

  shutdown(_kernel: Kernel, how: number): number {
    return this.endpoint.shutdown(how);
  }

  poll(): number {
    return this.endpoint.poll();
  }

  close(kernel: Kernel): void {
    this.endpoint.close();
    kernel.network.sockets -= 1;
    kernel.network.rearm();
  }

  readable(): number {
    return Math.max(this.endpoint.nextLength, 0);
  }

  unsent(): number {
    return 0;
  }

  setOption(kernel: Kernel, task: Task, level: number, name: number, value: number, bytes: Uint8Array): number {
    const { endpoint } = this;
    if (level === c.IPPROTO_IP) return this.setIpOption(name, value);
    if (level !== c.SOL_SOCKET) return -ENOPROTOOPT;
    switch (name) {
      case c.SO_REUSEADDR:
        endpoint.reuseAddress = value !== 0;
        return 0;
      case c.SO_REUSEPORT:
        endpoint.reusePort = value !== 0;
        return 0;
      case c.SO_BROADCAST:
        endpoint.broadcast = value !== 0;
        return 0;
      case c.SO_SNDBUF:
      case c.SO_SNDBUFFORCE:
        endpoint.sendBuffer = Math.max(4608, 2 * Math.min(value, c.MAXIMUM_BUFFER_BYTES));
        return 0;
      case c.SO_RCVBUF:
      case c.SO_RCVBUFFORCE:
        endpoint.receiveBuffer = Math.max(2304, 2 * Math.min(value, c.MAXIMUM_BUFFER_BYTES));
        return 0;
      case c.SO_KEEPALIVE:
      case c.SO_RCVLOWAT:
      case c.SO_NO_CHECK:
      case c.SO_LINGER:
        this.remembered.set(name, value);
        return 0;
      case c.SO_BINDTODEVICE:
        return this.bindToDevice(kernel, task, bytes);
      default:
        return -ENOPROTOOPT;
    }
  }

  getOption(_kernel: Kernel, level: number, name: number): number | Uint8Array {
    const { endpoint } = this;
    if (level === c.IPPROTO_IP) return this.getIpOption(name);
    if (level !== c.SOL_SOCKET) return -ENOPROTOOPT;
    switch (name) {
      case c.SO_REUSEADDR:
        return bit(endpoint.reuseAddress);
      case c.SO_REUSEPORT:
        return bit(endpoint.reusePort);
      case c.SO_BROADCAST:
        return bit(endpoint.broadcast);
      case c.SO_SNDBUF:
        return endpoint.sendBuffer;
      case c.SO_RCVBUF:
        return endpoint.receiveBuffer;
      case c.SO_ERROR:
        return endpoint.takeError();
      case c.SO_KEEPALIVE:
      case c.SO_NO_CHECK:
        return this.remembered.get(name) ?? 0;
      case c.SO_RCVLOWAT:
        return this.remembered.get(name) ?? 1;
      case c.SO_LINGER:
        return new Uint8Array(8);
      default:
        return -ENOPROTOOPT;
    }
  }
}
