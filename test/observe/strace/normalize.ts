// Makes two traces comparable: what differs between machines (addresses, process ids, times, the C library's start) goes.

const pidPrefix = /^(?:\[pid +(\d+)\] |(\d+) +)/;

/** From the line with chdir("begin") on. */
export function fromBegin(trace: string): string[] {
  const lines = trace.split('\n').filter((line) => line !== '');
  return lines.slice(lines.findIndex((line) => line.includes('"begin"')));
}

export function normalizeLine(line: string): string {
  return (
    line
      // x86-64 passes a restorer, riscv64 has none.
      .replace(/SA_RESTORER\|?|, sa_restorer=0x[0-9a-f]+/g, '')
      .replace(/0x[0-9a-f]{5,}/g, 'ADDRESS')
      .replace(/(si_pid=)\d+/g, '$1PID')
      .replace(/\b(wait4|kill|tgkill|rt_sigqueueinfo)\(\d+/g, '$1(PID')
      .replace(/(tgkill\(PID, )\d+/g, '$1PID')
      .replace(/(\b(?:getp?pid|getpgid|gettid|set_tid_address|clone|wait4|pid resumed)\b.*= )\d+$/g, '$1PID')
      .replace(/(clock_gettime\(CLOCK_MONOTONIC, )\{[^}]*\}/g, '$1TIME')
      .replace(/nodename="[^"]*"/g, 'nodename=NODE')
      // Directories of tmpfs have another size than those of other file systems.
      .replace(/(S_IFDIR\|\d+, st_size=)\d+/g, '$1SIZE')
      // Results stand in a column: how many blanks depends on what was replaced.
      .replace(/\) += /g, ') = ')
  );
}

/** Lines by process, in order of appearance; calls that were cut in two are put together. */
export function byProcess(lines: readonly string[]): string[][] {
  const processes = new Map<string, string[]>();
  const started = new Map<string, string>();
  for (const line of lines) {
    const match = pidPrefix.exec(line);
    if (match === null) continue;
    const pid = match[1] ?? match[2]!;
    let text = line.slice(match[0].length);
    const resumed = /^<\.\.\. \w+ resumed>/.exec(text);
    if (resumed !== null) {
      text = (started.get(pid) ?? '') + text.slice(resumed[0].length);
      started.delete(pid);
    }
    const cut = / <unfinished \.\.\.>$/.exec(text);
    if (cut !== null) {
      started.set(pid, text.slice(0, cut.index));
      continue;
    }
    const list = processes.get(pid) ?? [];
    list.push(normalizeLine(text));
    processes.set(pid, list);
  }
  return [...processes.values()];
}
