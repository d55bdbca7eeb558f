// The system as a whole: names, memory, random bytes, barriers, what the hart can do, power.

import { processRoutines as routine } from '../cost/routines/process.ts';
import { EFAULT, EINVAL, EPERM } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { CAP_SYS_ADMIN, CAP_SYS_BOOT, CAP_SYSLOG } from '../process/credentials.ts';
import { UTS_LENGTH, UTS_RELEASE, UTS_VERSION } from '../process/system-state.ts';
import type { Task } from '../process/task.ts';
import { enumeration, flags, hex, inBuffer, int, outBuffer, outStruct, pointer, size, unsigned } from './arguments.ts';
import type { ArgumentDecoder } from './decoders.ts';
import { membarrierCommands, randomFlags, rebootCommands } from './flags/process.ts';
import type { SyscallResult } from './result.ts';
import type { SyscallRow } from './row.ts';

const encoder = new TextEncoder();

/** struct utsname: six strings of 65 bytes. */
function uname(kernel: Kernel, task: Task, address: number): SyscallResult {
  const { hostname, domainname } = kernel.system;
  const bytes = new Uint8Array(6 * (UTS_LENGTH + 1));
  ['Linux', hostname, UTS_RELEASE, UTS_VERSION, 'riscv64', domainname].forEach((text, index) => {
    bytes.set(encoder.encode(text).subarray(0, UTS_LENGTH), index * (UTS_LENGTH + 1));
  });
  return (task.memory?.write(address, bytes) ?? false) ? 0 : -EFAULT;
}

function setName(
  kernel: Kernel,
  task: Task,
  address: number,
  length: number,
  field: 'hostname' | 'domainname',
): number {
  length |= 0;
  if (!task.credentials.capable(CAP_SYS_ADMIN)) return -EPERM;
  if (length < 0 || length > UTS_LENGTH) return -EINVAL;
  const bytes = length === 0 ? new Uint8Array(0) : task.memory!.read(address, length);
  if (bytes === null) return -EFAULT;
  kernel.system[field] = new TextDecoder().decode(bytes).replace(/\0.*$/s, '');
  return 0;
}

function sysinfo(kernel: Kernel, task: Task, address: number): SyscallResult {
  const { frames, tasks } = kernel;
  const loads = kernel.scheduler.loadAverages(kernel);
  const written = task.memory!.writeStruct(address, 112, (view) => {
    view.setBigInt64(0, BigInt(Math.ceil(kernel.now() / 1e9)), true);
    loads.forEach((load, index) => {
      view.setBigUint64(8 + 8 * index, BigInt(Math.round(load * 65_536)), true);
    });
    view.setBigUint64(32, BigInt(frames.frameCount * 4096), true);
    view.setBigUint64(40, BigInt(frames.freeFrames * 4096), true);
    view.setUint16(80, Math.min(tasks.size, 0xffff), true);
    view.setUint32(104, 1, true);
  });
  return written ? 0 : -EFAULT;
}

function getcpu(_kernel: Kernel, task: Task, cpu: number, node: number): SyscallResult {
  if (cpu !== 0 && !task.memory!.writeU32(cpu, 0)) return -EFAULT;
  return node === 0 || task.memory!.writeU32(node, 0) ? 0 : -EFAULT;
}

const GRND_RANDOM = 2;
const GRND_INSECURE = 4;
const CHACHA_BLOCK = 64;

/** Never blocks: the generator is seeded at boot. Bytes given before a bad address count. */
function getrandom(kernel: Kernel, task: Task, address: number, length: number, flagBits: number): SyscallResult {
  if ((flagBits & ~7) !== 0 || !(flagBits >= 0)) return -EINVAL;
  if ((flagBits & GRND_RANDOM) !== 0 && (flagBits & GRND_INSECURE) !== 0) return -EINVAL;
  const wanted = length < 0 ? 0x7fff_f000 : Math.min(length, 0x7fff_f000);
  let done = 0;
  while (done < wanted) {
    const step = Math.min(4096, wanted - done);
    kernel.cost.execute(routine.chacha_block, Math.ceil(step / CHACHA_BLOCK));
    if (!task.memory!.write(address + done, kernel.random(step))) return done > 0 ? done : -EFAULT;
    done += step;
  }
  return done;
}

