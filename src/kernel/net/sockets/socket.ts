// A socket as the system calls see it, whatever its family. Every operation is one non-blocking attempt; the calls
// (syscalls/socket.ts) and the VFS add blocking by waiting on `queue`.
//
//   syscalls/socket.ts -> Socket -> InetSocket (net/stack.ts)  UnixSocket
//   read(2), write(2), poll, epoll -> FileOperations, which a socket is as well

import { socketRoutines } from '../../cost/routines/net.ts';
import { EFAULT, EINVAL, ENOTTY, EPIPE } from '../../errno.ts';
import type { IoTarget } from '../../fs/io.ts';
import type { FileOperations, OpenFile } from '../../fs/types.ts';
import type { Kernel } from '../../kernel.ts';
import type { Credentials } from '../../process/credentials.ts';
import { SIGPIPE } from '../../process/signals/numbers.ts';
import { sendSignal } from '../../process/signals/send.ts';
import type { Task } from '../../process/task.ts';
import { WaitQueue } from '../../process/wait.ts';
import type { SyscallResult } from '../../syscalls/result.ts';
import type { SocketAddress } from './address.ts';
import { interfaceRequest } from './interface-requests.ts';

/** What rides with a message beside its bytes. */
export interface Control {
  readonly files: readonly OpenFile[];
  readonly credentials: { readonly pid: number; readonly uid: number; readonly gid: number } | null;
}

/** What a receive found beside the bytes; made anew by each receive that has something to say. */
export interface Received {
  address: SocketAddress | null;
  /** MSG_TRUNC, MSG_EOR … for msg_flags. */
  flags: number;
  control: Control | null;
  /** The whole length of a datagram, whatever was copied of it. */
  length: number;
}

const FIONREAD = 0x541b;
const SIOCOUTQ = 0x5411;

export abstract class Socket implements FileOperations {
  abstract readonly family: number;
  readonly type: number;
  readonly protocol: number;
  readonly queue = new WaitQueue();
  /** Guest physical address of the struct sock, for charging. */
  readonly address: number;
  /** SO_RCVTIMEO and SO_SNDTIMEO in ns; Infinity: none. */
  receiveTimeout = Infinity;
  sendTimeout = Infinity;
  passCredentials = false;
  /** Options that are kept and given back, and change nothing: SO_PRIORITY, SO_MARK … by number. */
  readonly remembered = new Map<number, number>();
  file: OpenFile | null = null;

  constructor(type: number, protocol: number, address: number) {
    this.type = type;
    this.protocol = protocol;
    this.address = address;
  }

  abstract bind(kernel: Kernel, task: Task, address: SocketAddress): number;
  abstract listen(kernel: Kernel, task: Task, backlog: number): number;
  /** 0, -EINPROGRESS or -EALREADY while it goes on, -EAGAIN when the other side's queue is full, or an error. */
  abstract connect(kernel: Kernel, task: Task, address: SocketAddress): number;
  /** The next connection, or -EAGAIN, -EINVAL … */
  abstract accept(kernel: Kernel, task: Task): Socket | number;
  abstract name(): SocketAddress;
  /** -ENOTCONN without a peer. */
  abstract peer(): SocketAddress | number;
  /** Bytes taken; -EAGAIN when nothing fits now. SIGPIPE is the caller's. */
  abstract send(
    kernel: Kernel,
    task: Task,
    source: IoTarget,
    flags: number,
    to: SocketAddress | null,
    control: Control | null,
  ): number;
  /** Bytes given; 0 at the end; -EAGAIN when nothing is there. What else it found is in `received`. */
  abstract receive(kernel: Kernel, task: Task, target: IoTarget, flags: number): number;
  abstract shutdown(kernel: Kernel, how: number): number;
  abstract poll(kernel: Kernel): number;
  abstract close(kernel: Kernel): void;
  /** Bytes that a read would find, for FIONREAD; bytes not yet taken by the peer, for SIOCOUTQ. */
  abstract readable(): number;
  abstract unsent(): number;
  /** SOL_SOCKET options that belong to the family, and its own levels. -ENOPROTOOPT if unknown. */
  abstract setOption(kernel: Kernel, task: Task, level: number, name: number, value: number, bytes: Uint8Array): number;
  abstract getOption(kernel: Kernel, level: number, name: number): number | Uint8Array;

  received: Received = { address: null, flags: 0, control: null, length: 0 };

  get listening(): boolean {
    return false;
  }

  /** A stream has no message boundaries: sends may be partial, MSG_WAITALL gathers. */
  get isStream(): boolean {
    return this.type === 1;
  }

  peerCredentials(): { pid: number; uid: number; gid: number } | null {
    return null;
  }

  // --- as a file ---------------------------------------------------------------------------------------------------------

  read(kernel: Kernel, _file: OpenFile, target: IoTarget, _offset: number, task: Task): number {
    kernel.cost.execute(socketRoutines.sock_recvmsg);
    kernel.cost.touch(this.address, 256);
    return this.receive(kernel, task, target, 0);
  }

  write(kernel: Kernel, _file: OpenFile, source: IoTarget, _offset: number, task: Task): number {
    kernel.cost.execute(socketRoutines.sock_sendmsg);
    kernel.cost.touch(this.address, 256, 'write');
    const result = this.send(kernel, task, source, 0, null, null);
    if (result === -EPIPE) raisePipe(kernel, task);
    return result;
  }

  readDeadline(kernel: Kernel): number {
    return this.receiveTimeout === Infinity ? Infinity : kernel.now() + this.receiveTimeout;
  }

  ioctl(kernel: Kernel, _file: OpenFile, task: Task, request: number, argument: number): SyscallResult {
    if (request === FIONREAD || request === SIOCOUTQ) {
      if (this.listening) return -EINVAL;
      return task.memory!.writeU32(argument, request === FIONREAD ? this.readable() : this.unsent()) ? 0 : -EFAULT;
    }
    return request >>> 8 === 0x89 ? interfaceRequest(kernel, task, request, argument) : -ENOTTY;
  }

  release(kernel: Kernel): void {
    kernel.cost.execute(socketRoutines.sock_release);
    this.close(kernel);
    kernel.slabs.free(this.address);
  }
}

/** SIGPIPE for a send to a socket that nobody reads any more. */
export function raisePipe(kernel: Kernel, task: Task): void {
  sendSignal(kernel, task, { signal: SIGPIPE, code: 0, pid: task.group.pid, uid: task.credentials.uid });
}

export function credentialsOf(
  task: Task,
  credentials: Credentials = task.credentials,
): { pid: number; uid: number; gid: number } {
  return { pid: task.group.pid, uid: credentials.euid, gid: credentials.egid };
}

/** The socket behind an open file description, or null. */
export function socketOf(file: OpenFile): Socket | null {
  return file.operations instanceof Socket ? file.operations : null;
}
