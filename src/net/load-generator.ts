// Thousands of simulated HTTP clients on one host at the far end of the wire. They run outside of the machine's time: a client's own
// work takes none, so that what is measured is the server.
//
// Closed loop: each of N clients sends, waits for the whole response, thinks, sends again. Open loop: requests arrive as a Poisson
// process whatever the server does; one that finds no free connection waits, and its latency counts from its arrival. Idle clients
// hold a connection and send nothing.
//
// The same options and the same server give the same report, byte for byte.

import { EAGAIN } from '../kernel/errno.ts';
import type { Random } from '../kernel/net/ip/environment.ts';
import { seededRandom } from '../kernel/net/ip/environment.ts';
import { NANOSECONDS_PER_SECOND, type NetworkSettings } from '../kernel/net/ip/settings.ts';
import type { Timer, TimerOwner } from '../kernel/net/ip/timer-queue.ts';
import { TcpEndpoint } from '../kernel/net/tcp/endpoint.ts';
import { exponential } from './distribution.ts';
import { Histogram } from './histogram.ts';
import { GATEWAY_ADDRESS, GATEWAY_MAC, GUEST_ADDRESS, Host, type WireParticipant } from './host.ts';
import { ResponseParser } from './http-response.ts';
import type { LinkPort } from './link.ts';

export interface LoadOptions {
  readonly port: LinkPort;
  /** Active clients of a closed loop, or the most connections of an open one. */
  readonly clients: number;
  /** Requests per second of an open loop; without it the loop is closed. */
  readonly rate?: number;
  /** Further clients that connect and stay silent. */
  readonly idleClients?: number;
  /** Mean time between a response and the next request, nanoseconds, exponentially distributed; 0 for none. */
  readonly thinkTime?: number;
  /** Requests on one connection before the client closes it; Infinity keeps it. */
  readonly requestsPerConnection?: number;
  readonly path?: string;
  /** Bytes of body to send with each request, as POST; 0 sends GET. */
  readonly bodyBytes?: number;
  /** Nanoseconds that the clients' first connections are spread over. */
  readonly rampUp?: number;
  /**
   * Closed loop: nanoseconds from a client's connecting to its first request; 0 for at once. With the ramp-up's length every
   * connection stands before the first request goes out, so that a server that accepts in one thread and works in others is
   * not measured while it still accepts.
   */
  readonly firstRequestDelay?: number;
  /** Nanoseconds before measuring begins. */
  readonly warmUp?: number;
  /** Nanoseconds measured; requests in flight at the end are not counted. */
  readonly duration: number;
  /** Nanoseconds after which a client gives a request up. */
  readonly timeout?: number;
  readonly seed?: number;
  readonly serverAddress?: number;
  readonly serverPort?: number;
  readonly address?: number;
  readonly settings?: Partial<NetworkSettings>;
}

export interface LatencyReport {
  readonly count: number;
  readonly minimum: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly maximum: number;
}

/** All times in nanoseconds of guest time. */
export interface LoadReport {
  readonly loop: 'closed' | 'open';
  readonly clients: number;
  readonly idleClients: number;
  readonly duration: number;
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly responseBytes: number;
  readonly latency: LatencyReport;
  readonly connectLatency: LatencyReport;
  readonly connections: {
    readonly opened: number;
    readonly established: number;
    readonly openAtEnd: number;
    readonly closedByServer: number;
  };
  /** By what went wrong: connect, reset, closed, malformed, timeout, status, dropped (open loop: too many waited). */
  readonly errors: Readonly<Record<LoadError, number>>;
  readonly retransmissions: number;
}

export type LoadError = 'connect' | 'reset' | 'closed' | 'malformed' | 'timeout' | 'status' | 'dropped';

type Phase = 'closed' | 'connecting' | 'free' | 'waiting' | 'thinking';

const TIMER_NEXT = 0;
const TIMER_TIMEOUT = 1;
const TIMER_ARRIVAL = 2;
const TIMER_END = 3;
/** Requests of an open loop that may wait for a connection. */
const MAX_WAITING = 65536;
/** A client that could not connect tries again so much later, so that a refused connection does not loop without time passing. */
const RETRY_DELAY = 10_000_000;

