// AF_UNIX sockets, unix(7): stream, datagram and sequenced-packet, named by files or abstract names, passing descriptors.
// Data lies in guest RAM, one buffer a message (a stream's message may be read in parts). What a sender has queued at its
// peers counts against its own send buffer until it is taken.

import { socketRoutines } from '../../cost/routines/net.ts';
import {
  EADDRINUSE,
  EAGAIN,
  ECONNREFUSED,
  ECONNRESET,
  EEXIST,
  EFAULT,
  EINVAL,
  EISCONN,
  EMSGSIZE,
  ENOBUFS,
  ENOMEM,
  ENOPROTOOPT,
  ENOTCONN,
  EOPNOTSUPP,
  EPERM,
  EPIPE,
  EPROTONOSUPPORT,
  EPROTOTYPE,
  ESOCKTNOSUPPORT,
} from '../../errno.ts';
import { MAY_WRITE, S_IFSOCK } from '../../fs/constants.ts';
import type { IoTarget } from '../../fs/io.ts';
import { walk, walkParent } from '../../fs/namei.ts';
import { releaseFile } from '../../fs/open-file.ts';
import { checkPermission } from '../../fs/permission.ts';
import { createNode } from '../../fs/tree.ts';
import type { Inode } from '../../fs/types.ts';
import type { Kernel } from '../../kernel.ts';
import type { Task } from '../../process/task.ts';
import {
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
  POLLRDNORM,
  POLLWRBAND,
  POLLWRNORM,
} from '../../process/wait.ts';
import { type SocketAddress, type UnixAddress, unnamed } from './address.ts';
import * as c from './constants.ts';
import { type Control, credentialsOf, Socket } from './socket.ts';

/** net.unix.max_dgram_qlen: datagrams that wait at a receiver that is not connected to the sender. */
const DATAGRAM_QUEUE = 10;
/** Bookkeeping of a message beside its bytes: struct sk_buff with its shared info. */
const MESSAGE_OVERHEAD = 576;
/** Largest piece that a stream write is cut into, and that is asked of the allocator at once. */
const STREAM_PIECE_BYTES = 32_768;

interface Message {
  readonly address: number;
  readonly length: number;
  offset: number;
  readonly sender: UnixSocket;
  readonly from: UnixAddress;
  control: Control | null;
}

export class UnixSocket extends Socket {
  readonly family = c.AF_UNIX;
  bound: UnixAddress = unnamed;
  #inode: Inode | null = null;
  #peer: UnixSocket | null = null;
  /** Messages for this socket, oldest first. */
  readonly #messages: Message[] = [];
  /** Connections that wait to be accepted; null when not listening. */
  #pending: UnixSocket[] | null = null;
  #backlog = 0;
  /** The listener that has this socket in its queue. */
  #waitingAt: UnixSocket | null = null;
  #shutdown = 0;
  #error = 0;
  #closed = false;
  /** Bytes of its own that lie in others' queues, bookkeeping included. */
  #queuedElsewhere = 0;
  #sendBuffer = c.DEFAULT_BUFFER_BYTES;
  #receiveBuffer = c.DEFAULT_BUFFER_BYTES;
  #credentials: { pid: number; uid: number; gid: number } | null = null;
  #peerCredentials: { pid: number; uid: number; gid: number } | null = null;

  constructor(kernel: Kernel, type: number, address: number) {
    super(type, 0, address);
    kernel.network.unix.all.add(this);
  }

  /** socketpair(2): each the other's peer. */
  static join(a: UnixSocket, b: UnixSocket, task: Task): void {
    a.#peer = b;
    b.#peer = a;
    a.#peerCredentials = b.#peerCredentials = credentialsOf(task);
  }

  override get listening(): boolean {
    return this.#pending !== null;
  }

  get connected(): boolean {
    return this.#peer !== null;
  }

  override peerCredentials(): { pid: number; uid: number; gid: number } {
    return this.#peerCredentials ?? { pid: 0, uid: -1, gid: -1 };
  }