const MEMBARRIER_ALL = 0x7f;
const REGISTRATIONS = [4, 16, 64] as const;

/** One hart: every thread's memory accesses are in order already; what is kept is the protocol of registration. */
function membarrier(_kernel: Kernel, task: Task, command: number, flagBits: number): SyscallResult {
  command |= 0;
  if (flagBits !== 0) return -EINVAL;
  switch (command) {
    case 0:
      return MEMBARRIER_ALL;
    case 1:
    case 2:
      return 0;
    case 4:
    case 16:
    case 64:
      for (const thread of task.group.threads) thread.membarrier |= command;
      return 0;
    case 8:
    case 32:
      return (task.membarrier & (command << 1)) !== 0 ? 0 : -EPERM;
    case 512:
      return REGISTRATIONS.reduce((sum: number, bit) => sum | (task.membarrier & bit), 0);
    default:
      return -EINVAL;
  }
}

// --- riscv -----------------------------------------------------------------------------------------------------------

/** Linux's Documentation/arch/riscv/hwprobe.rst. null: a key that we do not know. */
export function hwprobeValue(kernel: Kernel, key: bigint): bigint | null {
  switch (key) {
    case 0n: // MVENDORID, MARCHID, MIMPID
    case 1n:
    case 2n:
      return 0n;
    case 3n: // BASE_BEHAVIOR: IMA
      return 1n;
    case 4n: // IMA_EXT_0: F and D, C
      return 3n;
    case 5n: // CPUPERF_0, and MISALIGNED_SCALAR_PERF: slow
    case 9n:
      return 2n;
    case 6n: // ZICBOZ_BLOCK_SIZE
      return 0n;
    case 7n: // HIGHEST_VIRT_ADDRESS
      return 0x3f_ffff_ffffn;
    case 8n: // TIME_CSR_FREQ
      return BigInt(kernel.machine.preset.timebaseHz);
    case 10n: // MISALIGNED_VECTOR_PERF: unsupported
      return 4n;
    default:
      return null;
  }
}

function riscv_hwprobe(
  kernel: Kernel,
  task: Task,
  pairs: number,
  count: number,
  cpuBytes: number,
  cpus: number,
  flagBits: number,
): SyscallResult {
  const memory = task.memory!;
  const whichCpus = flagBits === 1;
  if (flagBits !== 0 && !whichCpus) return -EINVAL;
  if (whichCpus && (cpus === 0 || !(cpuBytes > 0))) return -EINVAL;
  if (cpus !== 0 && cpuBytes > 0) {
    const mask = memory.read(cpus, Math.min(cpuBytes, 8));
    if (mask === null) return -EFAULT;
    if (!whichCpus && ((mask[0] ?? 0) & 1) === 0) return -EINVAL;
  } else if (cpus === 0 && cpuBytes !== 0) {
    return -EINVAL;
  }
  let all = true;
  for (let index = 0; index < count; index++) {
    kernel.cost.execute(routine.hwprobe_pair);
    const address = pairs + 16 * index;
    const key = memory.readU64(address);
    const wanted = memory.readU64(address + 8);
    if (key === null || wanted === null) return -EFAULT;
    const value = hwprobeValue(kernel, BigInt.asIntN(64, key));
    if (whichCpus) {
      if (value === null) all = false;
      else if (key === 3n || key === 4n) all &&= (value & wanted) === wanted;
      else all &&= value === wanted;
      if (value === null && (!memory.writeU64(address, 0xffff_ffff_ffff_ffffn) || !memory.writeU64(address + 8, 0n))) {
        return -EFAULT;
      }
      continue;
    }
    if (value === null && !memory.writeU64(address, 0xffff_ffff_ffff_ffffn)) return -EFAULT;
    if (!memory.writeU64(address + 8, value ?? 0n)) return -EFAULT;
  }
  if (whichCpus) {
    const mask = new Uint8Array(Math.min(cpuBytes, 8));
    mask[0] = all ? 1 : 0;
    if (!memory.write(cpus, mask)) return -EFAULT;
  }
  return 0;
}

