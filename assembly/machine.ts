// The machine's entry points, called by src/machine/machine.ts. Addresses and cycles cross the border as f64: exact below 2^53.

import { Bus } from './devices/bus.ts';
import { Plic } from './devices/plic.ts';
import { Uart } from './devices/uart.ts';
import { Blocks } from './hart/block.ts';
import * as B from './hart/bytecode.ts';
import { Csr } from './hart/csr.ts';
import { Enter } from './hart/enter.ts';
import { Execute, Plain, Timed } from './hart/execute.ts';
import { Transfer } from './hart/transfer.ts';
import { Trap } from './hart/trap.ts';
import * as L from './layout.ts';
import { Translate } from './memory/translate.ts';
import { Cache } from './timing/cache.ts';
import { Charge } from './timing/charge.ts';
import { Count } from './timing/count.ts';
import { Pipeline } from './timing/pipeline.ts';
import { Predictor } from './timing/predictor.ts';
import { Tlb } from './timing/tlb.ts';

/** Takes over the parameters; drops every structure that depends on them. */
export function configure(): void {
  store<u16>(L.SYNC_RECORD, B.BC_SYNC);
  store<u16>(L.SYNC_RECORD + 4, B.BC_LEAVE);
  memory.fill(L.L1I_MAP, 0, load<u32>(L.P_RAM_BYTES) >> L.MAP_SHIFT);
  memory.fill(L.L1D_MAP, 0, load<u32>(L.P_RAM_BYTES) >> L.MAP_SHIFT);
  Cache.reset();
  Tlb.reset();
  Predictor.reset();
  Pipeline.reset();
  Blocks.reset();
  Translate.flushSpeed();
}

/** Power on: ring 0 at the start of RAM, paging off. */
export function reset(): void {
  store<i64>(L.PC, L.RAM_BASE as i64);
  store<u32>(L.PIPELINE, 0);
  store<u32>(L.FP_STATUS, 0);
  store<u64>(L.RESERVATION_ADDRESS, u64.MAX_VALUE);
  store<u64>(L.CSR_STIMECMP, u64.MAX_VALUE);
  store<i64>(L.FENCE_PC, -1);
  store<u32>(L.STORE_ADDRESS_0, 0xffff_0000);
  store<u32>(L.STORE_ADDRESS_1, 0xffff_0000);
  store<usize>(L.COUNTER_BANK, L.COUNTERS + L.COUNTER_BANK_BYTES);
  Trap.setRing(1);
}

export function run(maxInstructions: f64, untilCycle: f64): i32 {
  if (load<i32>(L.P_DEBUG_FLUSH_TLBS)) Translate.flushSpeed();
  if (load<i32>(L.P_DEBUG_FLUSH_DECODED)) {
    Blocks.reset();
    store<u32>(L.PIPELINE, Pipeline.restart(load<u32>(L.PIPELINE)));
  }
  Count.drain();
  store<i64>(L.UNTIL_CYCLE, untilCycle as i64);
  store<i64>(L.INSTRET_LIMIT, load<i64>(L.INSTRET) + (maxInstructions as i64));
  store<i32>(L.STOP_REASON, L.STOP_NONE);
  const reason = Transfer.lookUp();
  if (reason) return reason;
  store<usize>(L.NEXT_RECORD, Enter.at(load<i64>(L.PC), load<u32>(L.PIPELINE), false));
  if (load<i32>(L.P_TIMING)) Execute.loop<Timed>();
  else Execute.loop<Plain>();
  Count.drain();
  return load<i32>(L.STOP_REASON);
}

export function drainCounters(): void {
  Count.drain();
}

export function readCsr(number: i32): u64 {
  return Csr.read(number as u32);
}

export function writeCsr(number: i32, value: u64): void {
  Csr.write(number as u32, value);
}

export function setPrivilege(ring: i32): void {
  Trap.setRing(ring as u32);
}

export function setPc(value: i64): void {
  store<i64>(L.PC, value);
}

export function advanceTo(cycle: f64): void {
  const target = cycle as i64;
  const now = load<i64>(L.CYCLE);
  if (target <= now) return;
  Count.drain();
  store<u64>(L.IDLE_CYCLES, load<u64>(L.IDLE_CYCLES) + ((target - now) as u64));
  store<i64>(L.CYCLE, target);
  store<i64>(L.CYCLE_MARK, target);
  store<u32>(L.PIPELINE, 0);
}

export function time(): f64 {
  return Trap.time() as f64;
}

export function mmioLoad(address: f64, bytes: i32): f64 {
  Charge.uncached();
  return Bus.load(address as u64, bytes) as f64;
}

export function mmioStore(address: f64, _bytes: i32, value: f64): void {
  Charge.uncached();
  Bus.store(address as u64, value as i64 as u64);
  store<i32>(L.STOP_REASON, L.STOP_NONE);
}

export function chargeExecute(text: f64, bytes: i32, instructions: i32): void {
  Charge.execute(text as i64, bytes, instructions);
}

export function chargeTouch(physical: f64, bytes: i32, write: i32): void {
  Charge.touch(physical as i64, bytes, write != 0);
}

export function chargeTouchUser(virtual: f64, physical: f64, bytes: i32, write: i32): void {
  Charge.touchUser(virtual as i64, physical as i64, bytes, write != 0);
}

export function invalidateDecoded(physicalPage: f64): void {
  Blocks.dropPage((((physicalPage as u64) - (L.RAM_BASE as u64)) >> 12) as u32);
}

/** kind: 0 all, 1 one address space, 2 one address in it. */
export function flushTlb(kind: i32, asid: i32, virtual: f64): void {
  Charge.flushTlb(kind, asid as u32, virtual as i64);
}

export function uartReceive(byte: i32): i32 {
  return Uart.receive(byte as u32) ? 1 : 0;
}

export function setInterrupt(source: i32, level: i32): void {
  Plic.setLevel(source as u32, level != 0);
}

/** Before a snapshot: what lies outside it is written into it. */
export function beforeSave(): void {
  Count.drain();
  Pipeline.save(load<u32>(L.PIPELINE));
  Cache.saveMaps();
}

/** After a snapshot was put back: everything that was left out of it is rebuilt. */
export function restored(): void {
  Pipeline.reset();
  Blocks.reset();
  Translate.flushSpeed();
  store<u32>(L.PIPELINE, Pipeline.restore());
  Cache.rebuildMaps();
}
