// TCP sockets, tcp(7): an endpoint of the stack as a socket.

import { EAFNOSUPPORT, EAGAIN, EINVAL, ENOENT, ENOPROTOOPT, ENOTCONN, EOPNOTSUPP } from '../../errno.ts';
import type { IoTarget } from '../../fs/io.ts';
import type { Kernel } from '../../kernel.ts';
import type { Task } from '../../process/task.ts';
import type { TcpEndpoint } from '../tcp/endpoint.ts';
import { TCP_INFO_BYTES, tcpInfo } from '../tcp/info.ts';
import { CLOSED, LISTEN } from '../tcp/states.ts';
import type { SocketAddress } from './address.ts';
import * as c from './constants.ts';
import { bit, InetSocket, inet } from './inet-socket.ts';
import type { Control, Socket } from './socket.ts';

const NANOSECONDS_PER_SECOND = 1e9;

export class TcpSocket extends InetSocket {
  readonly endpoint: TcpEndpoint;

  constructor(endpoint: TcpEndpoint, address: number) {
    super(c.SOCK_STREAM, c.IPPROTO_TCP, address);
    this.endpoint = endpoint;
    endpoint.owner = this;
  }

  override get listening(): boolean {
    return this.endpoint.state === LISTEN;
  }

  listen(_kernel: Kernel, _task: Task, backlog: number): number {
    return this.endpoint.listen(Math.min(backlog < 0 ? c.SOMAXCONN : backlog, c.SOMAXCONN));
  }

  connect(_kernel: Kernel, _task: Task, address: SocketAddress): number {
    if (address.family === c.AF_UNSPEC) return this.endpoint.disconnect();
    if (address.family !== c.AF_INET) return -EAFNOSUPPORT;
    return this.endpoint.connect(address.address, address.port);
  }

  accept(kernel: Kernel): Socket | number {
    const child = this.endpoint.accept();
    if (typeof child === 'number') return child;
    const socket = new TcpSocket(child, kernel.slabs.allocate('TCP'));
    for (const [name, value] of this.remembered) socket.remembered.set(name, value);
    return socket;
  }

  peer(): SocketAddress | number {
    const { endpoint } = this;
    if (endpoint.state === CLOSED || endpoint.state === LISTEN || endpoint.phase !== 'connected') {
      // A handshake that is done but not yet asked about counts as connected.
      if (
        endpoint.phase !== 'connecting' ||
        endpoint.poll() === 0 ||
        endpoint.state === CLOSED ||
        endpoint.remotePort === 0
      )
        return -ENOTCONN;
    }
    return inet(endpoint.remoteAddress, endpoint.remotePort);
  }

  send(
    _kernel: Kernel,
    _task: Task,
    source: IoTarget,
    flags: number,
    to: SocketAddress | null,
    _control: Control | null,
  ): number {
    void to; // a destination on a connected stream is ignored (tcp(7))
    if ((flags & c.MSG_OOB) !== 0) return -EOPNOTSUPP;
    return this.endpoint.send(this.bytes.of(source), source.remaining, (flags & c.MSG_MORE) !== 0);
  }

  receive(_kernel: Kernel, _task: Task, target: IoTarget, flags: number): number {
    if ((flags & c.MSG_OOB) !== 0) return -EINVAL;
    if ((flags & c.MSG_ERRQUEUE) !== 0) return -EAGAIN;
    const received = this.endpoint.receive(this.bytes.of(target), target.remaining, (flags & c.MSG_PEEK) !== 0);
    this.received = { address: null, flags: 0, control: null, length: Math.max(received, 0) };
    return received;
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
    return this.endpoint.available;
  }

  unsent(): number {
    return this.endpoint.state === CLOSED ? 0 : this.endpoint.unacknowledgedBytes;
  }

