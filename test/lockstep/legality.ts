// Which words are instructions: asked of QEMU, by executing each in a slot of its own and looking at the signal, and of the
// machine, by the trap's cause. Slots are eight bytes: the word, then ebreak. Every register holds an address that is
// not mapped, so that loads, stores and jumps fault, which makes a word legal as much as reaching the ebreak does.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RAM_BASE } from '../../src/machine/layout.ts';
import { Machine } from '../../src/machine/machine.ts';
import { Code } from './code.ts';

const compiler = 'riscv64-linux-gnu-gcc';
const emulator = 'qemu-riscv64-static';
/** Only what the machine has. */
const cpu = 'rv64,zba=off,zbb=off,zbc=off,zbs=off';
const slotsPerPass = 4096;
const registerValue = 0x1000;

export const legalityOracleAvailable = [compiler, emulator].every(
  (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0,
);

// The signal handler does the work: it notes the verdict on the slot that trapped and resumes in the next one; after the
// last it resumes where main took its context.
const source = `#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
static uint32_t words[${slotsPerPass}];
static unsigned char verdicts[${slotsPerPass}];
static uint32_t *slots;
static long current, count;
static ucontext_t home;
static volatile int done;
static unsigned long globalPointer, threadPointer; // getcontext leaves these two out
static void handler(int signal, siginfo_t *info, void *context) {
  mcontext_t *interrupted = &((ucontext_t *)context)->uc_mcontext;
  if (current >= 0) {
    verdicts[current] = !(signal == SIGILL && interrupted->__gregs[0] == (uintptr_t)(slots + 2 * current));
  }
  if (++current == count) {
    for (int i = 0; i < 32; i++) interrupted->__gregs[i] = home.uc_mcontext.__gregs[i];
    interrupted->__gregs[3] = globalPointer;
    interrupted->__gregs[4] = threadPointer;
    done = 1;
    return;
  }
  for (int i = 1; i < 32; i++) interrupted->__gregs[i] = ${registerValue};
  interrupted->__gregs[0] = (uintptr_t)(slots + 2 * current);
  interrupted->__fpregs.__d.__fcsr = 0;
}
int main(void) {
  static char stack[65536];
  stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
  sigaltstack(&alternate, 0);
  struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
  int signals[] = { SIGILL, SIGSEGV, SIGBUS, SIGTRAP };
  for (int i = 0; i < 4; i++) sigaction(signals[i], &action, 0);
  slots = mmap(0, sizeof words * 2, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (;;) {
    size_t have = 0;
    while (have < sizeof words) {
      ssize_t n = read(0, (char *)words + have, sizeof words - have);
      if (n <= 0) break;
      have += n;
    }
    if (!have) return 0;
    count = have / 4;
    for (long i = 0; i < count; i++) {
      slots[2 * i] = (words[i] & 3) == 3 ? words[i] : (words[i] & 0xffff) | 0x90020000;
      slots[2 * i + 1] = 0x00100073;
    }
    __builtin___clear_cache((char *)slots, (char *)(slots + 2 * count));
    asm volatile("mv %0, gp; mv %1, tp" : "=r"(globalPointer), "=r"(threadPointer));
    current = -1;
    done = 0;
    getcontext(&home);
    if (!done) asm volatile("ebreak" : : : "memory");
    write(1, verdicts, count);
  }
}
`;

export function buildLegalityOracle(directory: string): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'legality-oracle');
  writeFileSync(`${path}.c`, source);
  const { status, stderr } = spawnSync(compiler, ['-static', '-O1', '-Wl,--no-relax', '-o', path, `${path}.c`], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`cannot build the oracle: ${stderr}`);
  return path;
}

/** One byte for each word: 1 legal, 0 illegal. */
export function askLegality(oracle: string, words: Uint32Array): Uint8Array {
  const input = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  const { status, signal, stdout } = spawnSync(emulator, ['-cpu', cpu, oracle], { input, maxBuffer: words.length + 1 });
  if (status !== 0) throw new Error(`${emulator}: ${signal ?? status}`);
  return stdout;
}

const csr = { sstatus: 0x100, stvec: 0x105, scounteren: 0x106, sepc: 0x141, scause: 0x142, satp: 0x180 };
const slotsAt = RAM_BASE + 0x10000;
const userAddress = 0x400000;

/** As `askLegality`, on the machine. */
export async function machineLegality(words: Uint32Array): Promise<Uint8Array> {
  const machine = await Machine.create({ ramBytes: 1 << 20, timing: false });
  const { hart, ram } = machine;
  const handler = new Code();
  handler.emit('lui', { rd: 5, imm: 0x110000 });
  handler.emit('sw', { rs1: 5, rs2: 0, imm: 0 });
  handler.emit('sret', {});
  ram.bytes.set(new Uint8Array(Uint16Array.from(handler.halves).buffer), 0);
  // Sv39: root at page 1; RAM and the gate for ring 0, the slots for ring 3.
  const [root, middle, gateTable, slotTable] = [1, 2, 3, 4].map((page) => RAM_BASE + page * 4096) as [
    number,
    number,
    number,
    number,
  ];
  const entry = (physical: number, flags: number) => (physical / 4096) * 1024 + flags;
  ram.setNumber(root + 2 * 8, entry(RAM_BASE, 0xcf));
  ram.setNumber(root, entry(middle, 1));
  ram.setNumber(middle, entry(gateTable, 1));
  ram.setNumber(gateTable + 0x110 * 8, entry(0x110000, 0xcf));
  ram.setNumber(middle + 2 * 8, entry(slotTable, 1));
  for (let page = 0; page < (slotsPerPass * 8) / 4096; page++) {
    ram.setNumber(slotTable + page * 8, entry(slotsAt + page * 4096, 0xdb));
  }
  hart.setCsr(csr.satp, (8n << 60n) | BigInt(root / 4096));
  hart.setCsr(csr.stvec, BigInt(RAM_BASE));
  hart.setCsr(csr.scounteren, 7n);

  const verdicts = new Uint8Array(words.length);
  for (let first = 0; first < words.length; first += slotsPerPass) {
    const count = Math.min(slotsPerPass, words.length - first);
    for (let i = 0; i < count; i++) {
      const word = words[first + i]!;
      ram.setU32(slotsAt + i * 8, (word & 3) === 3 ? word : (word & 0xffff) + 0x90020000);
      ram.setU32(slotsAt + i * 8 + 4, 0x00100073);
    }
    ram.noteWrite(slotsAt, count * 8);
    for (let i = 0; i < count; i++) {
      const address = BigInt(userAddress + i * 8);
      for (let register = 1; register < 32; register++) hart.setX(register, BigInt(registerValue));
      hart.setCsr(3, 0n);
      hart.setCsr(csr.sstatus, 1n << 13n);
      hart.setCsr(csr.sepc, address);
      hart.pc = BigInt(RAM_BASE + 8);
      const stop = machine.run(1000);
      if (stop !== 'gate') throw new Error(`${words[first + i]!.toString(16)}: the machine stopped: ${stop}`);
      verdicts[first + i] = hart.csr(csr.scause) === 2n && hart.csr(csr.sepc) === address ? 0 : 1;
    }
  }
  return verdicts;
}