  bind(kernel: Kernel, task: Task, address: SocketAddress): number {
    if (address.family !== c.AF_UNIX) return -EINVAL;
    if (this.bound !== unnamed) return -EINVAL;
    const names = kernel.network.unix;
    if (address.path !== null) {
      const place = walkParent(kernel, task, task.fs.cwd, address.path);
      if (typeof place === 'number') return place;
      if (place.special !== null) return -EADDRINUSE;
      const mode = S_IFSOCK | (0o777 & ~task.fs.umask);
      const dentry = createNode(kernel, task, place, mode, 0);
      if (typeof dentry === 'number') return dentry === -EEXIST ? -EADDRINUSE : dentry;
      this.#inode = dentry.inode!;
      names.files.set(this.#inode, this);
      this.bound = address;
      return 0;
    }
    const abstract = address.abstract ?? names.autobind();
    if (names.abstract.has(abstract)) return -EADDRINUSE;
    names.abstract.set(abstract, this);
    this.bound = { family: c.AF_UNIX, path: null, abstract };
    return 0;
  }

  listen(_kernel: Kernel, task: Task, backlog: number): number {
    if (this.type === c.SOCK_DGRAM) return -EOPNOTSUPP;
    if (this.bound === unnamed || this.#peer !== null) return -EINVAL;
    this.#pending ??= [];
    this.#backlog = Math.min(backlog < 0 ? c.SOMAXCONN : backlog, c.SOMAXCONN);
    this.#credentials = credentialsOf(task);
    return 0;
  }

  connect(kernel: Kernel, task: Task, address: SocketAddress): number {
    kernel.cost.execute(socketRoutines.unix_connect);
    if (address.family === c.AF_UNSPEC && this.type === c.SOCK_DGRAM) {
      this.#peer = null;
      return 0;
    }
    if (address.family !== c.AF_UNIX) return -EINVAL;
    if (this.type !== c.SOCK_DGRAM) {
      if (this.listening) return -EINVAL;
      if (this.#peer !== null) return -EISCONN;
    }
    const other = this.#find(kernel, task, address);
    if (typeof other === 'number') return other;
    if (this.type === c.SOCK_DGRAM) {
      if (other.#peer !== null && other.#peer !== this) return -EPERM;
      this.#peer = other;
      return 0;
    }
    if (other.#pending === null || (other.#shutdown & c.RECEIVE_SHUTDOWN) !== 0) return -ECONNREFUSED;
    if (other.#pending.length > other.#backlog) return -EAGAIN;
    const sock = kernel.slabs.allocate('UNIX');
    if (sock === 0) return -ENOMEM;
    const server = new UnixSocket(kernel, this.type, sock);
    kernel.network.sockets += 1;
    server.bound = other.bound;
    server.#peer = this;
    server.#peerCredentials = credentialsOf(task);
    this.#peer = server;
    this.#peerCredentials = other.#credentials;
    server.#waitingAt = other;
    other.#pending.push(server);
    other.queue.wake(kernel, POLLIN | POLLRDNORM);
    return 0;
  }

  /** What a blocked connect waits on: the listener that is full. */
  connectQueue(kernel: Kernel, task: Task, address: SocketAddress): Socket['queue'] {
    const other = address.family === c.AF_UNIX ? this.#find(kernel, task, address) : -EINVAL;
    return typeof other === 'number' ? this.queue : other.queue;
  }

  accept(kernel: Kernel): Socket | number {
    if (this.type === c.SOCK_DGRAM) return -EOPNOTSUPP;
    if (this.#pending === null) return -EINVAL;
    const server = this.#pending.shift();
    if (server === undefined) return (this.#shutdown & c.RECEIVE_SHUTDOWN) !== 0 ? -EINVAL : -EAGAIN;
    server.#waitingAt = null;
    this.queue.wake(kernel, POLLOUT);
    return server;
  }

  name(): SocketAddress {
    return this.bound;
  }

  peer(): SocketAddress | number {
    return this.#peer === null ? -ENOTCONN : this.#peer.bound;
  }

  /** The socket that an address names: 0 < -errno. */
  #find(kernel: Kernel, task: Task, address: UnixAddress): UnixSocket | number {
    const names = kernel.network.unix;
    let other: UnixSocket | undefined;
    if (address.path !== null) {
      const dentry = walk(kernel, task, task.fs.cwd, address.path);
      if (typeof dentry === 'number') return dentry;
      const inode = dentry.inode!;
      const denied = checkPermission(inode, task.credentials, MAY_WRITE);
      if (denied !== 0) return denied;
      other = names.files.get(inode);
    } else if (address.abstract !== null) other = names.abstract.get(address.abstract);
    else return -EINVAL;
    if (other === undefined) return -ECONNREFUSED;
    return other.type === this.type ? other : -EPROTOTYPE;
  }

  send(
    kernel: Kernel,
    task: Task,
    source: IoTarget,
    flags: number,
    to: SocketAddress | null,
    control: Control | null,
  ): number {
    kernel.cost.execute(socketRoutines.unix_send);
    if ((flags & c.MSG_OOB) !== 0) return -EOPNOTSUPP;
    let other = this.#peer;
    if (this.type === c.SOCK_STREAM || this.type === c.SOCK_SEQPACKET) {
      if (to !== null && this.type === c.SOCK_STREAM) return this.#peer !== null ? -EISCONN : -EOPNOTSUPP;
      if (other === null) return this.#takeError() || -ENOTCONN;
    } else if (to !== null) {
      if (to.family !== c.AF_UNIX) return -EINVAL;
      const found = this.#find(kernel, task, to);
      if (typeof found === 'number') return found;
      other = found;
    }
    if (other === null) return -ENOTCONN;
    if ((this.#shutdown & c.SEND_SHUTDOWN) !== 0) return -EPIPE;
    if (other.#closed || (other.#shutdown & c.RECEIVE_SHUTDOWN) !== 0) {
      if (this.type === c.SOCK_DGRAM && other.#closed) {
        this.#peer = null;
        return -ECONNREFUSED;
      }
      return -EPIPE;
    }
    return this.isStream
      ? this.#sendStream(kernel, task, source, other, control)
      : this.#sendMessage(kernel, task, source, other, control);
  }

  #sendStream(kernel: Kernel, task: Task, source: IoTarget, other: UnixSocket, control: Control | null): number {
    let sent = 0;
    let riding = control;
    while (source.remaining > 0) {
      const room = this.#sendBuffer - this.#queuedElsewhere - MESSAGE_OVERHEAD;
      if (room <= 0) break;
      const length = Math.min(source.remaining, STREAM_PIECE_BYTES, Math.max(room, 1));
      const address = kernel.slabs.allocateBytes(length);
      if (address === 0) return sent > 0 ? sent : -ENOBUFS;
      const taken = source.takePhysical(address, length);
      if (taken === 0) {
        kernel.slabs.free(address);
        return sent > 0 ? sent : -EFAULT;
      }
      this.#deliver(kernel, task, other, address, taken, riding);
      riding = null;
      sent += taken;
      if (taken < length) break;
    }
    return sent === 0 && source.remaining > 0 ? -EAGAIN : sent;
  }

  #sendMessage(kernel: Kernel, task: Task, source: IoTarget, other: UnixSocket, control: Control | null): number {
    const length = source.remaining;
    if (length > this.#sendBuffer - 32) return -EMSGSIZE;
    if (this.#queuedElsewhere + length + MESSAGE_OVERHEAD > this.#sendBuffer && this.#queuedElsewhere > 0)
      return -EAGAIN;
    if (this.type === c.SOCK_DGRAM && other.#peer !== this && other.#messages.length > DATAGRAM_QUEUE) return -EAGAIN;
    const address = kernel.slabs.allocateBytes(Math.max(1, length));
    if (address === 0) return -ENOBUFS;
    if (source.takePhysical(address, length) < length) {
      kernel.slabs.free(address);
      return -EFAULT;
    }
    this.#deliver(kernel, task, other, address, length, control);
    return length;
  }

  #deliver(
    kernel: Kernel,
    task: Task,
    other: UnixSocket,
    address: number,
    length: number,
    control: Control | null,
  ): void {
    const credentials =
      control?.credentials ?? (other.passCredentials || this.passCredentials ? credentialsOf(task) : null);
    const riding = control === null && credentials === null ? null : { files: control?.files ?? [], credentials };
    other.#messages.push({ address, length, offset: 0, sender: this, from: this.bound, control: riding });
    this.#queuedElsewhere += length + MESSAGE_OVERHEAD;
    kernel.cost.touch(other.address, 128, 'write');
    other.queue.wake(kernel, POLLIN | POLLRDNORM);
  }

  receive(kernel: Kernel, _task: Task, target: IoTarget, flags: number): number {
    kernel.cost.execute(socketRoutines.unix_receive);
    this.received = { address: null, flags: 0, control: null, length: 0 };
    if ((flags & c.MSG_OOB) !== 0) return -EOPNOTSUPP;
    if ((flags & c.MSG_ERRQUEUE) !== 0) return -EAGAIN;
    if (this.isStream && (this.listening || (this.#peer === null && this.#shutdown === 0))) return -EINVAL;
    if (this.type === c.SOCK_SEQPACKET && this.#peer === null && this.#shutdown === 0) return -ENOTCONN;
    const [first] = this.#messages;
    if (first === undefined) {
      const error = this.#takeError();
      if (error !== 0) return error;
      return (this.#shutdown & c.RECEIVE_SHUTDOWN) !== 0 ? 0 : -EAGAIN;
    }
    return this.isStream
      ? this.#receiveStream(kernel, target, flags)
      : this.#receiveMessage(kernel, first, target, flags);
  }

  #receiveMessage(kernel: Kernel, message: Message, target: IoTarget, flags: number): number {
    const wanted = Math.min(message.length, target.remaining);
    const copied = target.putPhysical(message.address, wanted);
    if (copied < wanted) return -EFAULT;
    this.received = {
      address: message.from === unnamed ? null : message.from,
      flags: (wanted < message.length ? c.MSG_TRUNC : 0) | (this.type === c.SOCK_SEQPACKET ? c.MSG_EOR : 0),
      control: message.control,
      length: message.length,
    };
    if ((flags & c.MSG_PEEK) === 0) {
      this.#messages.shift();
      this.#done(kernel, message);
    }
    return copied;
  }

  #receiveStream(kernel: Kernel, target: IoTarget, flags: number): number {
    const peek = (flags & c.MSG_PEEK) !== 0;
    let copied = 0;
    let index = 0;
    while (target.remaining > 0) {
      const message = this.#messages[index];
      if (message === undefined) break;
      // Descriptors stand at a boundary: bytes before and after them are not read together.
      if (message.control !== null && message.control.files.length > 0 && copied > 0) break;
      const wanted = Math.min(message.length - message.offset, target.remaining);
      const moved = target.putPhysical(message.address + message.offset, wanted);
      copied += moved;
      if (message.control !== null && this.received.control === null) this.received.control = message.control;
      const hadFiles = message.control !== null && message.control.files.length > 0;
      if (peek) index += 1;
      else {
        message.control = null;
        message.offset += moved;
        if (message.offset === message.length) {
          this.#messages.shift();
          this.#done(kernel, message);
        }
      }
      if (moved < wanted) return copied > 0 ? copied : -EFAULT;
      if (hadFiles) break;
    }
    this.received.length = copied;
    return copied;
  }

  /** A message has left: its memory is free, its sender has room again. */
  #done(kernel: Kernel, message: Message): void {
    kernel.slabs.free(message.address);
    const { sender } = message;
    sender.#queuedElsewhere -= message.length + MESSAGE_OVERHEAD;
    if (!sender.#closed) sender.queue.wake(kernel, POLLOUT | POLLWRNORM | POLLWRBAND);
    // Datagram senders that wait for room in this socket's queue stand in its own wait queue.
    if (this.type === c.SOCK_DGRAM) this.queue.wake(kernel, POLLOUT | POLLWRNORM);
  }

  /** What a blocked send waits on: its own room, or the receiver's queue. */
  sendQueues(kernel: Kernel, task: Task, to: SocketAddress | null): readonly Socket['queue'][] {
    if (this.type !== c.SOCK_DGRAM) return [this.queue];
    const other = to !== null && to.family === c.AF_UNIX ? this.#find(kernel, task, to) : this.#peer;
    return other === null || typeof other === 'number' || other === this ? [this.queue] : [this.queue, other.queue];
  }

  #takeError(): number {
    const error = this.#error;
    this.#error = 0;
    return -error;
  }

  shutdown(kernel: Kernel, how: number): number {
    this.#shutdown |= how;
    const other = this.#peer;
    if (other !== null && this.type !== c.SOCK_DGRAM) {
      if ((how & c.RECEIVE_SHUTDOWN) !== 0) other.#shutdown |= c.SEND_SHUTDOWN;
      if ((how & c.SEND_SHUTDOWN) !== 0) other.#shutdown |= c.RECEIVE_SHUTDOWN;
      other.queue.wake(kernel);
    }
    this.queue.wake(kernel);
    return 0;
  }

  poll(kernel: Kernel): number {
    kernel.cost.execute(socketRoutines.sock_poll);
    let mask = 0;
    if (this.#error !== 0) mask |= POLLERR;
    if (this.#shutdown === (c.RECEIVE_SHUTDOWN | c.SEND_SHUTDOWN)) mask |= POLLHUP;
    if ((this.#shutdown & c.RECEIVE_SHUTDOWN) !== 0) mask |= POLLRDHUP | POLLIN | POLLRDNORM;
    if (this.#pending !== null) return mask | (this.#pending.length > 0 ? POLLIN | POLLRDNORM : 0);
    if (this.#messages.length > 0) mask |= POLLIN | POLLRDNORM;
    if (this.type !== c.SOCK_DGRAM && this.#peer === null) mask |= POLLHUP;
    if (this.#queuedElsewhere * 4 <= this.#sendBuffer && !this.#receiverFull())
      mask |= POLLOUT | POLLWRNORM | POLLWRBAND;
    return mask;
  }

  #receiverFull(): boolean {
    const other = this.#peer;
    return (
      this.type === c.SOCK_DGRAM && other !== null && other.#peer !== this && other.#messages.length > DATAGRAM_QUEUE
    );
  }

  close(kernel: Kernel): void {
    if (this.#closed) return;
    this.#closed = true;
    const names = kernel.network.unix;
    names.all.delete(this);
    kernel.network.sockets -= 1;
    if (this.#waitingAt === null) {
      if (this.#inode !== null) names.files.delete(this.#inode);
      else if (this.bound.abstract !== null && names.abstract.get(this.bound.abstract) === this)
        names.abstract.delete(this.bound.abstract);
    }
    for (const server of this.#pending ?? []) {
      server.#waitingAt = null;
      server.close(kernel);
      kernel.slabs.free(server.address);
    }
    const unread = this.#messages.length > 0;
    for (const message of this.#messages.splice(0)) {
      for (const file of message.control?.files ?? []) releaseFile(kernel, file);
      this.#done(kernel, message);
    }
    const other = this.#peer;
    if (other !== null && this.type !== c.SOCK_DGRAM && other.#peer === this) {
      other.#shutdown = c.RECEIVE_SHUTDOWN | c.SEND_SHUTDOWN;
      if (unread) other.#error = ECONNRESET;
      other.queue.wake(kernel);
    } else if (other !== null && this.type === c.SOCK_DGRAM && other.#peer === this) {
      other.queue.wake(kernel);
    }
    this.queue.wake(kernel);
  }

  readable(): number {
    if (!this.isStream) return this.#messages[0]?.length ?? 0;
    return this.#messages.reduce((sum, message) => sum + message.length - message.offset, 0);
  }

  unsent(): number {
    return this.#queuedElsewhere;
  }

  setOption(_kernel: Kernel, _task: Task, level: number, name: number, value: number): number {
    if (level !== c.SOL_SOCKET) return -EOPNOTSUPP;
    switch (name) {
      case c.SO_SNDBUF:
      case c.SO_SNDBUFFORCE:
        this.#sendBuffer = Math.max(4608, 2 * Math.min(value, c.MAXIMUM_BUFFER_BYTES));
        return 0;
      case c.SO_RCVBUF:
      case c.SO_RCVBUFFORCE:
        this.#receiveBuffer = Math.max(2304, 2 * Math.min(value, c.MAXIMUM_BUFFER_BYTES));
        return 0;
      case c.SO_REUSEADDR:
      case c.SO_KEEPALIVE:
      case c.SO_BROADCAST:
      case c.SO_LINGER:
      case c.SO_RCVLOWAT:
        this.remembered.set(name, value);
        return 0;
      case c.SO_REUSEPORT:
        return -EOPNOTSUPP;
      default:
        return -ENOPROTOOPT;
    }
  }

  getOption(_kernel: Kernel, level: number, name: number): number | Uint8Array {
    if (level !== c.SOL_SOCKET) return -EOPNOTSUPP;
    switch (name) {
      case c.SO_SNDBUF:
        return this.#sendBuffer;
      case c.SO_RCVBUF:
        return this.#receiveBuffer;
      case c.SO_ERROR: {
        const error = this.#error;
        this.#error = 0;
        return error;
      }
      case c.SO_LINGER:
        return new Uint8Array(8);
      case c.SO_REUSEADDR:
      case c.SO_KEEPALIVE:
      case c.SO_BROADCAST:
        return this.remembered.get(name) ?? 0;
      case c.SO_RCVLOWAT:
        return this.remembered.get(name) ?? 1;
      default:
        return -ENOPROTOOPT;
    }
  }
}

export function createUnixSocket(kernel: Kernel, type: number, protocol: number): Socket | number {
  if (protocol !== 0 && protocol !== c.AF_UNIX) return -EPROTONOSUPPORT;
  const kind = type === c.SOCK_RAW ? c.SOCK_DGRAM : type;
  if (kind !== c.SOCK_STREAM && kind !== c.SOCK_DGRAM && kind !== c.SOCK_SEQPACKET) return -ESOCKTNOSUPPORT;
  const address = kernel.slabs.allocate('UNIX');
  return address === 0 ? -ENOMEM : new UnixSocket(kernel, kind, address);
}
