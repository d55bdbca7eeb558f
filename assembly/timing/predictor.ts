// Branch prediction as Rocket's front end does it (rocket-rtl.md, "Core" and "Control flow"): a fully associative BTB with tree-PLRU
// whose entries name their pages in a small table; a direction table indexed by address and global history; a return address stack.
// A transfer that the BTB knows is free. One that the fetch stage finds out by itself costs a fetch bubble. Anything else waits for
// the branch to execute. Functions return that penalty.

import * as L from '../layout.ts';
import { Plru } from './plru.ts';

export const BTB: usize = L.PREDICTOR; // 64 of: fetch word i64 (-1: none), target i64, kind u32, page slots u8 x 2
export const BTB_ENTRY: usize = 32;
const BTB_PAGES: usize = L.PREDICTOR + 0x800; // 64 page numbers i64
const STACK: usize = L.PREDICTOR + 0xa00; // 32 return addresses
const STACK_TOP: usize = L.PREDICTOR + 0xb00;
const STACK_COUNT: usize = L.PREDICTOR + 0xb04;
export const HISTORY: usize = L.PREDICTOR + 0xb08;
export const BTB_PLRU: usize = L.PREDICTOR + 0xb10;
const NEXT_PAGE: usize = L.PREDICTOR + 0xb18;
/** The ways that name a page of the page table, a u64 mask each; how many entries are valid. */
const PAGE_USERS: usize = L.PREDICTOR + 0xc00;
const VALID_ENTRIES: usize = L.PREDICTOR + 0xb1c;
/** By a hash of the fetch word: 0 no entry has this hash, n + 1 entry n alone has it, 255 several. */
const FILTER: usize = L.PREDICTOR + 0x1000;
const FILTER_MASK: u32 = 0xfff;
export const DIRECTION_TABLE: usize = L.PREDICTOR + 0x2000;
/** Folded history, u16, for each history of up to 12 bits. */
export const FOLDED: usize = L.PREDICTOR + 0x6000;
/** PLRU update of each BTB way: keep u64, set u64. */
export const BTB_TOUCH: usize = L.PREDICTOR + 0x8000;

const TARGET: usize = 8;
const SOURCE_PAGE: usize = 20;
const TARGET_PAGE: usize = 21;

export class Predictor {
  static reset(): void {
    memory.fill(L.PREDICTOR, 0, 0x6000);
    Predictor.prepare();
    for (let way: usize = 0; way < 64; way++) {
      store<i64>(BTB + way * BTB_ENTRY, -1);
      store<i64>(BTB_PAGES + (way << 3), -1);
    }
  }

  /** Tables that follow from the parameters alone. */
  private static prepare(): void {
    const bits = load<u32>(L.P_BHT_HISTORY_BITS);
    const length = load<u32>(L.P_BHT_HISTORY_LENGTH);
    const size = 31 - clz(load<u32>(L.P_BHT_ENTRIES));
    // A history longer than its part of the index is folded by a multiplication with sqrt(3)/2 * 2^length.
    const factor = (0.8660254037844386 * ((1 << length) as f64)) as u32;
    for (let history: u32 = 0; history < (1 as u32) << length; history++) {
      const folded = length == bits ? history : ((factor * history) & ((1 << length) - 1)) >> (length - bits);
      store<u16>(FOLDED + ((history as usize) << 1), folded << (size - bits));
    }
    store<u32>(L.PREDICT_NEWEST, length ? 1 << (length - 1) : 0);
    const two = load<i32>(L.P_BHT_COUNTER_BITS) == 2;
    for (let counter: u32 = 0; counter < 4; counter++) {
      // One bit is a counter that goes to its end at once.
      store<u8>(L.PREDICT_NEXT + ((counter as usize) << 1), two ? (counter ? counter - 1 : 0) : 0);
      store<u8>(L.PREDICT_NEXT + ((counter as usize) << 1), two ? min<u32>(counter + 1, 3) : 3, 1);
    }
    const entries = load<i32>(L.P_BTB_ENTRIES);
    for (let way = 0; way < entries; way++) {
      store<u64>(BTB_TOUCH + ((way as usize) << 4), Plru.keep(entries, way, 0));
      store<u64>(BTB_TOUCH + ((way as usize) << 4), Plru.set(entries, way, 0), 8);
    }
  }

