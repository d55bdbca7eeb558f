// Socket addresses between programs (struct sockaddr_in, sockaddr_un) and the kernel.

import { EAFNOSUPPORT, EFAULT, EINVAL } from '../../errno.ts';
import type { UserMemory } from '../../memory/user.ts';
import { AF_INET, AF_UNIX, AF_UNSPEC } from './constants.ts';

export interface InetAddress {
  readonly family: typeof AF_INET;
  readonly address: number;
  readonly port: number;
}

/** `path` is a file's name, `abstract` a name of its own space (unix(7)); neither: unnamed. */
export interface UnixAddress {
  readonly family: typeof AF_UNIX;
  readonly path: string | null;
  readonly abstract: string | null;
}

export interface UnspecifiedAddress {
  readonly family: typeof AF_UNSPEC;
}

export type SocketAddress = InetAddress | UnixAddress | UnspecifiedAddress;

export const unnamed: UnixAddress = { family: AF_UNIX, path: null, abstract: null };

const SOCKADDR_STORAGE_BYTES = 128;
const SOCKADDR_IN_BYTES = 16;
const SUN_PATH_BYTES = 108;

/** -EINVAL, -EFAULT, or -EAFNOSUPPORT for a family that is not known. */
export function readSocketAddress(memory: UserMemory, pointer: number, length: number): SocketAddress | number {
  length |= 0;
  if (length < 0 || length > SOCKADDR_STORAGE_BYTES) return -EINVAL;
  if (length < 2) return -EINVAL;
  const view = memory.readStruct(pointer, length);
  if (view === null) return -EFAULT;
  const family = view.getUint16(0, true);
  if (family === AF_UNSPEC) return { family: AF_UNSPEC };
  if (family === AF_INET) {
    if (length < SOCKADDR_IN_BYTES) return -EINVAL;
    return { family: AF_INET, port: view.getUint16(2), address: view.getUint32(4) };
  }
  if (family === AF_UNIX) {
    if (length > 2 + SUN_PATH_BYTES) return -EINVAL;
    let text = '';
    for (let index = 2; index < length; index++) text += String.fromCharCode(view.getUint8(index));
    if (text === '') return unnamed;
    if (text.charCodeAt(0) === 0) return { family: AF_UNIX, path: null, abstract: text.slice(1) };
    const end = text.indexOf('\0');
    const path = end < 0 ? text : text.slice(0, end);
    return {
      family: AF_UNIX,
      path: new TextDecoder().decode(Uint8Array.from(path, (char) => char.charCodeAt(0))),
      abstract: null,
    };
  }
  return -EAFNOSUPPORT;
}

export function encodeSocketAddress(address: SocketAddress): Uint8Array {
  if (address.family === AF_INET) {
    const bytes = new Uint8Array(SOCKADDR_IN_BYTES);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, AF_INET, true);
    view.setUint16(2, address.port);
    view.setUint32(4, address.address);
    return bytes;
  }
  if (address.family === AF_UNIX) {
    const name =
      address.path !== null
        ? new TextEncoder().encode(`${address.path}\0`)
        : address.abstract !== null
          ? Uint8Array.from(`\0${address.abstract}`, (char) => char.charCodeAt(0))
          : new Uint8Array();
    const bytes = new Uint8Array(2 + name.length);
    bytes[0] = AF_UNIX;
    bytes.set(name, 2);
    return bytes;
  }
  return new Uint8Array(2);
}

/**
 * Gives an address to a program the way accept and getsockname do: as much as its buffer takes, and the true length. A null
 * pointer asks for nothing. 0, -EINVAL or -EFAULT.
 */
export function writeSocketAddress(
  memory: UserMemory,
  address: SocketAddress | null,
  pointer: number,
  lengthPointer: number,
): number {
  if (pointer === 0) return 0;
  const room = memory.readU32(lengthPointer);
  if (room === null) return -EFAULT;
  if ((room | 0) < 0) return -EINVAL;
  const bytes = address === null ? new Uint8Array() : encodeSocketAddress(address);
  if (bytes.length > 0 && room > 0 && !memory.write(pointer, bytes.subarray(0, Math.min(room, bytes.length))))
    return -EFAULT;
  return memory.writeU32(lengthPointer, bytes.length) ? 0 : -EFAULT;
}
