import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commonPrefixLength, TokenList } from './token-list.ts';

describe('TokenList', () => {
  it('does what an array does', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('push' as const), token: fc.nat(9) }),
      fc.record({ kind: fc.constant('append' as const), tokens: fc.array(fc.nat(9), { maxLength: 300 }) }),
      fc.record({ kind: fc.constant('truncate' as const), length: fc.nat(400) }),
      fc.record({ kind: fc.constant('remove' as const), start: fc.nat(50), count: fc.nat(50) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const list = new TokenList(1);
        const model: number[] = [];
        for (const s of steps) {
          if (s.kind === 'push') {
            list.push(s.token);
            model.push(s.token);
          } else if (s.kind === 'append') {
            list.append(s.tokens);
            model.push(...s.tokens);
          } else if (s.kind === 'truncate') {
            list.truncate(s.length);
            model.length = Math.min(model.length, s.length);
          } else if (s.start + s.count <= model.length) {
            list.remove(s.start, s.count);
            model.splice(s.start, s.count);
          }
          expect([...list.view()]).toEqual(model);
        }
        expect(list.length).toBe(model.length);
        expect([...list.view(1, 3)]).toEqual(model.slice(1, 3));
      }),
    );
  });
});

describe('commonPrefixLength', () => {
  it.each([
    [[1, 2, 3], [1, 2, 4], 9, 2],
    [[1, 2, 3], [1, 2, 3], 2, 2],
    [[1, 2], [1, 2, 3], 9, 2],
    [[], [1], 9, 0],
    [[1], [1], -1, 0],
  ])('%j and %j', (a, b, limit, expected) => {
    expect(commonPrefixLength(Int32Array.from(a), Int32Array.from(b), limit)).toBe(expected);
  });
});