  /** The part of the direction table's index that an address contributes. It is linear: parts of an address can be XOR-ed. */
  static indexPart(address: u32): u32 {
    const entries = load<u32>(L.P_BHT_ENTRIES);
    const word = address >> 2;
    return ((word & (entries - 1)) ^ ((word >> (31 - clz(entries))) & 3)) & (entries - 1);
  }

  @inline
  private static hash(word: i64): u32 {
    return ((word ^ (word >> 12)) as u32) & FILTER_MASK;
  }

  /** The BTB entry of the fetch word, or -1. */
  static find(word: i64): i32 {
    const slot = load<u8>(FILTER + (Predictor.hash(word) as usize)) as i32;
    if (!slot) return -1;
    if (slot != 255) return load<i64>(BTB + ((slot - 1) as usize) * BTB_ENTRY) == word ? slot - 1 : -1;
    const entries = load<i32>(L.P_BTB_ENTRIES);
    for (let way = 0; way < entries; way++) {
      if (load<i64>(BTB + (way as usize) * BTB_ENTRY) == word) return way;
    }
    return -1;
  }

  static touch(way: i32): void {
    const touch = BTB_TOUCH + ((way as usize) << 4);
    store<u64>(BTB_PLRU, (load<u64>(BTB_PLRU) & load<u64>(touch)) | load<u64>(touch, 8));
  }

  private static remove(way: i32): void {
    const entry = BTB + (way as usize) * BTB_ENTRY;
    const word = load<i64>(entry);
    if (word == -1) return;
    store<i64>(entry, -1);
    store<i32>(VALID_ENTRIES, load<i32>(VALID_ENTRIES) - 1);
    const mask = ~((1 as u64) << way);
    const source = PAGE_USERS + ((load<u8>(entry, SOURCE_PAGE) as usize) << 3);
    store<u64>(source, load<u64>(source) & mask);
    const target = PAGE_USERS + ((load<u8>(entry, TARGET_PAGE) as usize) << 3);
    store<u64>(target, load<u64>(target) & mask);
    const cell = FILTER + (Predictor.hash(word) as usize);
    if (load<u8>(cell) != 255) {
      store<u8>(cell, 0);
      return;
    }
    // Recount the entries that share the hash.
    let count = 0;
    let last = 0;
    const entries = load<i32>(L.P_BTB_ENTRIES);
    for (let index = 0; index < entries; index++) {
      const other = load<i64>(BTB + (index as usize) * BTB_ENTRY);
      if (other == -1 || Predictor.hash(other) != Predictor.hash(word)) continue;
      count++;
      last = index;
    }
    store<u8>(cell, count == 0 ? 0 : count == 1 ? last + 1 : 255);
  }

  /** The slot of a page in the page table; a page that is replaced takes its entries with it. */
  private static page(address: i64, avoid: i32): i32 {
    const pages = load<i32>(L.P_BTB_PAGES);
    const page = address >> 12;
    for (let slot = 0; slot < pages; slot++) {
      if (load<i64>(BTB_PAGES + ((slot as usize) << 3)) == page) return slot;
    }
    let slot = load<i32>(NEXT_PAGE) % pages;
    if (slot == avoid) slot = (slot + 1) % pages;
    store<i32>(NEXT_PAGE, (slot + 1) % pages);
    let users = load<u64>(PAGE_USERS + ((slot as usize) << 3));
    while (users) {
      Predictor.remove(ctz(users) as i32);
      users &= users - 1;
    }
    store<i64>(BTB_PAGES + ((slot as usize) << 3), page);
    return slot;
  }