export class LoadGenerator implements WireParticipant, TimerOwner {
  readonly host: Host;
  readonly options: LoadOptions;
  readonly request: Uint8Array;
  readonly scratch = new Uint8Array(65536);
  readonly random: Random;
  readonly latency = new Histogram();
  readonly connectLatency = new Histogram();
  finished = false;
  opened = 0;
  established = 0;
  closedByServer = 0;
  responseBytes = 0;
  readonly #errors: Record<LoadError, number> = {
    connect: 0,
    reset: 0,
    closed: 0,
    malformed: 0,
    timeout: 0,
    status: 0,
    dropped: 0,
  };
  readonly #clients: LoadClient[] = [];
  readonly #free: LoadClient[] = [];
  readonly #waiting: number[] = [];
  readonly #arrivalTimer: Timer;
  readonly #endTimer: Timer;
  #measureFrom = 0;

  constructor(options: LoadOptions) {
    this.options = options;
    const seed = options.seed ?? 1;
    this.random = seededRandom(seed);
    this.host = new Host({
      port: options.port,
      address: options.address ?? GATEWAY_ADDRESS,
      mac: GATEWAY_MAC,
      seed: seed ^ 0x6c6f6164,
      ...(options.settings === undefined ? {} : { settings: options.settings }),
      onReady: (endpoint) => {
        if (endpoint instanceof TcpEndpoint && endpoint.owner instanceof LoadClient) endpoint.owner.ready();
      },
    });
    this.request = buildRequest(options);
    const { timers } = this.host.stack;
    this.#arrivalTimer = timers.create(this, TIMER_ARRIVAL);
    this.#endTimer = timers.create(this, TIMER_END);
  }

  get now(): number {
    return this.host.now;
  }

  get isOpenLoop(): boolean {
    return this.options.rate !== undefined;
  }

  get measuring(): boolean {
    return this.now >= this.#measureFrom && !this.finished;
  }

  /** Begins at `now`: the clients connect within the ramp-up. */
  start(now: number): void {
    const { options, host } = this;
    const { timers } = host.stack;
    host.setTime(now);
    const rampUp = options.rampUp ?? 0;
    this.#measureFrom = now + (options.warmUp ?? 0);
    const total = options.clients + (options.idleClients ?? 0);
    for (let i = 0; i < total; i += 1) {
      // Idle clients come first, so that they are there when the load begins.
      const client = new LoadClient(this, i < (options.idleClients ?? 0));
      this.#clients.push(client);
      if (this.isOpenLoop && !client.idle) {
        this.#free.push(client);
      } else {
        timers.arm(client.nextTimer, now + Math.floor((rampUp * i) / total));
      }
    }
    if (options.rate !== undefined) timers.arm(this.#arrivalTimer, now + this.#arrivalGap());
    timers.arm(this.#endTimer, this.#measureFrom + options.duration);
  }

  nextEvent(): number {
    return this.host.nextEvent();
  }

  advance(now: number): void {
    this.host.advance(now);
  }

  onTimer(kind: number, now: number): void {
    if (kind === TIMER_ARRIVAL && !this.finished) {
      this.#arrive(now);
      this.host.stack.timers.arm(this.#arrivalTimer, now + this.#arrivalGap());
    } else if (kind === TIMER_END) {
      this.stop();
    }
  }

  /** Ends the measurement, by itself after `duration`: every client closes its connection. */
  stop(): void {
    if (this.finished) return;
    this.finished = true;
    this.#arrivalTimer.cancel();
    this.#endTimer.cancel();
    for (const client of this.#clients) client.stop();
  }

  fail(error: LoadError): void {
    if (this.measuring) this.#errors[error] += 1;
  }

  succeed(startedAt: number, bytes: number, status: number): void {
    if (!this.measuring) return;
    if (status < 200 || status > 399) this.#errors.status += 1;
    this.latency.record(this.now - startedAt);
    this.responseBytes += bytes;
  }

  /** An open loop's client is free again: it takes the request that has waited longest. */
  release(client: LoadClient): void {
    const arrivedAt = this.#waiting.shift();
    if (arrivedAt !== undefined) client.begin(arrivedAt);
    else this.#free.push(client);
  }

  report(): LoadReport {
    const { options } = this;
    let openAtEnd = 0;
    for (const client of this.#clients) if (client.wasConnected) openAtEnd += 1;
    return {
      loop: this.isOpenLoop ? 'open' : 'closed',
      clients: options.clients,
      idleClients: options.idleClients ?? 0,
      duration: options.duration,
      requests: this.latency.count,
      requestsPerSecond: Math.round((this.latency.count * NANOSECONDS_PER_SECOND * 1000) / options.duration) / 1000,
      responseBytes: this.responseBytes,
      latency: latencyReport(this.latency),
      connectLatency: latencyReport(this.connectLatency),
      connections: {
        opened: this.opened,
        established: this.established,
        openAtEnd,
        closedByServer: this.closedByServer,
      },
      errors: { ...this.#errors },
      retransmissions: this.host.stack.counters.tcp.RetransSegs,
    };
  }

  #arrive(now: number): void {
    const client = this.#free.pop();
    if (client !== undefined) client.begin(now);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(now);
    else this.fail('dropped');
  }

  #arrivalGap(): number {
    return exponential(this.random, NANOSECONDS_PER_SECOND / this.options.rate!);
  }
}

function latencyReport(histogram: Histogram): LatencyReport {
  return {
    count: histogram.count,
    minimum: histogram.minimum,
    mean: histogram.mean,
    p50: histogram.percentile(0.5),
    p90: histogram.percentile(0.9),
    p99: histogram.percentile(0.99),
    p999: histogram.percentile(0.999),
    maximum: histogram.maximum,
  };
}

function buildRequest({ path = '/', bodyBytes = 0, requestsPerConnection = Infinity }: LoadOptions): Uint8Array {
  const lines = [`${bodyBytes > 0 ? 'POST' : 'GET'} ${path} HTTP/1.1`, 'Host: 10.0.2.15', 'User-Agent: cyclix-load'];
  if (bodyBytes > 0) lines.push('Content-Type: application/octet-stream', `Content-Length: ${bodyBytes}`);
  if (requestsPerConnection === 1) lines.push('Connection: close');
  return new TextEncoder().encode(`${lines.join('\r\n')}\r\n\r\n${'x'.repeat(bodyBytes)}`);
}

/** One simulated client: at most one connection and one request at a time. */
class LoadClient implements TimerOwner {
  readonly generator: LoadGenerator;
  readonly idle: boolean;
  readonly nextTimer: Timer;
  readonly timeoutTimer: Timer;
  wasConnected = false;
  readonly #parser = new ResponseParser();
  #endpoint: TcpEndpoint | null = null;
  #phase: Phase = 'closed';
  #connectAt = 0;
  #startedAt = -1;
  #sent = 0;
  #requests = 0;
  /** Before the first request; 0 once it has been spent. */
  #delay: number;

  constructor(generator: LoadGenerator, idle: boolean) {
    this.generator = generator;
    this.#delay = generator.options.firstRequestDelay ?? 0;
    this.idle = idle;
    const { timers } = generator.host.stack;
    this.nextTimer = timers.create(this, TIMER_NEXT);
    this.timeoutTimer = timers.create(this, TIMER_TIMEOUT);
  }

  /** A request is due, since `startedAt`: it goes out now, or when there is a connection. */
  begin(startedAt: number): void {
    const { generator } = this;
    this.#startedAt = startedAt;
    this.#sent = 0;
    this.#parser.reset();
    generator.host.stack.timers.arm(this.timeoutTimer, generator.now + (generator.options.timeout ?? 30e9));
    if (this.#endpoint === null) this.#connect();
    else if (this.#phase !== 'connecting') {
      this.#phase = 'waiting';
      this.#send();
    }
  }

  onTimer(kind: number, now: number): void {
    if (this.generator.finished) return;
    if (kind === TIMER_TIMEOUT) {
      if (this.#phase === 'connecting' || this.#phase === 'waiting') this.#abandon('timeout');
    } else if (this.idle) {
      if (this.#endpoint === null) this.#connect();
    } else if (this.generator.isOpenLoop) {
      this.generator.release(this);
    } else if (this.#endpoint === null && this.#delay > 0) {
      this.generator.host.stack.timers.arm(this.nextTimer, now + this.#delay);
      this.#delay = 0;
      this.#connect();
    } else {
      this.begin(now);
    }
  }

  /** The connection's readiness changed. */
  ready(): void {
    const endpoint = this.#endpoint;
    if (endpoint === null) return;
    if (this.#phase === 'connecting') {
      const { options } = this.generator;
      const result = endpoint.connect(options.serverAddress ?? GUEST_ADDRESS, options.serverPort ?? 80);
      if (result === 0) this.#connected();
      else if (endpoint.phase !== 'connecting') this.#abandon('connect');
      return;
    }
    if (this.#phase === 'waiting' && this.#sent < this.generator.request.length) this.#send();
    if (this.#endpoint === endpoint) this.#receive(endpoint);
  }

  /** The measurement is over. */
  stop(): void {
    this.wasConnected = this.#endpoint !== null && this.#phase !== 'connecting';
    this.nextTimer.cancel();
    this.timeoutTimer.cancel();
    this.#close();
  }

  #connect(): void {
    const { generator } = this;
    const { options, host } = generator;
    const endpoint = host.stack.tcp.socket();
    endpoint.owner = this;
    endpoint.setNoDelay(true);
    this.#endpoint = endpoint;
    this.#phase = 'connecting';
    this.#connectAt = generator.now;
    this.#requests = 0;
    generator.opened += 1;
    endpoint.connect(options.serverAddress ?? GUEST_ADDRESS, options.serverPort ?? 80);
    if (endpoint.phase !== 'connecting') this.#abandon('connect');
  }

  #connected(): void {
    const { generator } = this;
    generator.established += 1;
    if (generator.measuring) generator.connectLatency.record(generator.now - this.#connectAt);
    if (this.idle || this.#startedAt < 0) {
      this.#phase = 'free';
      return;
    }
    this.#phase = 'waiting';
    this.#send();
  }

  #send(): void {
    const { request } = this.generator;
    const endpoint = this.#endpoint!;
    const left = this.#sent === 0 ? request : request.subarray(this.#sent);
    const result = endpoint.send(left, left.length);
    if (result > 0) this.#sent += result;
  }

  #receive(endpoint: TcpEndpoint): void {
    const { scratch } = this.generator;
    const parser = this.#parser;
    for (;;) {
      const bytes = endpoint.receive(scratch, scratch.length);
      if (bytes === -EAGAIN) return;
      if (bytes <= 0) {
        this.generator.closedByServer += 1;
        if (this.#phase !== 'waiting') {
          this.#disconnected();
        } else if (bytes === 0 && parser.close()) {
          this.#complete();
        } else {
          this.#abandon(bytes === 0 ? 'closed' : 'reset');
        }
        return;
      }
      if (this.#phase !== 'waiting') {
        this.#abandon('malformed');
        return;
      }
      const taken = parser.take(scratch, 0, bytes);
      if (parser.state === 'bad' || (parser.state === 'done' && taken < bytes)) {
        this.#abandon('malformed');
        return;
      }
      if (parser.state === 'done') {
        this.#complete();
        if (this.#endpoint !== endpoint) return;
      }
    }
  }

  #complete(): void {
    const { generator } = this;
    const parser = this.#parser;
    generator.succeed(this.#startedAt, parser.bodyBytes, parser.status);
    this.#startedAt = -1;
    this.#requests += 1;
    this.timeoutTimer.cancel();
    if (parser.closes || this.#requests >= (generator.options.requestsPerConnection ?? Infinity)) this.#close();
    else this.#phase = 'free';
    this.#next(0);
  }

  /** The server closed a connection that waited for nothing. */
  #disconnected(): void {
    this.#close();
    // An idle client comes back; the others connect again when their next request is due.
    if (this.idle) this.generator.host.stack.timers.arm(this.nextTimer, this.generator.now + RETRY_DELAY);
  }

  #abandon(error: LoadError): void {
    this.generator.fail(error);
    this.timeoutTimer.cancel();
    this.#startedAt = -1;
    this.#close();
    this.#next(RETRY_DELAY);
  }

  #next(delay: number): void {
    const { generator } = this;
    if (generator.finished) return;
    const { timers } = generator.host.stack;
    if (generator.isOpenLoop && !this.idle && delay === 0) {
      generator.release(this);
      return;
    }
    const { thinkTime = 0 } = generator.options;
    const think = thinkTime > 0 && !this.idle ? exponential(generator.random, thinkTime) : 0;
    if (this.#endpoint !== null) this.#phase = 'thinking';
    timers.arm(this.nextTimer, generator.now + Math.max(think, delay));
  }

  #close(): void {
    const endpoint = this.#endpoint;
    this.#endpoint = null;
    this.#phase = 'closed';
    endpoint?.close();
  }
}
