// The system's files of /proc, proc(5): stat, meminfo, cpuinfo, uptime, loadavg and the rest, as Linux 6.12 prints them.

import type { Kernel } from '../../kernel.ts';
import { UTS_RELEASE, UTS_VERSION } from '../../process/system-state.ts';
import { type PseudoNode, text } from '../pseudo.ts';

/** USER_HZ */
const TICKS_PER_SECOND = 100;

const fileSystemTypes: readonly (readonly [name: string, device: boolean])[] = [
  ['sysfs', false],
  ['tmpfs', false],
  ['proc', false],
  ['devtmpfs', false],
  ['sockfs', false],
  ['pipefs', false],
  ['ramfs', false],
  ['devpts', false],
  ['ext4', true],
];

export const systemFiles: Readonly<Record<string, PseudoNode>> = {
  buddyinfo: text(({ frames }) => {
    const counts = frames
      .freeBlocks()
      .map((count) => String(count).padStart(6))
      .join(' ');
    return `Node 0, zone   Normal ${counts} \n`;
  }),
  cgroups: text(() => '#subsys_name\thierarchy\tnum_cgroups\tenabled\n'),
  cmdline: text(() => 'console=ttyS0\n'),
  cpuinfo: text(cpuInfo),
  consoles: text(() => 'ttyS0                -W- (EC p  )    4:64\n'),
  crypto: text(() => ''),
  devices: text(devicesText),
  diskstats: text(() => ''),
  filesystems: text(() => fileSystemTypes.map(([name, device]) => `${device ? '' : 'nodev'}\t${name}\n`).join('')),
  interrupts: { ...text(interruptsText), instructions: 4000 } as PseudoNode,
  iomem: text(
    (kernel) =>
      `00101000-00101fff : 101000.rtc\n10000000-100000ff : serial\n80000000-${(0x8000_0000 + kernel.machine.ram.size - 1).toString(16)} : System RAM\n`,
  ),
  kmsg: text(
    (kernel) =>
      kernel.vfs.log
        .lines()
        .map((line) => `${line}\n`)
        .join(''),
    0o400,
  ),
  loadavg: text(loadAverage),
  locks: text(() => ''),
  meminfo: { ...text(memoryInfo), instructions: 3000 } as PseudoNode,
  misc: text(() => ''),
  modules: text(() => ''),
  partitions: text(() => 'major minor  #blocks  name\n\n'),
  slabinfo: text(slabInfo, 0o400),
  softirqs: text(
    () =>
      '                    CPU0       \n' +
      ['HI', 'TIMER', 'NET_TX', 'NET_RX', 'BLOCK', 'IRQ_POLL', 'TASKLET', 'SCHED', 'HRTIMER', 'RCU']
        .map((name) => `${`${name}:`.padStart(12)} ${'0'.padStart(10)}\n`)
        .join(''),
  ),
  stat: { ...text(statText), instructions: 15_600 } as PseudoNode,
  swaps: text(() => 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'),
  uptime: text((kernel) => {
    const seconds = (value: number): string => (Math.floor(value * 100) / 100).toFixed(2);
    return `${seconds(kernel.now() / 1e9)} ${seconds(idleSeconds(kernel))}\n`;
  }),
  version: text(() => `Linux version ${UTS_RELEASE} (cyclix@cyclix) (TypeScript, AssemblyScript) ${UTS_VERSION}\n`),
  vmstat: text(vmStat),
  zoneinfo: text(
    ({ frames }) =>
      `Node 0, zone   Normal\n  pages free     ${frames.freeFrames}\n        min      ${frames.reserve}\n        spanned  ${frames.frameCount}\n        present  ${frames.frameCount}\n        managed  ${frames.frameCount}\n`,
  ),
};

/** Seconds that the hart spent waiting for work. */
function idleSeconds(kernel: Kernel): number {
  return kernel.machine.counters.get('idle-cycles') / kernel.machine.preset.clockHz;
}

interface CpuTimes {
  readonly user: number;
  readonly nice: number;
  readonly system: number;
  readonly idle: number;
}

/** Ticks of 10 ms since boot, by ring; programs with a positive nice value are counted under user. */
function cpuTimes(kernel: Kernel): CpuTimes {
  const { counters, preset } = kernel.machine;
  const ticks = (cycles: number): number => Math.floor((cycles * TICKS_PER_SECOND) / preset.clockHz);
  return {
    user: ticks(counters.get('cycles:u')),
    nice: 0,
    system: ticks(counters.get('cycles:k')),
    idle: ticks(counters.get('idle-cycles')),
  };
}

function statText(kernel: Kernel): string {
  const { user, nice, system, idle } = cpuTimes(kernel);
  const times = `${user} ${nice} ${system} ${idle} 0 0 0 0 0 0`;
  const boot = Math.floor((kernel.realTime() - kernel.now()) / 1e9);
  let interrupts = 0;
  for (const count of kernel.interruptCounts.values()) interrupts += count;
  const blocked = [...kernel.tasks.all()].filter((task) => task.state === 'uninterruptible').length;
  return (
    `cpu  ${times}\n` +
    `cpu0 ${times}\n` +
    `intr ${interrupts}\n` +
    `ctxt ${kernel.scheduler.switches}\n` +
    `btime ${boot}\n` +
    `processes ${kernel.tasks.forks}\n` +
    `procs_running ${kernel.scheduler.runnable}\n` +
    `procs_blocked ${blocked}\n` +
    'softirq 0 0 0 0 0 0 0 0 0 0 0\n'
  );
}

/** Pages that files in memory hold: tmpfs, which is page cache and shared memory at once. */
function cachedPages(kernel: Kernel): number {
  let pages = 0;
  for (const mount of kernel.vfs.mounts) {
    const { usedPages } = mount.fileSystem as { readonly usedPages?: number };
    pages += usedPages ?? 0;
  }
  return pages;
}

function memoryInfo(kernel: Kernel): string {
  const { frames, slabs } = kernel;
  const cached = cachedPages(kernel);
  const slab = slabs.frameCounts();
  let anonymous = 0;
  let mapped = 0;
  let tables = 0;
  let committed = 0;
  for (const space of kernel.addressSpaces) {
    anonymous += space.resident.anonymous;
    mapped += space.resident.file + space.resident.shared;
    tables += space.tables.tables;
    committed += space.dataBytes;
  }
  const stacks = kernel.tasks.size * 16;
  const available = frames.freeFrames + slab.reclaimable - frames.reserve;
  const rows: (readonly [name: string, kib: number])[] = [
    ['MemTotal', frames.frameCount * 4],
    ['MemFree', frames.freeFrames * 4],
    ['MemAvailable', Math.max(0, available) * 4],
    ['Buffers', 0],
    ['Cached', cached * 4],
    ['SwapCached', 0],
    ['Active', anonymous * 4],
    ['Inactive', cached * 4],
    ['Active(anon)', anonymous * 4],
    ['Inactive(anon)', cached * 4],
    ['Active(file)', 0],
    ['Inactive(file)', 0],
    ['Unevictable', 0],
    ['Mlocked', 0],
    ['SwapTotal', 0],
    ['SwapFree', 0],
    ['Dirty', 0],
    ['Writeback', 0],
    ['AnonPages', anonymous * 4],
    ['Mapped', mapped * 4],
    ['Shmem', cached * 4],
    ['KReclaimable', slab.reclaimable * 4],
    ['Slab', slab.total * 4],
    ['SReclaimable', slab.reclaimable * 4],
    ['SUnreclaim', (slab.total - slab.reclaimable) * 4],
    ['KernelStack', stacks],
    ['PageTables', tables * 4],
    ['SecPageTables', 0],
    ['NFS_Unstable', 0],
    ['Bounce', 0],
    ['WritebackTmp', 0],
    ['CommitLimit', frames.frameCount * 2],
    ['Committed_AS', Math.floor(committed / 1024)],
    ['VmallocTotal', 67_108_864],
    ['VmallocUsed', 0],
    ['VmallocChunk', 0],
    ['Percpu', 0],
  ];
  const lines = rows.map(([name, kib]) => `${`${name}:`.padEnd(15)} ${String(kib).padStart(8)} kB`);
  const hugePages = [
    'HugePages_Total:       0',
    'HugePages_Free:        0',
    'HugePages_Rsvd:        0',
    'HugePages_Surp:        0',
    'Hugepagesize:       2048 kB',
    'Hugetlb:               0 kB',
  ];
  return `${[...lines, ...hugePages].join('\n')}\n`;
}

function cpuInfo(kernel: Kernel): string {
  const isa = 'rv64imafdc_zicntr_zicsr_zifencei';
  return (
    `processor\t: 0\nhart\t\t: 0\nisa\t\t: ${isa}\nmmu\t\t: sv39\nuarch\t\t: cyclix,${kernel.machine.preset.name}\n` +
    `mvendorid\t: 0x0\nmarchid\t\t: 0x0\nmimpid\t\t: 0x0\nhart isa\t: ${isa}\n\n`
  );
}

function devicesText(): string {
  const character: readonly (readonly [number, string])[] = [
    [1, 'mem'],
    [4, 'tty'],
    [4, 'ttyS'],
    [5, '/dev/tty'],
    [5, '/dev/console'],
    [5, '/dev/ptmx'],
    [136, 'pts'],
    [252, 'rtc'],
  ];
  const lines = character.map(([major, name]) => `${String(major).padStart(3)} ${name}\n`).join('');
  return `Character devices:\n${lines}\nBlock devices:\n`;
}

const interruptNames: Readonly<Record<number, string>> = { 10: 'ttyS0', 11: 'rtc0' };

function interruptsText(kernel: Kernel): string {
  let lines = '           CPU0       \n';
  const row = (label: string, count: number, rest: string): string =>
    `${label.padStart(3)}: ${String(count).padStart(10)} ${rest}\n`;
  const counts = kernel.interruptCounts;
  const sources = [...counts.keys()].filter((source) => source !== 'timer').sort((a, b) => a - b);
  lines += row('5', counts.get('timer') ?? 0, ' RISC-V INTC   5 Edge      riscv-timer');
  for (const source of sources) {
    const name = interruptNames[source] ?? (source <= 8 ? `virtio${source - 1}` : `irq${source}`);
    lines += row(
      String(source + 10),
      counts.get(source) ?? 0,
      ` SiFive PLIC  ${String(source).padStart(2)} Edge      ${name}`,
    );
  }
  return lines;
}

function loadAverage(kernel: Kernel): string {
  const loads = kernel.scheduler.loadAverages(kernel).map((load) => load.toFixed(2));
  return `${loads.join(' ')} ${kernel.scheduler.runnable}/${kernel.tasks.size} ${kernel.tasks.lastPid}\n`;
}

function slabInfo(kernel: Kernel): string {
  let lines =
    'slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n';
  for (const cache of kernel.slabs.caches()) {
    const column = (value: number): string => String(value).padStart(6);
    lines +=
      `${cache.name.padEnd(17)} ${column(cache.objects)} ${column(cache.slabs * cache.objectsPerSlab)} ${column(cache.objectBytes)} ` +
      `${String(cache.objectsPerSlab).padStart(4)} ${String(1 << cache.order).padStart(4)} : tunables    0    0    0 : ` +
      `slabdata ${column(cache.slabs)} ${column(cache.slabs)}      0\n`;
  }
  return lines;
}

function vmStat(kernel: Kernel): string {
  const { frames } = kernel;
  let anonymous = 0;
  let mapped = 0;
  let faults = 0;
  let major = 0;
  for (const space of kernel.addressSpaces) {
    anonymous += space.resident.anonymous;
    mapped += space.resident.file + space.resident.shared;
    faults += space.minorFaults + space.majorFaults;
    major += space.majorFaults;
  }
  const rows: (readonly [string, number])[] = [
    ['nr_free_pages', frames.freeFrames],
    ['nr_inactive_anon', 0],
    ['nr_active_anon', anonymous],
    ['nr_inactive_file', 0],
    ['nr_active_file', 0],
    ['nr_anon_pages', anonymous],
    ['nr_mapped', mapped],
    ['nr_file_pages', cachedPages(kernel)],
    ['nr_dirty', 0],
    ['nr_writeback', 0],
    ['nr_shmem', cachedPages(kernel)],
    ['nr_page_table_pages', [...kernel.addressSpaces].reduce((sum, space) => sum + space.tables.tables, 0)],
    ['pgpgin', 0],
    ['pgpgout', 0],
    ['pswpin', 0],
    ['pswpout', 0],
    ['pgfault', faults],
    ['pgmajfault', major],
    ['oom_kill', 0],
  ];
  return rows.map(([name, value]) => `${name} ${value}\n`).join('');
}