  /** A taken transfer from `word` to `target` enters the BTB, or its entry `way` is corrected. */
  private static update(word: i64, target: i64, way: i32): void {
    const entries = load<i32>(L.P_BTB_ENTRIES);
    if (!entries) return;
    const sourcePage = Predictor.page(word << 2, -1);
    const targetPage = Predictor.page(target, sourcePage);
    if (way < 0) {
      if (load<i32>(VALID_ENTRIES) < entries) {
        way = 0;
        while (load<i64>(BTB + (way as usize) * BTB_ENTRY) != -1) way++;
      } else {
        way = Plru.victim(load<u64>(BTB_PLRU), entries, 0);
      }
    }
    // Replacing a page may have dropped the very entry that is corrected: it comes back.
    Predictor.remove(way);
    const entry = BTB + (way as usize) * BTB_ENTRY;
    store<i64>(entry, word);
    const cell = FILTER + (Predictor.hash(word) as usize);
    store<u8>(cell, load<u8>(cell) ? 255 : way + 1);
    store<i64>(entry, target, TARGET);
    store<u8>(entry, sourcePage, SOURCE_PAGE);
    store<u8>(entry, targetPage, TARGET_PAGE);
    store<i32>(VALID_ENTRIES, load<i32>(VALID_ENTRIES) + 1);
    const bit = (1 as u64) << way;
    const sourceUsers = PAGE_USERS + ((sourcePage as usize) << 3);
    store<u64>(sourceUsers, load<u64>(sourceUsers) | bit);
    const targetUsers = PAGE_USERS + ((targetPage as usize) << 3);
    store<u64>(targetUsers, load<u64>(targetUsers) | bit);
    Predictor.touch(way);
  }

  /** A taken branch that was predicted, or a jump, that the BTB does not know: the fetch stage finds it. */
  static found(word: i64, target: i64): i32 {
    Predictor.update(word, target, -1);
    return load<i32>(L.P_FETCH_REDIRECT);
  }

  /** A taken branch that was predicted not taken enters the BTB when it executes. */
  static correct(word: i64, target: i64): i32 {
    const way = Predictor.find(word);
    if (way >= 0 && load<i64>(BTB + (way as usize) * BTB_ENTRY, TARGET) == target) Predictor.touch(way);
    else Predictor.update(word, target, way);
    return load<i32>(L.P_MISPREDICT);
  }

  /** jalr. A return (rs1 is ra or t0, rd is not) is predicted by the stack, everything else by the BTB's target. */
  static jumpRegister(pc: i64, target: i64, link: i64, isCall: bool, isReturn: bool): i32 {
    const word = pc >> 2;
    const way = Predictor.find(word);
    let predicted: i64 = way >= 0 ? load<i64>(BTB + (way as usize) * BTB_ENTRY, TARGET) : -1;
    let bubble = 0;
    if (isReturn) {
      const count = load<u32>(STACK_COUNT);
      if (count) {
        const top = load<u32>(STACK_TOP);
        predicted = load<i64>(STACK + ((top as usize) << 3));
        if (way < 0) bubble = load<i32>(L.P_FETCH_REDIRECT);
        store<u32>(STACK_COUNT, count - 1);
        store<u32>(STACK_TOP, top ? top - 1 : max(load<u32>(L.P_RAS_ENTRIES), 1) - 1);
      }
    }
    if (isCall) Predictor.push(link);
    if (predicted == target) {
      if (way >= 0) Predictor.touch(way);
      else Predictor.update(word, target, -1);
      return bubble;
    }
    Predictor.update(word, target, way);
    return load<i32>(L.P_MISPREDICT);
  }

  static push(address: i64): void {
    const entries = load<u32>(L.P_RAS_ENTRIES);
    if (!entries) return;
    const top = (load<u32>(STACK_TOP) + 1) % entries;
    store<u32>(STACK_TOP, top);
    store<i64>(STACK + ((top as usize) << 3), address);
    store<u32>(STACK_COUNT, min(load<u32>(STACK_COUNT) + 1, entries));
  }
}
