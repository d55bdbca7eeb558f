// /proc/sys: the settings that programs read (sysctl(8)), and the few that may be written.

import { EINVAL } from '../../errno.ts';
import type { Kernel } from '../../kernel.ts';
import { NR_OPEN } from '../../process/limits.ts';
import { UTS_LENGTH, UTS_RELEASE, UTS_VERSION } from '../../process/system-state.ts';
import { PID_MAX } from '../../process/task-table.ts';
import { maximumItems } from '../epoll.ts';
import { fileMax } from '../open-file.ts';
import { PIPE_MAX_BYTES } from '../pipe.ts';
import { directory, type PseudoNode, setting, text } from '../pseudo.ts';

/** /proc/sys/net is filled by the network. */
export const sysDirectory: PseudoNode = {
  ...directory({
    abi: directory({}),
    debug: directory({ 'exception-trace': setting(() => 0) }),
    dev: directory({}),
    fs: directory({
      'file-max': setting((kernel) => fileMax(kernel)),
      'file-nr': text((kernel) => `${kernel.vfs.openFiles}\t0\t${fileMax(kernel)}\n`),
      inotify: directory({
        max_queued_events: setting(() => 16_384),
        max_user_instances: setting(() => 128),
        max_user_watches: setting(() => 65_536),
      }),
      epoll: directory({ max_user_watches: setting((kernel) => maximumItems(kernel)) }),
      'lease-break-time': setting(() => 45),
      mqueue: directory({
        msg_max: setting(() => 10),
        msgsize_max: setting(() => 8192),
        queues_max: setting(() => 256),
      }),
      nr_open: setting(() => NR_OPEN),
      overflowgid: setting(() => 65_534),
      overflowuid: setting(() => 65_534),
      'pipe-max-size': setting(() => PIPE_MAX_BYTES),
      'pipe-user-pages-hard': setting(() => 0),
      'pipe-user-pages-soft': setting(() => 16_384),
      protected_hardlinks: setting(() => 0),
      protected_symlinks: setting(() => 0),
    }),
    kernel: directory({
      cap_last_cap: setting(() => 40),
      core_pattern: text(() => 'core\n', 0o644),
      domainname: {
        kind: 'file',
        mode: 0o644,
        read: (kernel) => `${kernel.system.domainname}\n`,
        write: (kernel, _task, input) => rename(input, (name) => (kernel.system.domainname = name)),
      },
      hostname: {
        kind: 'file',
        mode: 0o644,
        read: (kernel) => `${kernel.system.hostname}\n`,
        write: (kernel, _task, input) => rename(input, (name) => (kernel.system.hostname = name)),
      },
      msgmax: setting(() => 8192),
      msgmnb: setting(() => 16_384),
      msgmni: setting(() => 32_000),
      ngroups_max: setting(() => 65_536),
      osrelease: text(() => `${UTS_RELEASE}\n`),
      ostype: text(() => 'Linux\n'),
      overflowgid: setting(() => 65_534),
      overflowuid: setting(() => 65_534),
      panic: setting(() => 0),
      pid_max: setting(() => PID_MAX),
      printk: text(() => '7\t4\t1\t7\n'),
      pty: directory({ max: setting(() => 4096), nr: setting((kernel) => countPtys(kernel)) }),
      random: directory({
        boot_id: text(
          (kernel) => `${uuid(new Uint8Array(16).map((_, index) => (kernel.host.bootTime / 2 ** index) & 255))}\n`,
        ),
        entropy_avail: setting(() => 256),
        poolsize: setting(() => 256),
        uuid: text((kernel) => `${uuid(kernel.random(16))}\n`),
        write_wakeup_threshold: setting(() => 256),
        urandom_min_reseed_secs: setting(() => 60),
      }),
      randomize_va_space: setting((kernel) => (kernel.options.randomizeLayout ? 2 : 0)),
      sched_rr_timeslice_ms: setting(() => 100),
      sem: text(() => '32000\t1024000000\t500\t32000\n'),
      shmall: setting(() => '18446744073692774399'),
      shmmax: setting(() => '18446744073692774399'),
      shmmni: setting(() => 4096),
      tainted: setting(() => 0),
      'threads-max': setting((kernel) => kernel.tasks.maximum),
      version: text(() => `${UTS_VERSION}\n`),
      yama: directory({ ptrace_scope: setting(() => 0) }),
    }),
    net: {
      kind: 'directory',
      lookup: (kernel, name) => kernel.vfs.procSysNet.get(name) ?? null,
      list: (kernel) => [...kernel.vfs.procSysNet].map(([name, node]) => [name, node.kind] as const),
    },
    vm: directory({
      max_map_count: setting(() => 65_530),
      min_free_kbytes: setting((kernel) => kernel.frames.reserve * 4),
      mmap_min_addr: setting(() => 65_536),
      nr_hugepages: setting(() => 0),
      overcommit_memory: setting(() => 0),
      overcommit_ratio: setting(() => 50),
      swappiness: setting(() => 60),
      drop_caches: setting(
        () => 0,
        (_kernel, value) => (value >= 1 && value <= 4 ? 0 : -EINVAL),
      ),
    }),
  }),
};

function rename(input: string, set: (name: string) => void): number {
  const name = input.replace(/\n.*$/s, '');
  if (name.length > UTS_LENGTH) return -EINVAL;
  set(name);
  return 0;
}

function countPtys(kernel: Kernel): number {
  let count = 0;
  for (const name of kernel.vfs.ttys.keys()) if (name.startsWith('pts/')) count += 1;
  return count;
}

/** RFC 9562, version 4. */
function uuid(bytes: Uint8Array): string {
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