  setOption(kernel: Kernel, task: Task, level: number, name: number, value: number, bytes: Uint8Array): number {
    const { endpoint } = this;
    if (level === c.SOL_SOCKET) {
      switch (name) {
        case c.SO_REUSEADDR:
          endpoint.reuseAddress = value !== 0;
          return 0;
        case c.SO_REUSEPORT:
          endpoint.reusePort = value !== 0;
          return 0;
        case c.SO_KEEPALIVE:
          endpoint.setKeepAlive(value !== 0);
          return 0;
        case c.SO_SNDBUF:
        case c.SO_SNDBUFFORCE:
          endpoint.setSendBuffer(value);
          return 0;
        case c.SO_RCVBUF:
        case c.SO_RCVBUFFORCE:
          endpoint.setReceiveBuffer(value);
          return 0;
        case c.SO_LINGER: {
          if (bytes.length < 8) return -EINVAL;
          const seconds = new DataView(bytes.buffer, bytes.byteOffset).getInt32(4, true);
          endpoint.linger = value === 0 ? -1 : Math.max(0, seconds);
          return 0;
        }
        case c.SO_RCVLOWAT:
          endpoint.receiveLowWater = Math.max(1, value);
          return 0;
        case c.SO_BINDTODEVICE:
          return this.bindToDevice(kernel, task, bytes);
        case c.SO_BROADCAST:
          this.remembered.set(name, value);
          return 0;
        default:
          return -ENOPROTOOPT;
      }
    }
    if (level === c.IPPROTO_IP) return this.setIpOption(name, value);
    if (level !== c.IPPROTO_TCP) return -ENOPROTOOPT;
    switch (name) {
      case c.TCP_NODELAY:
        endpoint.setNoDelay(value !== 0);
        return 0;
      case c.TCP_CORK:
        endpoint.setCork(value !== 0);
        return 0;
      case c.TCP_MAXSEG:
        if (value !== 0 && (value < 88 || value > 32767)) return -EINVAL;
        endpoint.userMss = value;
        return 0;
      case c.TCP_KEEPIDLE:
        if (value < 1 || value > 32767) return -EINVAL;
        endpoint.setKeepIdle(value * NANOSECONDS_PER_SECOND);
        return 0;
      case c.TCP_KEEPINTVL:
        if (value < 1 || value > 32767) return -EINVAL;
        endpoint.keepInterval = value * NANOSECONDS_PER_SECOND;
        return 0;
      case c.TCP_KEEPCNT:
        if (value < 1 || value > 127) return -EINVAL;
        endpoint.keepCount = value;
        return 0;
      case c.TCP_SYNCNT:
        if (value < 1 || value > 127) return -EINVAL;
        endpoint.synRetries = value;
        return 0;
      case c.TCP_LINGER2:
        endpoint.finTimeout = value < 0 ? 0 : value * NANOSECONDS_PER_SECOND;
        return 0;
      case c.TCP_DEFER_ACCEPT:
        endpoint.deferAccept = Math.max(0, value);
        return 0;
      case c.TCP_QUICKACK:
        endpoint.setQuickAck(value !== 0);
        return 0;
      case c.TCP_CONGESTION: {
        const end = bytes.indexOf(0);
        const text = String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
        return endpoint.setCongestion(text) ? 0 : -ENOENT;
      }
      case c.TCP_USER_TIMEOUT:
        if (value < 0) return -EINVAL;
        endpoint.userTimeout = value * 1e6;
        return 0;
      case c.TCP_NOTSENT_LOWAT:
        endpoint.notSentLowWater = value >>> 0 === 0xffff_ffff ? Infinity : value >>> 0;
        return 0;
      case c.TCP_WINDOW_CLAMP:
      case c.TCP_FASTOPEN:
        this.remembered.set(2000 + name, value);
        return 0;
      default:
        return -ENOPROTOOPT;
    }
  }

  getOption(_kernel: Kernel, level: number, name: number): number | Uint8Array {
    const { endpoint } = this;
    if (level === c.SOL_SOCKET) {
      switch (name) {
        case c.SO_REUSEADDR:
          return bit(endpoint.reuseAddress);
        case c.SO_REUSEPORT:
          return bit(endpoint.reusePort);
        case c.SO_KEEPALIVE:
          return bit(endpoint.keepAlive);
        case c.SO_BROADCAST:
          return this.remembered.get(name) ?? 0;
        case c.SO_SNDBUF:
          return endpoint.sendBuffer;
        case c.SO_RCVBUF:
          return endpoint.receiveBuffer;
        case c.SO_ERROR:
          return endpoint.takeError();
        case c.SO_RCVLOWAT:
          return endpoint.receiveLowWater;
        case c.SO_LINGER: {
          const bytes = new Uint8Array(8);
          const view = new DataView(bytes.buffer);
          view.setInt32(0, bit(endpoint.linger >= 0), true);
          view.setInt32(4, Math.max(0, endpoint.linger), true);
          return bytes;
        }
        default:
          return -ENOPROTOOPT;
      }
    }
    if (level === c.IPPROTO_IP) {
      if (name === c.IP_MTU) return endpoint.route === null ? -ENOTCONN : endpoint.route.mtu;
      return this.getIpOption(name);
    }
    if (level !== c.IPPROTO_TCP) return -ENOPROTOOPT;
    switch (name) {
      case c.TCP_NODELAY:
        return bit(endpoint.noDelay);
      case c.TCP_CORK:
        return bit(endpoint.cork);
      case c.TCP_MAXSEG:
        return endpoint.userMss !== 0 ? endpoint.userMss : 536;
      case c.TCP_KEEPIDLE:
        return endpoint.keepIdle / NANOSECONDS_PER_SECOND;
      case c.TCP_KEEPINTVL:
        return endpoint.keepInterval / NANOSECONDS_PER_SECOND;
      case c.TCP_KEEPCNT:
        return endpoint.keepCount;
      case c.TCP_SYNCNT:
        return endpoint.synRetries;
      case c.TCP_LINGER2:
        return endpoint.finTimeout / NANOSECONDS_PER_SECOND;
      case c.TCP_DEFER_ACCEPT:
        return endpoint.deferAccept;
      case c.TCP_QUICKACK:
        return bit(!endpoint.pingPong);
      case c.TCP_USER_TIMEOUT:
        return endpoint.userTimeout / 1e6;
      case c.TCP_NOTSENT_LOWAT:
        return endpoint.notSentLowWater === Infinity ? -1 >>> 0 : endpoint.notSentLowWater;
      case c.TCP_WINDOW_CLAMP:
      case c.TCP_FASTOPEN:
        return this.remembered.get(2000 + name) ?? 0;
      case c.TCP_CONGESTION: {
        const bytes = new Uint8Array(16);
        bytes.set(new TextEncoder().encode(endpoint.congestion.name));
        return bytes;
      }
      case c.TCP_INFO:
        return tcpInfo(endpoint).subarray(0, TCP_INFO_BYTES);
      default:
        return -ENOPROTOOPT;
    }
  }
}
