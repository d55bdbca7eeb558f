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
  /** Connections come in over this time; each sends its first request so much after it connected. */
  readonly connectMilliseconds: number;
  /** From the start to the measurement: connecting, first requests, settling. */
  readonly warmupMilliseconds: number;
  readonly measureMilliseconds: number;
  readonly seed: number;
}
