// `--publish HOST:GUEST` on Node: listens on the host's loopback and hands each connection to the gateway. The only file of the
// network that knows Node.

import { createServer, type Server, type Socket } from 'node:net';
import type { HostGateway, HostSocket } from './host-gateway.ts';

export interface PublishedPort {
  readonly hostPort: number;
  readonly guestPort: number;
  /** Address to listen on; 127.0.0.1 if left out. */
  readonly hostAddress?: string;
}

/** A port that is published; `close` stops listening and leaves open connections to the gateway. */
export interface Publication {
  /** The port listened on: useful when 0 was asked for. */
  readonly hostPort: number;
  close(): Promise<void>;
}

/** Parses `[ADDRESS:]HOST:GUEST`, each port 0 to 65535 (host) or 1 to 65535 (guest); throws RangeError on anything else. */
export function parsePublish(text: string): PublishedPort {
  const match = /^(?:([\d.]+):)?(\d{1,5}):(\d{1,5})$/.exec(text);
  const hostPort = Number(match?.[2]);
  const guestPort = Number(match?.[3]);
  if (match === null || hostPort > 65535 || guestPort < 1 || guestPort > 65535) {
    throw new RangeError(`--publish takes [ADDRESS:]HOST:GUEST with two port numbers, not '${text}'`);
  }
  return { hostPort, guestPort, ...(match[1] === undefined ? {} : { hostAddress: match[1] }) };
}

/** Listens on the host; rejects with Node's error (EADDRINUSE, EACCES …) if it cannot. */
export function publishPort(gateway: HostGateway, published: PublishedPort): Promise<Publication> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      connectSocket(gateway, socket, published.guestPort);
    });
    server.once('error', reject);
    server.listen(published.hostPort, published.hostAddress ?? '127.0.0.1', () => {
      server.removeListener('error', reject);
      server.on('error', () => {});
      const address = server.address();
      resolve({
        hostPort: typeof address === 'object' && address !== null ? address.port : published.hostPort,
        close: () => closeServer(server),
      });
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function connectSocket(gateway: HostGateway, socket: Socket, guestPort: number): void {
  const adapter: HostSocket = {
    write: (bytes) => socket.write(bytes),
    end: () => {
      socket.end();
    },
    destroy: () => {
      // Not before the connection is up: resetAndDestroy needs a connected socket.
      if (!socket.destroyed) socket.resetAndDestroy();
    },
    pause: () => {
      socket.pause();
    },
    resume: () => {
      socket.resume();
    },
  };
  const events = gateway.accept(adapter, guestPort);
  if (events === null) return;
  socket.on('data', (bytes) => events.data(bytes));
  socket.on('drain', () => events.drained());
  socket.on('end', () => events.ended());
  socket.on('error', () => {});
  socket.on('close', () => events.closed());
}
