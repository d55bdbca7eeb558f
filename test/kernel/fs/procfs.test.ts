// proc(5): the texts that procps, htop and C libraries parse, in the kernel's own layout.

import { beforeAll, describe, expect, test } from 'vitest';
import { machineIsBuilt } from '../guest.ts';
import { System } from './system.ts';

/** Keys of /proc/<pid>/status of Linux 6.12, in order (fs/proc/array.c). */
const STATUS_KEYS =
  'Name Umask State Tgid Ngid Pid PPid TracerPid Uid Gid FDSize Groups NStgid NSpid NSpgid NSsid Kthread VmPeak VmSize VmLck VmPin VmHWM VmRSS RssAnon RssFile RssShmem VmData VmStk VmExe VmLib VmPTE VmSwap HugetlbPages CoreDumping THP_enabled untag_mask Threads SigQ SigPnd ShdPnd SigBlk SigIgn SigCgt CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Seccomp_filters Speculation_Store_Bypass SpeculationIndirectBranch Cpus_allowed Cpus_allowed_list Mems_allowed Mems_allowed_list voluntary_ctxt_switches nonvoluntary_ctxt_switches'.split(
    ' ',
  );

describe.skipIf(!machineIsBuilt)('procfs', () => {
  let system: System;
  beforeAll(async () => {
    system = await System.boot();
  });

  test('status has the keys of Linux 6.12 in their order', () => {
    const keys = system
      .readFile('/proc/self/status')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(':')[0]);
    expect(keys).toEqual(STATUS_KEYS);
  });

  test('stat has 52 fields', () => {
    const text = system.readFile('/proc/self/stat');
    expect(text).toMatch(/^2 \(still\) R 1 2 \d+ 0 -1 /);
    expect(text.trimEnd().split(' ')).toHaveLength(52);
  });

  test('maps puts names at column 73', () => {
    for (const line of system.readFile('/proc/self/maps').trimEnd().split('\n')) {
      expect(line).toMatch(/^[0-9a-f]{8,}-[0-9a-f]{8,} [r-][w-][x-][ps] [0-9a-f]{8} [0-9a-f]{2}:[0-9a-f]{2} \d+ /);
      const name = /(\/|\[).*$/.exec(line);
      if (name !== null) expect(name.index).toBe(73);
    }
  });

  test('cmdline, comm, exe and cwd', () => {
    expect(system.readFile('/proc/self/cmdline')).toBe('still\0');
    expect(system.readFile('/proc/self/comm')).toBe('still\n');
    const target = (path: string): string => {
      const buffer = system.allocate(256);
      const length = system.call('readlinkat', -100, path, buffer, 256);
      return new TextDecoder().decode(system.bytes(buffer, length));
    };
    expect(target('/proc/self/exe')).toBe('/bin/still');
    expect(target('/proc/self/cwd')).toBe('/');
    expect(target('/proc/self')).toBe('2');
    expect(target('/proc/thread-self')).toBe('2/task/2');
    expect(target('/proc/self/fd/1')).toMatch(/^pipe:\[\d+\]$/);
  });

  test('opening through /proc/self/fd makes a new description of the same file', () => {
    const fd = system.open('/etc/hostname');
    system.read(fd, 3);
    const again = system.open(`/proc/self/fd/${fd}`);
    expect(system.read(again)).toBe('cyclix\n');
    expect(system.readFile(`/proc/self/fdinfo/${fd}`)).toMatch(/^pos:\t3\nflags:\t0100000\nmnt_id:\t\d+\nino:\t\d+\n$/);
  });

  test('meminfo lines have the width that free(1) was written for', () => {
    const lines = system.readFile('/proc/meminfo').trimEnd().split('\n');
    expect(lines[0]).toMatch(/^MemTotal: {5,}\d+ kB$/);
    for (const line of lines.slice(0, 37)) expect(line).toHaveLength(27);
  });

  test('a listing names every process and can be continued from any entry', () => {
    const fd = system.open('/proc', 0o200000);
    const names: string[] = [];
    for (;;) {
      const buffer = system.allocate(256);
      const bytes = system.call('getdents64', fd, buffer, 256);
      if (bytes === 0) break;
      const view = system.view(buffer, bytes);
      for (let at = 0; at < bytes; at += view.getUint16(at + 16, true)) {
        const record = system.bytes(buffer + at + 19, view.getUint16(at + 16, true) - 19);
        names.push(new TextDecoder().decode(record.subarray(0, record.indexOf(0))));
      }
    }
    expect(names.slice(0, 2)).toEqual(['.', '..']);
    expect(new Set(names).size).toBe(names.length);
    for (const name of ['1', '2', 'self', 'meminfo', 'stat', 'sys', 'uptime']) expect(names).toContain(name);
  });

  test('settings: hostname can be written, the rest says what the kernel has', () => {
    expect(system.readFile('/proc/sys/kernel/ostype')).toBe('Linux\n');
    expect(system.readFile('/proc/sys/kernel/pid_max')).toBe('4194304\n');
    const fd = system.open('/proc/sys/kernel/hostname', 1);
    expect(system.write(fd, 'renamed\n')).toBe(8);
    expect(system.readFile('/proc/sys/kernel/hostname')).toBe('renamed\n');
    expect(system.readFile('/sys/devices/system/cpu/online')).toBe('0\n');
  });
});
