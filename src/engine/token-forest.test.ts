import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenForest } from './token-forest.ts';

describe('TokenForest', () => {
  it('puts each token below the longest that it begins with', () => {
    const forest = new TokenForest(['a', 'abc', 'b', 'ab', undefined, 'abcd', 'x', 'abd', '']);
    expect([...forest.roots]).toEqual([0, 2, 6]);
    expect([...forest.childrenOf(0)]).toEqual([3]);
    expect([...forest.childrenOf(3)]).toEqual([1, 7]);
    expect([...forest.childrenOf(1)]).toEqual([5]);
    expect([...forest.childrenOf(2)]).toEqual([]);
  });

  it('has every token once, and pruning below refused ones loses none that a prefix-closed rule allows', () => {
    const piece = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 4 });
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 5 }),
        (pieces, text) => {
          const forest = new TokenForest(pieces);
          const allowed: number[] = [];
          let nSeen = 0;
          const visit = (token: number) => {
            nSeen++;
            if (!text.startsWith(pieces[token]!)) return;
            allowed.push(token);
            forest.childrenOf(token).forEach(visit);
          };
          forest.roots.forEach(visit);
          const expected = [...pieces.keys()].filter(
            (token) => pieces[token] !== '' && text.startsWith(pieces[token]!),
          );
          expect(allowed.sort((a, b) => a - b)).toEqual(expected);
          expect(nSeen).toBeLessThanOrEqual(pieces.length);
        },
      ),
    );
  });
});
