// getsockopt(2) and setsockopt(2): options that every socket has; the rest are the family's (net/sockets/).

import { socketRoutines } from '../cost/routines/net.ts';
import { EDOM, EFAULT, EINVAL, ENOPROTOOPT, ENOTCONN, EOPNOTSUPP } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import * as c from '../net/sockets/constants.ts';
import type { Socket } from '../net/sockets/socket.ts';
import type { Task } from '../process/task.ts';
import { enumeration, fd, inStruct, outStruct, unsigned } from './arguments.ts';
import type { ArgumentDecoder } from './decoders.ts';
import { socketLevels, socketOptions } from './flags/sockets.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';
import { lookup, settle } from './socket-common.ts';

/** Options whose value is a struct timeval of 64-bit parts. */
function readTimeout(bytes: Uint8Array): number {
  if (bytes.length < 16) return -EINVAL;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [seconds, microseconds] = [Number(view.getBigInt64(0, true)), Number(view.getBigInt64(8, true))];
  if (microseconds < 0 || microseconds >= 1e6) return -EDOM;
  if (seconds < 0) return 0;
  const nanoseconds = seconds * 1e9 + microseconds * 1e3;
  return nanoseconds === 0 ? Infinity : nanoseconds;
}

function sysSetsockopt(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  level: number,
  name: number,
  pointer: number,
  length: number,
): SyscallResult {
  const socket = lookup(kernel, task, descriptor);
  if (typeof socket === 'number') return socket;
  const bytesWanted = length | 0;
  if (bytesWanted < 0) return -EINVAL;
  const named = level === c.IPPROTO_TCP && name === c.TCP_CONGESTION;
  const device = level === c.SOL_SOCKET && name === c.SO_BINDTODEVICE;
  if (bytesWanted < 4 && !named && !device && !(level === c.IPPROTO_IP && bytesWanted >= 1)) return -EINVAL;
  const bytes = task.memory!.read(pointer, Math.min(bytesWanted, 256));
  if (bytes === null) return -EFAULT;
  const value = bytes.length >= 4 ? new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true) : (bytes[0] ?? 0);
  if (level === c.SOL_SOCKET) {
    switch (name) {
      case c.SO_TYPE:
      case c.SO_PROTOCOL:
      case c.SO_DOMAIN:
      case c.SO_ERROR:
      case c.SO_ACCEPTCONN:
      case c.SO_PEERCRED:
        return -ENOPROTOOPT;
      case c.SO_RCVTIMEO:
      case c.SO_SNDTIMEO: {
        const timeout = readTimeout(bytes);
        if (timeout < 0) return timeout;
        if (name === c.SO_RCVTIMEO) socket.receiveTimeout = timeout;
        else socket.sendTimeout = timeout;
        return 0;
      }
      case c.SO_PASSCRED:
        socket.passCredentials = value !== 0;
        return 0;
      case c.SO_DEBUG:
      case c.SO_DONTROUTE:
      case c.SO_OOBINLINE:
      case c.SO_PRIORITY:
      case c.SO_TIMESTAMP:
      case c.SO_MARK:
      case c.SO_INCOMING_CPU:
      case c.SO_BUSY_POLL:
        socket.remembered.set(name, value);
        return 0;
    }
  }
  return settle(kernel, socket.setOption(kernel, task, level | 0, name | 0, value, bytes));
}

function commonOption(socket: Socket, name: number): number | Uint8Array | null {
  switch (name) {
    case c.SO_TYPE:
      return socket.type;
    case c.SO_PROTOCOL:
      return socket.protocol;
    case c.SO_DOMAIN:
      return socket.family;
    case c.SO_ACCEPTCONN:
      return socket.listening ? 1 : 0;
    case c.SO_PASSCRED:
      return socket.passCredentials ? 1 : 0;
    case c.SO_SNDLOWAT:
      return 1;
    case c.SO_RCVTIMEO:
    case c.SO_SNDTIMEO: {
      const timeout = name === c.SO_RCVTIMEO ? socket.receiveTimeout : socket.sendTimeout;
      const bytes = new Uint8Array(16);
      const view = new DataView(bytes.buffer);
      if (timeout !== Infinity) {
        view.setBigInt64(0, BigInt(Math.floor(timeout / 1e9)), true);
        view.setBigInt64(8, BigInt(Math.floor((timeout % 1e9) / 1e3)), true);
      }
      return bytes;
    }
    case c.SO_PEERCRED: {
      const credentials = socket.peerCredentials() ?? { pid: 0, uid: -1, gid: -1 };
      return new Uint8Array(Int32Array.of(credentials.pid, credentials.uid, credentials.gid).buffer);
    }
    case c.SO_DEBUG:
    case c.SO_DONTROUTE:
    case c.SO_OOBINLINE:
    case c.SO_PRIORITY:
    case c.SO_TIMESTAMP:
    case c.SO_MARK:
    case c.SO_INCOMING_CPU:
    case c.SO_BUSY_POLL:
      return socket.remembered.get(name) ?? 0;
    default:
      return null;
  }
}

function sysGetsockopt(
  kernel: Kernel,
  task: Task,
  descriptor: number,
  level: number,
  name: number,
  pointer: number,
  lengthPointer: number,
): SyscallResult {
  const socket = lookup(kernel, task, descriptor);
  if (typeof socket === 'number') return socket;
  const memory = task.memory!;
  const room = memory.readU32(lengthPointer);
  if (room === null) return -EFAULT;
  if ((room | 0) < 0) return -EINVAL;
  const value =
    (level === c.SOL_SOCKET ? commonOption(socket, name | 0) : null) ?? socket.getOption(kernel, level | 0, name | 0);
  if (typeof value === 'number') {
    if (value < 0 && value >= -4095 && (value === -ENOPROTOOPT || value === -EOPNOTSUPP || value === -ENOTCONN))
      return value;
    const bytes = new Uint8Array(Int32Array.of(value).buffer).subarray(0, Math.min(4, room));
    return memory.write(pointer, bytes) && memory.writeU32(lengthPointer, bytes.length) ? 0 : -EFAULT;
  }
  const bytes = value.subarray(0, Math.min(value.length, room));
  return (bytes.length === 0 || memory.write(pointer, bytes)) && memory.writeU32(lengthPointer, bytes.length)
    ? 0
    : -EFAULT;
}

const length: ArgumentDecoder = { kind: 'struct', name: 'int', direction: 'inout' };
const level = enumeration(socketLevels, 'SOL_???');
const option = enumeration(socketOptions, 'SO_???');
const r = socketRoutines;

export const socketOptionSyscalls: readonly SyscallRow[] = [
  {
    number: 208,
    name: 'setsockopt',
    arguments: [fd, level, option, inStruct('socketOption'), unsigned],
    handler: sysSetsockopt,
    cost: r.sys_sockopt,
  },
  {
    number: 209,
    name: 'getsockopt',
    arguments: [fd, level, option, outStruct('socketOption'), length],
    handler: sysGetsockopt,
    cost: r.sys_sockopt,
  },
];
