// Congestion control: how large the window is after an acknowledgement and after a loss. CUBIC (RFC 9438) is the default;
// NewReno's additive increase (RFC 5681) is the alternative. Windows are counted in segments, as in Linux.
//
// Only additions, multiplications, divisions and comparisons are used: their results are the same on every host, which is not
// promised of Math.cbrt. HyStart is not implemented: slow start ends at a loss or at ssthresh.

import { NANOSECONDS_PER_SECOND } from '../ip/settings.ts';

/** The variables of a connection that congestion control reads and writes. */
export interface CongestionWindow {
  /** Congestion window in segments. */
  cwnd: number;
  ssthresh: number;
  readonly cwndClamp: number;
  /** Smoothed round trip in nanoseconds, 0 if none was measured. */
  readonly smoothedRtt: number;
}

export interface CongestionControl {
  readonly name: 'cubic' | 'reno';
  /** The slow start threshold after a loss; called once per loss event. */
  thresholdAfterLoss(window: CongestionWindow): number;
  /** `acked` segments were acknowledged while the window was in full use. */
  onAcknowledged(window: CongestionWindow, acked: number, now: number): void;
  /** A retransmission timeout, or an idle period, ended the growth's history. */
  reset(): void;
}

export function createCongestionControl(name: string): CongestionControl | null {
  if (name === 'cubic') return new Cubic();
  if (name === 'reno') return new Reno();
  return null;
}

/** Slow start (RFC 5681 section 3.1); returns the segments that remain for congestion avoidance. */
function slowStart(window: CongestionWindow, acked: number): number {
  const target = Math.min(window.cwnd + acked, window.ssthresh);
  const left = acked - (target - window.cwnd);
  window.cwnd = Math.min(target, window.cwndClamp);
  return left;
}

class Reno implements CongestionControl {
  readonly name = 'reno';
  #credit = 0;

  thresholdAfterLoss(window: CongestionWindow): number {
    return Math.max(window.cwnd >> 1, 2);
  }

  onAcknowledged(window: CongestionWindow, acked: number): void {
    if (window.cwnd < window.ssthresh) acked = slowStart(window, acked);
    if (acked <= 0) return;
    this.#credit += acked;
    if (this.#credit >= window.cwnd) {
      const steps = Math.floor(this.#credit / window.cwnd);
      this.#credit -= steps * window.cwnd;
      window.cwnd = Math.min(window.cwnd + steps, window.cwndClamp);
    }
  }

  reset(): void {
    this.#credit = 0;
  }
}

/** RFC 9438 section 4.1: C in segments per second cubed, and section 4.6: the multiplicative decrease factor. */
const C = 0.4;
const BETA = 0.7;
/** RFC 9438 section 4.3: the additive increase that is fair to Reno with this decrease. */
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);

class Cubic implements CongestionControl {
  readonly name = 'cubic';
  /** W_max: the window just before the last reduction. */
  #windowMax = 0;
  #epochStart = -1;
  /** K: seconds from the start of the epoch until the curve reaches W_max again. */
  #period = 0;
  /** W_est: the window that Reno would have. */
  #estimate = 0;
  #credit = 0;

  thresholdAfterLoss(window: CongestionWindow): number {
    this.#epochStart = -1;
    // Section 4.7, fast convergence: a flow that lost before it regained its maximum leaves room to others.
    this.#windowMax = window.cwnd < this.#windowMax ? (window.cwnd * (1 + BETA)) / 2 : window.cwnd;
    return Math.max(Math.floor(window.cwnd * BETA), 2);
  }

  onAcknowledged(window: CongestionWindow, acked: number, now: number): void {
    if (window.cwnd < window.ssthresh) acked = slowStart(window, acked);
    if (acked <= 0) return;
    if (this.#epochStart < 0) {
      this.#epochStart = now;
      this.#credit = 0;
      this.#estimate = window.cwnd;
      if (window.cwnd < this.#windowMax) this.#period = cubeRoot((this.#windowMax - window.cwnd) / C);
      else {
        this.#period = 0;
        this.#windowMax = window.cwnd;
      }
    }
    const elapsed = (now - this.#epochStart) / NANOSECONDS_PER_SECOND;
    const ahead = elapsed + window.smoothedRtt / NANOSECONDS_PER_SECOND - this.#period;
    const target = C * ahead * ahead * ahead + this.#windowMax;
    // Section 4.3: in the Reno-friendly region the window follows Reno's estimate.
    this.#estimate += (ALPHA * acked) / window.cwnd;
    const offset = elapsed - this.#period;
    const cubic = C * offset * offset * offset + this.#windowMax;
    if (cubic < this.#estimate) {
      window.cwnd = Math.min(Math.max(window.cwnd, Math.floor(this.#estimate)), window.cwndClamp);
      return;
    }
    // Section 4.4 and 4.5: towards the target within a round trip, at most half of the window more.
    const bounded = Math.min(Math.max(target, window.cwnd), window.cwnd * 1.5);
    this.#credit += (acked * (bounded - window.cwnd)) / window.cwnd;
    const steps = Math.floor(this.#credit);
    this.#credit -= steps;
    window.cwnd = Math.min(window.cwnd + steps, window.cwndClamp);
  }

  reset(): void {
    this.#epochStart = -1;
    this.#windowMax = 0;
  }
}

/** The cube root of a non-negative number, by Newton's method. */
export function cubeRoot(value: number): number {
  if (value <= 0) return 0;
  let root = Math.max(value, 1);
  for (let i = 0; i < 100; i += 1) {
    const next = (2 * root + value / (root * root)) / 3;
    if (next >= root) return root;
    root = next;
  }
  return root;
}
