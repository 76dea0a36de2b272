import { beforeEach, describe, expect, it } from 'vitest';
import { KvCache } from './kv-cache.ts';
import { chooseSeat, Slots } from './slots.ts';
import { FakeMemory } from './testdata/fake-memory.ts';
import { makeSequence } from './testdata/fake-sequence.ts';

describe('chooseSeat', () => {
  let cache: KvCache;
  let slots: Slots;
  beforeEach(() => {
    cache = new KvCache(new FakeMemory(), { nSlots: 3, nCells: 100, canCut: true });
    slots = new Slots(3);
  });
  const fill = (idSlot: number, ...ids: number[]) => cache.append(idSlot, Int32Array.from(ids));
  const seat = (...ids: number[]) => chooseSeat(slots, cache, Int32Array.from(ids));
  const use = (idSlot: number) => {
    const sequence = makeSequence(idSlot, [1]);
    slots.sit(idSlot, sequence);
    return sequence;
  };

  it('takes the longest unused slot for something new', () => {
    slots.leave(use(0));
    slots.leave(use(2));
    expect(seat(1, 2)).toEqual({ idSlot: 1, source: 1, nShared: 0 });
    slots.leave(use(1));
    expect(seat(1, 2)).toEqual({ idSlot: 0, source: 0, nShared: 0 });
  });

  it('goes on where most of the cache fits', () => {
    fill(2, 1, 2, 3);
    expect(seat(1, 2, 3, 4)).toEqual({ idSlot: 2, source: 2, nShared: 3 });
    expect(seat(1, 2, 9)).toEqual({ idSlot: 2, source: 2, nShared: 2 });
  });

  it('always leaves the last token to evaluate', () => {
    fill(2, 1, 2, 3);
    expect(seat(1, 2, 3)).toEqual({ idSlot: 2, source: 2, nShared: 2 });
    expect(seat(1)).toEqual({ idSlot: 0, source: 0, nShared: 0 });
  });

  it('shares a short beginning and leaves the long cache alone', () => {
    fill(1, 1, 2, 3, 4, 5, 6);
    expect(seat(1, 2, 9, 9)).toEqual({ idSlot: 0, source: 1, nShared: 2 });
  });

  it('shares from a busy slot', () => {
    use(0);
    fill(0, 1, 2, 3);
    expect(seat(1, 2, 3, 4)).toEqual({ idSlot: 1, source: 0, nShared: 3 });
  });

  it('prefers an idle slot that holds as much', () => {
    use(0);
    fill(0, 1, 2, 3);
    fill(1, 1, 2, 3);
    expect(seat(1, 2, 3, 4)).toEqual({ idSlot: 1, source: 1, nShared: 3 });
  });

  it('finds none when all are taken', () => {
    for (const id of [0, 1, 2]) use(id);
    expect(seat(1)).toBeUndefined();
    expect(slots.nBusy).toBe(3);
    expect(() => use(1)).toThrow();
  });
});
