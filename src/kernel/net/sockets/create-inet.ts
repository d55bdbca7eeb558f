// socket(2) for AF_INET: which endpoint a type and protocol ask for.

import { ENOMEM, EPROTONOSUPPORT, ESOCKTNOSUPPORT } from '../../errno.ts';
import type { Kernel } from '../../kernel.ts';
import * as c from './constants.ts';
import type { Socket } from './socket.ts';
import { TcpSocket } from './tcp-socket.ts';
import { UdpSocket } from './udp-socket.ts';

/** A new AF_INET socket of this type; -errno as socket(2) gives them. `protocol` 0 is the type's own. */
export function createInetSocket(kernel: Kernel, type: number, protocol: number): Socket | number {
  if (type === c.SOCK_STREAM) {
    if (protocol !== 0 && protocol !== c.IPPROTO_TCP) return -EPROTONOSUPPORT;
    const address = kernel.slabs.allocate('TCP');
    return address === 0 ? -ENOMEM : new TcpSocket(kernel.network.stack.tcp.socket(), address);
  }
  if (type === c.SOCK_DGRAM) {
    if (protocol !== 0 && protocol !== c.IPPROTO_UDP) return -EPROTONOSUPPORT;
    const address = kernel.slabs.allocate('UDP');
    return address === 0 ? -ENOMEM : new UdpSocket(kernel.network.stack.udp.socket(), address);
  }
  return type === c.SOCK_RAW ? -EPROTONOSUPPORT : -ESOCKTNOSUPPORT;
}
