// A minimal /sys: what C libraries, procps and lscpu look at: the one CPU, the memory node, the kernel's limits.

import type { Kernel } from '../kernel.ts';
import { directory, PseudoFileSystem, type PseudoNode, setting, text } from './pseudo.ts';

const SYSFS_MAGIC = 0x62656572;

export class SysFileSystem extends PseudoFileSystem {
  /** Directories below /sys/class/net, by interface name; the network fills it. */
  readonly networkInterfaces: Map<string, PseudoNode>;

  constructor(kernel: Kernel, device: number) {
    const networkInterfaces = new Map<string, PseudoNode>();
    super(kernel, 'sysfs', SYSFS_MAGIC, device, root(kernel, networkInterfaces));
    this.networkInterfaces = networkInterfaces;
  }
}

function root(kernel: Kernel, networkInterfaces: Map<string, PseudoNode>): PseudoNode {
  const { preset } = kernel.machine;
  const cacheIndex = (
    index: number,
    level: number,
    type: string,
    size: number,
    ways: number,
    line: number,
  ): PseudoNode =>
    directory({
      coherency_line_size: text(() => `${line}\n`),
      level: text(() => `${level}\n`),
      number_of_sets: text(() => `${size / (ways * line)}\n`),
      shared_cpu_list: text(() => '0\n'),
      shared_cpu_map: text(() => '1\n'),
      size: text(() => `${size / 1024}K\n`),
      type: text(() => `${type}\n`),
      ways_of_associativity: text(() => `${ways}\n`),
      id: text(() => `${index}\n`),
    });
  const caches: Record<string, PseudoNode> = {
    index0: cacheIndex(0, 1, 'Data', preset.l1d.sizeBytes, preset.l1d.ways, preset.l1d.lineBytes),
    index1: cacheIndex(1, 1, 'Instruction', preset.l1i.sizeBytes, preset.l1i.ways, preset.l1i.lineBytes),
  };
  const { l2 } = preset;
  if (l2 != null) caches['index2'] = cacheIndex(2, 2, 'Unified', l2.sizeBytes, l2.ways, l2.lineBytes);
  const cpuList = text(() => '0\n');
  return directory({
    block: directory({}),
    bus: directory({}),
    class: directory({
      net: {
        kind: 'directory',
        lookup: (_kernel, name) => networkInterfaces.get(name) ?? null,
        list: () => [...networkInterfaces.keys()].map((name) => [name, 'directory'] as const),
      },
      tty: directory({}),
    }),
    dev: directory({}),
    devices: directory({
      system: directory({
        cpu: directory({
          cpu0: directory({
            cache: directory(caches),
            topology: directory({
              core_id: text(() => '0\n'),
              physical_package_id: text(() => '0\n'),
              core_siblings_list: cpuList,
              thread_siblings_list: cpuList,
              core_siblings: text(() => '1\n'),
              thread_siblings: text(() => '1\n'),
            }),
          }),
          isolated: text(() => '\n'),
          kernel_max: text(() => '63\n'),
          offline: text(() => '\n'),
          online: cpuList,
          possible: cpuList,
          present: cpuList,
        }),
        node: directory({
          has_cpu: cpuList,
          has_memory: cpuList,
          node0: directory({
            cpulist: cpuList,
            meminfo: text(({ frames }) => {
              const kib = (pages: number): string => String(pages * 4).padStart(14);
              return (
                `Node 0 MemTotal: ${kib(frames.frameCount)} kB\n` +
                `Node 0 MemFree:  ${kib(frames.freeFrames)} kB\n` +
                `Node 0 MemUsed:  ${kib(frames.frameCount - frames.freeFrames)} kB\n`
              );
            }),
          }),
          online: cpuList,
          possible: cpuList,
        }),
      }),
      virtual: directory({}),
    }),
    firmware: directory({}),
    fs: directory({ cgroup: directory({}) }),
    kernel: directory({
      mm: directory({
        transparent_hugepage: directory({
          enabled: text(() => 'always madvise [never]\n'),
          hpage_pmd_size: text(() => '2097152\n'),
        }),
      }),
      profiling: setting(() => 0),
    }),
    module: directory({}),
  });
}
