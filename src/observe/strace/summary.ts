// -c: strace's table of counts, errors and system time for each call. Times are guest time.

interface Row {
  calls: number;
  errors: number;
  seconds: number;
}

export class Summary {
  readonly #rows = new Map<string, Row>();

  add(name: string, seconds: number, failed: boolean): void {
    let row = this.#rows.get(name);
    if (row === undefined) {
      row = { calls: 0, errors: 0, seconds: 0 };
      this.#rows.set(name, row);
    }
    row.calls += 1;
    row.seconds += seconds;
    if (failed) row.errors += 1;
  }

  format(): string {
    const rows = [...this.#rows].sort(([, a], [, b]) => b.seconds - a.seconds || b.calls - a.calls);
    const total = rows.reduce(
      (sum, [, row]) => ({
        calls: sum.calls + row.calls,
        errors: sum.errors + row.errors,
        seconds: sum.seconds + row.seconds,
      }),
      { calls: 0, errors: 0, seconds: 0 },
    );
    const line = (share: number, row: Row, name: string): string =>
      `${share.toFixed(2).padStart(6)} ${row.seconds.toFixed(6).padStart(11)} ${String(row.calls === 0 ? 0 : Math.floor((row.seconds * 1e6) / row.calls)).padStart(11)} ` +
      `${String(row.calls).padStart(9)} ${(row.errors === 0 ? '' : String(row.errors)).padStart(9)} ${name}`;
    const rule = '------ ----------- ----------- --------- --------- ----------------';
    return [
      '% time     seconds  usecs/call     calls    errors syscall',
      rule,
      ...rows.map(([name, row]) => line(total.seconds === 0 ? 0 : (100 * row.seconds) / total.seconds, row, name)),
      rule,
      line(total.seconds === 0 ? 0 : 100, total, 'total'),
      '',
    ].join('\n');
  }
}
