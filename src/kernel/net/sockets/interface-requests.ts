// netdevice(7): the SIOCGIF… ioctls that programs use to list interfaces. Changes of interfaces are refused: they are set up at boot.

import { EFAULT, EINVAL, ENODEV, ENOTTY, EPERM } from '../../errno.ts';
import type { Kernel } from '../../kernel.ts';
import type { Task } from '../../process/task.ts';
import type { NetworkInterface } from '../ip/interface.ts';
import { AF_INET } from './constants.ts';

const SIOCGIFNAME = 0x8910;
const SIOCGIFCONF = 0x8912;
const SIOCGIFFLAGS = 0x8913;
const SIOCSIFFLAGS = 0x8914;
const SIOCGIFADDR = 0x8915;
const SIOCSIFADDR = 0x8916;
const SIOCGIFBRDADDR = 0x8919;
const SIOCGIFNETMASK = 0x891b;
const SIOCGIFMTU = 0x8921;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
const SIOCGIFTXQLEN = 0x8942;

/** struct ifreq: 16 bytes of name, 24 of value. */
const IFREQ_BYTES = 40;
const NAME_BYTES = 16;
const ARPHRD_ETHER = 1;
const ARPHRD_LOOPBACK = 772;

export function interfaceRequest(kernel: Kernel, task: Task, request: number, argument: number): number {
  const memory = task.memory!;
  const { interfaces } = kernel.network.stack;
  if (request === SIOCGIFCONF) return listInterfaces(kernel, task, argument);
  if (request === SIOCSIFFLAGS || request === SIOCSIFADDR) return -EPERM;
  const view = memory.readStruct(argument, IFREQ_BYTES);
  if (view === null) return -EFAULT;
  let name = '';
  for (let index = 0; index < NAME_BYTES && view.getUint8(index) !== 0; index++)
    name += String.fromCharCode(view.getUint8(index));
  const found =
    request === SIOCGIFNAME
      ? interfaces.find((one) => one.index === view.getInt32(NAME_BYTES, true))
      : interfaces.find((one) => one.name === name);
  if (found === undefined) return -ENODEV;
  const [first] = found.addresses;
  const fill = (value: (out: DataView) => void): number =>
    memory.writeStruct(argument, IFREQ_BYTES, (out) => {
      for (let index = 0; index < found.name.length; index++) out.setUint8(index, found.name.charCodeAt(index));
      value(out);
    })
      ? 0
      : -EFAULT;
  const inet = (address: number): number =>
    fill((out) => {
      out.setUint16(NAME_BYTES, AF_INET, true);
      out.setUint32(NAME_BYTES + 4, address);
    });
  switch (request) {
    case SIOCGIFNAME:
      return fill((out) => out.setInt32(NAME_BYTES, found.index, true));
    case SIOCGIFINDEX:
      return fill((out) => out.setInt32(NAME_BYTES, found.index, true));
    case SIOCGIFFLAGS:
      return fill((out) => out.setInt16(NAME_BYTES, found.flags, true));
    case SIOCGIFMTU:
      return fill((out) => out.setInt32(NAME_BYTES, found.mtu, true));
    case SIOCGIFTXQLEN:
      return fill((out) => out.setInt32(NAME_BYTES, 1000, true));
    case SIOCGIFADDR:
      return first === undefined ? -EINVAL : inet(first.address);
    case SIOCGIFNETMASK:
      return first === undefined ? -EINVAL : inet(maskOf(first.prefixLength));
    case SIOCGIFBRDADDR:
      return first === undefined ? -EINVAL : inet((first.address | ~maskOf(first.prefixLength)) >>> 0);
    case SIOCGIFHWADDR:
      return fill((out) => {
        out.setUint16(NAME_BYTES, found.isLoopback ? ARPHRD_LOOPBACK : ARPHRD_ETHER, true);
        for (let index = 0; index < found.mac.length; index++) out.setUint8(NAME_BYTES + 2 + index, found.mac[index]!);
      });
    default:
      return -ENOTTY;
  }
}

function maskOf(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (0xffff_ffff << (32 - prefixLength)) >>> 0;
}

/** struct ifconf: int bytes, padding, pointer to an array of ifreq. */
function listInterfaces(kernel: Kernel, task: Task, argument: number): number {
  const memory = task.memory!;
  const header = memory.readStruct(argument, 16);
  if (header === null) return -EFAULT;
  const room = header.getInt32(0, true);
  const buffer = Number(header.getBigInt64(8, true));
  const listed: NetworkInterface[] = kernel.network.stack.interfaces.filter((one) => one.addresses.length > 0);
  if (buffer === 0) return memory.writeU32(argument, listed.length * IFREQ_BYTES) ? 0 : -EFAULT;
  let written = 0;
  for (const one of listed) {
    if (written + IFREQ_BYTES > room) break;
    const ok = memory.writeStruct(buffer + written, IFREQ_BYTES, (out) => {
      for (let index = 0; index < one.name.length; index++) out.setUint8(index, one.name.charCodeAt(index));
      out.setUint16(NAME_BYTES, AF_INET, true);
      out.setUint32(NAME_BYTES + 4, one.addresses[0]!.address);
    });
    if (!ok) return -EFAULT;
    written += IFREQ_BYTES;
  }
  return memory.writeU32(argument, written) ? 0 : -EFAULT;
}
