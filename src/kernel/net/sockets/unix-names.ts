// What AF_UNIX sockets are bound to: files of type socket, and abstract names; and /proc/net/unix.

import type { Inode } from '../../fs/types.ts';
import type { UnixSocket } from './unix-socket.ts';

export class UnixNames {
  readonly abstract = new Map<string, UnixSocket>();
  readonly files = new Map<Inode, UnixSocket>();
  /** Every AF_UNIX socket that is open. */
  readonly all = new Set<UnixSocket>();
  #next = 1;

  /** A name for bind(2) without one: five hexadecimal digits (unix(7), "Autobind feature"). */
  autobind(): string {
    for (;;) {
      const name = (this.#next++ & 0xfffff).toString(16).padStart(5, '0');
      if (!this.abstract.has(name)) return name;
    }
  }
}

export function procUnix(names: UnixNames): string {
  const lines = ['Num       RefCount Protocol Flags    Type St Inode Path\n'];
  for (const socket of names.all) {
    const { path, abstract } = socket.bound;
    const state = socket.listening ? '01' : socket.connected ? '03' : '01';
    const flags = socket.listening ? '00010000' : '00000000';
    const name = path !== null ? ` ${path}` : abstract !== null ? ` @${abstract}` : '';
    lines.push(
      `0000000000000000: 00000002 00000000 ${flags} ${socket.type.toString(16).padStart(4, '0')} ${state} ${String(socket.file?.inode.number ?? 0).padStart(5)}${name}\n`,
    );
  }
  return lines.join('');
}