/** Data written to code pages drops their bytecode at once; what is left to do is a fence.i's time, which the hart's own would take. */
function riscv_flush_icache(
  _kernel: Kernel,
  _task: Task,
  _start: number,
  _end: number,
  flagBits: number,
): SyscallResult {
  return (flagBits & ~1) === 0 ? 0 : -EINVAL;
}

// --- power, log ------------------------------------------------------------------------------------------------------

const REBOOT_MAGIC1 = 0xfee1_dead | 0;
const REBOOT_MAGIC2 = [0x2812_1969, 0x0512_1996, 0x1604_1998, 0x2011_2000];

function reboot(kernel: Kernel, task: Task, magic1: number, magic2: number, command: number): SyscallResult {
  if (!task.credentials.capable(CAP_SYS_BOOT)) return -EPERM;
  if ((magic1 | 0) !== REBOOT_MAGIC1 || !REBOOT_MAGIC2.includes(magic2 | 0)) return -EINVAL;
  switch (command >>> 0) {
    case 0x0123_4567:
      kernel.system.shutdown = 'restart';
      return 0;
    case 0xcdef_0123:
      kernel.system.shutdown = 'halt';
      return 0;
    case 0x4321_fedc:
      kernel.system.shutdown = 'poweroff';
      return 0;
    case 0x89ab_cdef:
    case 0:
      return 0;
    default:
      return -EINVAL;
  }
}

/** syslog(2): the kernel keeps no log of its own. */
function syslog(_kernel: Kernel, task: Task, type: number, buffer: number, length: number): SyscallResult {
  type |= 0;
  length |= 0;
  if (type < 0 || type > 10) return -EINVAL;
  if (type !== 3 && type !== 10 && !task.credentials.capable(CAP_SYSLOG)) return -EPERM;
  if (type >= 2 && type <= 4) return buffer === 0 || length < 0 ? -EINVAL : 0;
  if (type === 8) return length < 1 || length > 8 ? -EINVAL : 0;
  return 0;
}

const hwprobePairs: ArgumentDecoder = { kind: 'struct', name: 'hwprobe', direction: 'inout' };

export const systemSyscalls: readonly SyscallRow[] = [
  {
    number: 116,
    name: 'syslog',
    arguments: [int, pointer, int],
    handler: syslog,
    cost: routine.small,
    support: { partial: 'the log is empty' },
  },
  {
    number: 142,
    name: 'reboot',
    arguments: [hex, hex, enumeration(rebootCommands, 'LINUX_REBOOT_CMD_???'), pointer],
    handler: reboot,
    cost: routine.small,
    support: { partial: 'no kexec, no suspend' },
  },
  { number: 160, name: 'uname', arguments: [outStruct('utsname')], handler: uname, cost: routine.uname },
  {
    number: 161,
    name: 'sethostname',
    arguments: [inBuffer(1), int],
    handler: (kernel, task, address, length) => setName(kernel, task, address, length, 'hostname'),
    cost: routine.small,
  },
  {
    number: 162,
    name: 'setdomainname',
    arguments: [inBuffer(1), int],
    handler: (kernel, task, address, length) => setName(kernel, task, address, length, 'domainname'),
    cost: routine.small,
  },
  {
    number: 168,
    name: 'getcpu',
    arguments: [outStruct('int'), outStruct('int'), pointer],
    handler: getcpu,
    cost: routine.getcpu,
  },
  { number: 179, name: 'sysinfo', arguments: [outStruct('sysinfo')], handler: sysinfo, cost: routine.sysinfo },
  {
    number: 258,
    name: 'riscv_hwprobe',
    arguments: [hwprobePairs, unsigned, size, pointer, unsigned],
    handler: riscv_hwprobe,
    cost: routine.hwprobe,
  },
  {
    number: 259,
    name: 'riscv_flush_icache',
    arguments: [pointer, pointer, hex],
    handler: riscv_flush_icache,
    cost: routine.small,
  },
  {
    number: 278,
    name: 'getrandom',
    arguments: [outBuffer, size, flags(randomFlags)],
    handler: getrandom,
    cost: routine.getrandom,
  },
  {
    number: 283,
    name: 'membarrier',
    arguments: [enumeration(membarrierCommands, 'MEMBARRIER_CMD_???'), unsigned, int],
    handler: membarrier,
    cost: routine.membarrier,
    support: { partial: 'no restartable sequences' },
  },
];
