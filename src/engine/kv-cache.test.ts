import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { KvCache } from './kv-cache.ts';
import { FakeMemory } from './testdata/fake-memory.ts';

const tokens = (...ids: number[]) => Int32Array.from(ids);

describe('KvCache', () => {
  let memory: FakeMemory;
  let cache: KvCache;
  beforeEach(() => {
    memory = new FakeMemory();
    cache = new KvCache(memory, { nSlots: 3, nCells: 16, canCut: true });
  });
  const append = (idSlot: number, ...ids: number[]) => {
    memory.add(idSlot, ids, cache.length(idSlot));
    cache.append(idSlot, tokens(...ids));
  };

  it('finds the common beginning of a slot and a prompt', () => {
    append(0, 1, 2, 3);
    expect(cache.reusablePrefix(0, tokens(1, 2, 4), 9)).toBe(2);
    expect(cache.reusablePrefix(0, tokens(1, 2, 3, 4), 9)).toBe(3);
    expect(cache.reusablePrefix(0, tokens(1, 2, 3), 2)).toBe(2);
    expect(cache.reusablePrefix(1, tokens(1), 9)).toBe(0);
  });

  it('shares cells without taking more', () => {
    append(0, 1, 2, 3);
    append(1, 9);
    cache.share(0, 1, 2);
    expect([cache.length(1), cache.nUsed, cache.nOwnCells(0), cache.nOwnCells(1)]).toEqual([2, 3, 1, 0]);
    expect(memory.tokensOf(1)).toEqual([1, 2]);
    append(1, 7);
    cache.truncate(0, 0);
    expect([cache.nUsed, cache.nOwnCells(1)]).toEqual([3, 3]);
    expect(memory.tokensOf(1)).toEqual([1, 2, 7]);
    cache.checkIntegrity();
  });

  it('knows who shares from where on', () => {
    append(0, 1, 2, 3);
    cache.share(0, 1, 2);
    expect(cache.sharersFrom(0, 0)).toEqual([1]);
    expect(cache.sharersFrom(0, 2)).toEqual([]);
  });

  it('drops the middle and remembers that the rest is not exact any more', () => {
    append(0, 1, 2, 3, 4, 5, 6);
    cache.dropMiddle(0, 2, 2);
    expect(memory.tokensOf(0)).toEqual([1, 2, 5, 6]);
    expect([cache.length(0), cache.nUsed]).toEqual([4, 4]);
    append(0, 7);
    expect(cache.reusablePrefix(0, tokens(1, 2, 5, 6, 7, 8), 9)).toBe(2);
    cache.keepExact(0);
    expect(memory.tokensOf(0)).toEqual([1, 2]);
    append(0, 5);
    expect(cache.reusablePrefix(0, tokens(1, 2, 5), 9)).toBe(3);
    cache.checkIntegrity();
  });

  it('clears a slot where nothing can be cut from the end', () => {
    const state = new KvCache(memory, { nSlots: 2, nCells: 16, canCut: false });
    memory.add(0, [1, 2, 3], 0);
    state.append(0, tokens(1, 2, 3));
    expect(state.reusablePrefix(0, tokens(1, 2, 4), 9)).toBe(0);
    expect(state.reusablePrefix(0, tokens(1, 2, 3, 4), 9)).toBe(3);
    expect(() => state.share(0, 1, 2)).toThrow();
    expect(state.truncate(0, 2)).toBe(0);
    expect(state.nUsed).toBe(0);
  });

  it('clears a slot when llama.cpp refuses to cut it', () => {
    append(0, 1, 2, 3);
    memory.refusesCuts = true;
    expect(cache.truncate(0, 2)).toBe(0);
    expect(memory.tokensOf(0)).toEqual([]);
    cache.checkIntegrity();
  });

  it('removes what a failed decode left behind', () => {
    append(0, 1, 2);
    memory.add(0, [3, 4], 2);
    memory.add(1, [5], 0);
    cache.dropUnknown(0);
    cache.dropUnknown(1);
    expect([memory.tokensOf(0), memory.tokensOf(1)]).toEqual([[1, 2], []]);
  });

  it('refuses more tokens than there are cells, and slots that do not exist', () => {
    expect(() => cache.append(0, new Int32Array(17))).toThrow();
    expect(() => cache.length(3)).toThrow(RangeError);
  });

  it('agrees with llama.cpp and with itself whatever happens', () => {
    const idSlot = fc.nat(2);
    const step = fc.oneof(
      fc.record({ kind: fc.constant('append' as const), idSlot, ids: fc.array(fc.nat(2), { maxLength: 4 }) }),
      fc.record({ kind: fc.constant('truncate' as const), idSlot, n: fc.nat(8) }),
      fc.record({ kind: fc.constant('share' as const), idSlot, target: fc.nat(2), n: fc.nat(8) }),
      fc.record({
        kind: fc.constant('drop' as const),
        idSlot,
        keep: fc.nat(4),
        count: fc.integer({ min: 1, max: 4 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        memory = new FakeMemory();
        cache = new KvCache(memory, { nSlots: 3, nCells: 16, canCut: true });
        const model: number[][] = [[], [], []];
        for (const s of steps) {
          const own = model[s.idSlot] ?? [];
          if (s.kind === 'append' && s.ids.length <= cache.nFree) {
            append(s.idSlot, ...s.ids);
            own.push(...s.ids);
          } else if (s.kind === 'truncate') {
            expect(cache.truncate(s.idSlot, s.n)).toBe(Math.min(s.n, own.length));
            own.length = Math.min(own.length, s.n);
          } else if (s.kind === 'share' && s.target !== s.idSlot) {
            const n = cache.reusablePrefix(s.idSlot, Int32Array.from(own), s.n);
            cache.share(s.idSlot, s.target, n);
            model[s.target] = own.slice(0, n);
          } else if (
            s.kind === 'drop' &&
            s.keep + s.count <= own.length &&
            cache.sharersFrom(s.idSlot, s.keep).length === 0
          ) {
            cache.dropMiddle(s.idSlot, s.keep, s.count);
            own.splice(s.keep, s.count);
          }
          cache.checkIntegrity();
          model.forEach((expected, id) => {
            expect(memory.tokensOf(id)).toEqual(expected);
            expect(cache.length(id)).toBe(expected.length);
          });
          expect(cache.nUsed).toBe(memory.nCells);
        }
      }),
    );
  });
});
