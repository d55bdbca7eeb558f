// What the load generator does to a server under test. Plain data, part of a point's identity.

export interface LoadSpecification {
  readonly port: number;
  readonly clients: number;
  /** 'closed': each client waits for its response, thinks, asks again. 'open': requests arrive by rate, whatever happens. */
  readonly mode: 'closed' | 'open';
  /** Requests a second, for 'open'. */
  readonly rate?: number;
  readonly thinkMicroseconds: number;
  /** Connections that are opened and stay silent. */
  readonly idleConnections: number;
  readonly path: string;
  readonly warmupMilliseconds: number;
  readonly measureMilliseconds: number;
  readonly seed: number;
}
