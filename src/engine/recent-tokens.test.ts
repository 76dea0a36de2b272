import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentTokens } from './recent-tokens.ts';

describe('RecentTokens', () => {
  it('knows the different tokens among the last ones', () => {
    fc.assert(
      fc.property(fc.nat(6), fc.array(fc.nat(4), { maxLength: 40 }), (length, tokens) => {
        const recent = new RecentTokens(length);
        for (const token of tokens) recent.push(token);
        const expected = new Set(length === 0 ? [] : tokens.slice(-length));
        expect(new Set(recent.distinct())).toEqual(expected);
        expect(recent.nDistinct).toBe(expected.size);
      }),
    );
  });
});
