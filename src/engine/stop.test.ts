import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopMatcher } from './stop.ts';

/** Feeds the pieces; the text before the stop, or all of it. */
function run(stops: readonly string[], pieces: readonly string[]): { text: string; isStopped: boolean } {
  const matcher = new StopMatcher(stops);
  let text = '';
  for (const piece of pieces) {
    const result = matcher.add(piece);
    text += result.text;
    if (result.isStopped) return { text, isStopped: true };
  }
  return { text: text + matcher.end(), isStopped: false };
}

const cases: { stops: string[]; text: string; expected: string; isStopped: boolean }[] = [
  { stops: [], text: 'abc', expected: 'abc', isStopped: false },
  { stops: ['x'], text: 'abc', expected: 'abc', isStopped: false },
  { stops: ['b'], text: 'abc', expected: 'a', isStopped: true },
  { stops: ['abc'], text: 'abc', expected: '', isStopped: true },
  { stops: ['aab'], text: 'aaab', expected: 'a', isStopped: true },
  { stops: ['abcd'], text: 'abc', expected: 'abc', isStopped: false },
  { stops: ['cd', 'bc'], text: 'abcd', expected: 'a', isStopped: true },
  { stops: ['bc', 'abcd'], text: 'abcd', expected: 'a', isStopped: true },
  { stops: ['c', 'bc', 'abc'], text: 'xabc', expected: 'x', isStopped: true },
  { stops: ['', 'c'], text: 'abc', expected: 'ab', isStopped: true },
  { stops: ['</s>', '<|end|>'], text: 'hi <|end| <|end|> more', expected: 'hi <|end| ', isStopped: true },
  { stops: ['\n\n'], text: 'a\nb\n\nc', expected: 'a\nb', isStopped: true },
  { stops: ['👍'], text: 'ok 👍', expected: 'ok ', isStopped: true },
];

describe('StopMatcher', () => {
  it.each(cases)(
    '$text with $stops, whole and one unit at a time',
    ({ stops, text, expected, isStopped }) => {
      expect(run(stops, [text])).toEqual({ text: expected, isStopped });
      expect(run(stops, text.split(''))).toEqual({ text: expected, isStopped });
    },
  );

  it('holds back no more than what could become a stop string', () => {
    const matcher = new StopMatcher(['END', 'EN?']);
    expect(matcher.add('the E')).toEqual({ text: 'the ', isStopped: false });
    expect(matcher.add('N')).toEqual({ text: '', isStopped: false });
    expect(matcher.add('T')).toEqual({ text: 'ENT', isStopped: false });
  });

  it('gives the same however the text is cut', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 });
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 3 }), {
          maxLength: 3,
        }),
        fc.array(letters, { maxLength: 8 }),
        (stops, pieces) => {
          expect(run(stops, pieces)).toEqual(run(stops, pieces.join('').split('')));
        },
      ),
    );
  });
});
