// The routing table: longest prefix first, then lowest metric. Addresses of the machine itself are not in it: the stack sends
// those through loopback, as Linux's `local` table does.

import { inPrefix } from './address.ts';
import type { NetworkInterface } from './interface.ts';

/** Route flags, route(8). */
export const RTF_UP = 0x1;
export const RTF_GATEWAY = 0x2;
export const RTF_HOST = 0x4;

export interface Route {
  readonly destination: number;
  readonly prefixLength: number;
  /** Next hop, or 0 if the destination is on the link. */
  readonly gateway: number;
  readonly networkInterface: NetworkInterface;
  readonly metric: number;
  /** Preferred source address, or 0. */
  readonly source: number;
}

/** What a lookup gives: where a packet leaves, to whom, and from which address. */
export interface ResolvedRoute {
  readonly networkInterface: NetworkInterface;
  readonly nextHop: number;
  readonly source: number;
  readonly broadcast: boolean;
  /** Delivered to this machine itself. */
  readonly local: boolean;
  /** Path MTU in bytes; lowered by ICMP "fragmentation needed" (RFC 1191). */
  mtu: number;
}

export const MAX_ROUTES = 4096;

export class RoutingTable {
  readonly #routes: Route[] = [];

  get routes(): readonly Route[] {
    return this.#routes;
  }

  /** Adds a route; false if the same destination and metric are there already, or the table is full. */
  add(route: Route): boolean {
    if (this.#routes.length >= MAX_ROUTES) return false;
    const rank = (r: Route): number => (32 - r.prefixLength) * 2 ** 32 + r.metric;
    const key = rank(route);
    let at = 0;
    for (; at < this.#routes.length && rank(this.#routes[at]!) <= key; at += 1) {
      const other = this.#routes[at]!;
      if (rank(other) === key && other.destination === route.destination) return false;
    }
    this.#routes.splice(at, 0, route);
    return true;
  }

  /** Removes the first route that matches; false if none does. */
  remove(destination: number, prefixLength: number, networkInterface: NetworkInterface | null): boolean {
    const at = this.#routes.findIndex(
      (route) =>
        route.destination === destination &&
        route.prefixLength === prefixLength &&
        (networkInterface === null || route.networkInterface === networkInterface),
    );
    if (at >= 0) this.#routes.splice(at, 1);
    return at >= 0;
  }

  lookup(destination: number): Route | null {
    for (const route of this.#routes) {
      if (inPrefix(destination, route.destination, route.prefixLength) && route.networkInterface.isUp) return route;
    }
    return null;
  }
}
