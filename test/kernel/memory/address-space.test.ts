import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import { AddressSpace } from '../../../src/kernel/memory/address-space.ts';
import { mapRegion, protectRange, remapRegion, setBreak } from '../../../src/kernel/memory/mapping.ts';
import { SharedPages } from '../../../src/kernel/memory/shared-pages.ts';
import { Limits, RLIMIT_AS, RLIMIT_STACK } from '../../../src/kernel/process/limits.ts';
import { createMemoryKernel, type FakeMachine } from '../fake-machine.ts';

const PAGE = 4096;
const BASE = 0x10_0000;

function anonymous(space: AddressSpace, start: number, pages: number, protection = 3): void {
  expect(space.map({ start, end: start + pages * PAGE, protection })).toBe(0);
}

describe('an address space', () => {
  let kernel: Kernel;
  let fake: FakeMachine;
  let space: AddressSpace;
  let limits: Limits;

  beforeEach(() => {
    ({ kernel, fake } = createMemoryKernel());
    limits = Limits.initial(100);
    space = AddressSpace.create(kernel, limits)!;
  });

  /** Frames in use beyond what empty slabs hold. */
  const used = () => kernel.frames.frameCount - kernel.frames.freeFrames - kernel.slabs.frameCounts().total;

  it('maps the zero page for reads and a frame of its own for writes', () => {
    anonymous(space, BASE, 4);
    expect(space.translate(BASE, 'read')).toBe(kernel.zeroPage);
    expect(space.residentPages).toBe(0);
    const physical = space.translate(BASE + 5, 'write');
    expect(physical % PAGE).toBe(5);
    expect(physical - 5).not.toBe(kernel.zeroPage);
    expect(space.residentPages).toBe(1);
    expect(space.translate(BASE + 7, 'read')).toBe(physical + 2);
  });

  it('says exactly why an access is not possible', () => {
    anonymous(space, BASE, 1, 1);
    anonymous(space, BASE + 2 * PAGE, 1, 0);
    expect(space.handleFault(BASE, 'read')).toBe('handled');
    expect(space.handleFault(BASE, 'write')).toBe('segv-accerr');
    expect(space.handleFault(BASE, 'execute')).toBe('segv-accerr');
    expect(space.handleFault(BASE + PAGE, 'read')).toBe('segv-maperr');
    expect(space.handleFault(BASE + 2 * PAGE, 'read')).toBe('segv-accerr');
    expect(space.translate(-1, 'read')).toBe(0);
    expect(space.translate(2 ** 38, 'read')).toBe(0);
  });

  it('shares pages copy-on-write with a fork and takes a page over when it is alone', () => {
    anonymous(space, BASE, 2);
    space.writeU32(BASE, 1);
    const before = space.translate(BASE, 'read');
    const child = space.fork(limits)!;
    expect(child.translate(BASE, 'read')).toBe(before);
    child.writeU32(BASE, 2);
    expect(space.readU32(BASE)).toBe(1);
    expect(child.readU32(BASE)).toBe(2);
    expect(child.translate(BASE, 'read')).not.toBe(before);
    space.writeU32(BASE, 3);
    expect(space.translate(BASE, 'read')).toBe(before);
    child.release();
  });

  it('keeps shared anonymous memory shared over fork', () => {
    const pages = new SharedPages(2);
    expect(space.map({ start: BASE, end: BASE + 2 * PAGE, protection: 3, shared: true, pages })).toBe(0);
    pages.release(kernel);
    const child = space.fork(limits)!;
    child.writeU32(BASE + PAGE, 77);
    expect(space.readU32(BASE + PAGE)).toBe(77);
    child.release();
    expect(space.readU32(BASE + PAGE)).toBe(77);
  });

  it('raises a bus error past the end of an object', () => {
    const pages = new SharedPages(1);
    space.map({ start: BASE, end: BASE + 2 * PAGE, protection: 3, shared: true, pages });
    pages.release(kernel);
    expect(space.handleFault(BASE + PAGE, 'read')).toBe('bus');
  });

  it('grows a stack down to its limit and keeps the guard gap', () => {
    const top = BASE + 0x100_0000;
    space.map({ start: top - PAGE, end: top, protection: 3, growsDown: true });
    expect(space.handleFault(top - 5 * PAGE, 'write')).toBe('handled');
    limits.set(RLIMIT_STACK, { soft: 16 * PAGE, hard: Infinity });
    expect(space.handleFault(top - 16 * PAGE, 'write')).toBe('handled');
    expect(space.handleFault(top - 16 * PAGE - 1, 'write')).toBe('segv-maperr');
    limits.set(RLIMIT_STACK, { soft: Infinity, hard: Infinity });
    anonymous(space, top - 400 * PAGE, 1);
    expect(space.handleFault(top - 200 * PAGE, 'write')).toBe('segv-maperr');
    expect(space.handleFault(top - 143 * PAGE, 'write')).toBe('handled');
  });

  it('honours RLIMIT_AS', () => {
    limits.set(RLIMIT_AS, { soft: 10 * PAGE, hard: Infinity });
    const request = {
      address: 0,
      protection: 3,
      shared: false,
      file: null,
      pages: null,
      offset: 0,
      fixed: false,
      noReplace: false,
      growsDown: false,
      locked: false,
      noReserve: false,
      mayWrite: true,
    };
    expect(mapRegion(kernel, space, { ...request, bytes: 8 * PAGE })).toBeGreaterThan(0);
    expect(mapRegion(kernel, space, { ...request, bytes: 4 * PAGE })).toBe(-12);
  });

  it('moves the break and gives back what lies above it', () => {
    space.heapStart = BASE;
    space.heapEnd = BASE;
    const before = used();
    expect(setBreak(kernel, space, BASE + 100)).toBe(BASE + 100);
    expect(setBreak(kernel, space, BASE + 10 * PAGE)).toBe(BASE + 10 * PAGE);
    space.writeU32(BASE + 9 * PAGE, 5);
    expect([...space.regions].length).toBe(1);
    expect(setBreak(kernel, space, BASE)).toBe(BASE);
    expect(used()).toBe(before);
    anonymous(space, BASE + 4 * PAGE, 1);
    expect(setBreak(kernel, space, BASE + 8 * PAGE)).toBe(BASE);
  });

  it('splits and joins regions as protections change', () => {
    anonymous(space, BASE, 10);
    space.writeU32(BASE + 4 * PAGE, 9);
    expect(protectRange(kernel, space, BASE + 3 * PAGE, BASE + 6 * PAGE, 0)).toBe(0);
    expect(space.regions.count).toBe(3);
    expect(space.readU32(BASE + 4 * PAGE)).toBe(null);
    expect(protectRange(kernel, space, BASE + 3 * PAGE, BASE + 6 * PAGE, 3)).toBe(0);
    expect(space.regions.count).toBe(1);
    expect(space.readU32(BASE + 4 * PAGE)).toBe(9);
    expect(protectRange(kernel, space, BASE + 9 * PAGE, BASE + 11 * PAGE, 1)).toBe(-12);
    expect(space.handleFault(BASE + 9 * PAGE, 'write')).toBe('segv-accerr');
  });

  it('moves pages with mremap', () => {
    anonymous(space, BASE, 2);
    anonymous(space, BASE + 2 * PAGE, 1, 1);
    space.writeU32(BASE + PAGE, 42);
    const request = { start: BASE, oldBytes: 2 * PAGE, newBytes: 4 * PAGE, target: null, keepOld: false };
    expect(remapRegion(kernel, space, { ...request, mayMove: false })).toBe(-12);
    const moved = remapRegion(kernel, space, { ...request, mayMove: true });
    expect(moved).toBeGreaterThan(BASE);
    expect(space.readU32(moved + PAGE)).toBe(42);
    expect(space.readU32(BASE + PAGE)).toBe(null);
    expect(space.readU32(moved + 3 * PAGE)).toBe(0);
  });

  it('flushes the TLB only while it is the active one, page by page for small ranges', () => {
    anonymous(space, BASE, 100);
    space.writeU32(BASE, 1);
    expect(fake.charged.flushes).toEqual([]);
    kernel.activeSpace = space;
    space.writeU32(BASE + PAGE, 1);
    expect(fake.charged.flushes).toEqual([`address 0 ${BASE + PAGE}`]);
    space.discard(BASE, BASE + 100 * PAGE);
    expect(fake.charged.flushes.at(-1)).toBe('all 0 0');
  });

  it('behaves as a model of bytes under random operations and leaks no frame', () => {
    const operation = fc.oneof(
      fc.record({
        kind: fc.constant('map'),
        page: fc.nat(30),
        pages: fc.integer({ min: 1, max: 8 }),
        protection: fc.constantFrom(1, 3, 3, 3, 0),
      }),
      fc.record({ kind: fc.constant('unmap'), page: fc.nat(30), pages: fc.integer({ min: 1, max: 8 }) }),
      fc.record({
        kind: fc.constant('protect'),
        page: fc.nat(30),
        pages: fc.integer({ min: 1, max: 8 }),
        protection: fc.constantFrom(0, 1, 3),
      }),
      fc.record({ kind: fc.constant('write'), page: fc.nat(38), value: fc.integer({ min: 1, max: 1e9 }) }),
      fc.record({ kind: fc.constant('discard'), page: fc.nat(30), pages: fc.integer({ min: 1, max: 8 }) }),
      fc.record({ kind: fc.constant('fork') }),
      fc.record({ kind: fc.constant('switch') }),
    );
    const spaceBaseline = () => kernel.frames.frameCount - kernel.frames.freeFrames;
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        kernel.slabs.shrink();
        const baseline = spaceBaseline();
        type Model = Map<number, { protection: number; value: number }>;
        let current = AddressSpace.create(kernel, limits)!;
        let model: Model = new Map();
        const others: { space: AddressSpace; model: Model }[] = [];
        const check = (subject: AddressSpace, expected: Model) => {
          for (let page = 0; page < 40; page += 1) {
            const entry = expected.get(page);
            const readable = entry !== undefined && entry.protection !== 0;
            expect(subject.readU32(BASE + page * PAGE)).toBe(readable ? entry.value : null);
          }
        };
        for (const step of operations as unknown as readonly {
          kind: string;
          page: number;
          pages: number;
          protection: number;
          value: number;
        }[]) {
          const start = BASE + step.page * PAGE;
          const end = start + step.pages * PAGE;
          const range = Array.from({ length: step.pages ?? 0 }, (_, index) => step.page + index);
          if (step.kind === 'map') {
            current.map({ start, end, protection: step.protection });
            for (const page of range) model.set(page, { protection: step.protection, value: 0 });
          } else if (step.kind === 'unmap') {
            current.unmap(start, end);
            for (const page of range) model.delete(page);
          } else if (step.kind === 'discard') {
            current.discard(start, end);
            for (const page of range) if (model.has(page)) model.get(page)!.value = 0;
          } else if (step.kind === 'protect') {
            const result = protectRange(kernel, current, start, end, step.protection);
            for (const page of range) {
              const entry = model.get(page);
              if (entry === undefined) {
                expect(result).toBe(-12);
                break;
              }
              entry.protection = step.protection;
            }
          } else if (step.kind === 'write') {
            const entry = model.get(step.page);
            const allowed = entry !== undefined && (entry.protection & 2) !== 0;
            expect(current.writeU32(start, step.value)).toBe(allowed);
            if (allowed) entry.value = step.value;
          } else if (step.kind === 'fork') {
            if (others.length > 3) continue;
            others.push({
              space: current.fork(limits)!,
              model: new Map([...model].map(([page, entry]) => [page, { ...entry }])),
            });
          } else if (others.length > 0) {
            const other = others.shift()!;
            others.push({ space: current, model });
            current = other.space;
            model = other.model;
          }
        }
        check(current, model);
        for (const other of others) check(other.space, other.model);
        for (const other of [...others, { space: current }]) {
          let previous = 0;
          for (const region of other.space.regions) {
            expect(region.start).toBeGreaterThanOrEqual(previous);
            expect(region.end).toBeGreaterThan(region.start);
            previous = region.end;
          }
          other.space.release();
        }
        kernel.slabs.shrink();
        expect(spaceBaseline()).toBe(baseline);
      }),
      { numRuns: 300 },
    );
  });

  it('gives everything back at the end', () => {
    space.release();
    kernel.slabs.shrink();
    const before = kernel.frames.freeFrames;
    const again = AddressSpace.create(kernel, limits)!;
    anonymous(again, BASE, 300);
    anonymous(again, BASE + 0x4000_0000, 300);
    for (let page = 0; page < 300; page += 7) again.writeU32(BASE + page * PAGE, page);
    again.writeU32(BASE + 0x4000_0000, 1);
    expect(again.tables.tables).toBe(5); // pages 256 … 555 lie in two leaf tables, the far page in one, each below a middle one
    const child = again.fork(limits)!;
    again.release();
    expect(child.readU32(BASE + 7 * PAGE)).toBe(7);
    child.release();
    kernel.slabs.shrink();
    expect(kernel.frames.freeFrames).toBe(before);
    expect(kernel.addressSpaces.size).toBe(0);
  });
});

describe('address space identifiers', () => {
  it('start over with a flush of everything when they are used up', () => {
    const { kernel, fake } = createMemoryKernel({ preset: 'c906' });
    const bits = kernel.asids.bits;
    expect(bits).toBeGreaterThan(0);
    const space = AddressSpace.create(kernel, Limits.initial(10))!;
    const first = space.translation.asid();
    for (let count = 0; count < 2 ** bits; count += 1) kernel.asids.allocate(kernel);
    expect(fake.charged.flushes).toEqual(['all 0 0']);
    expect(space.translation.asid()).not.toBe(first);
  });
});
