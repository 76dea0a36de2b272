import { describe, expect, it } from 'vitest';
import { TriggerMatcher } from './trigger.ts';

/** Feeds pieces; the text that the grammar starts with and the piece that woke it. */
function run(triggers: { text: string; include: boolean }[], pieces: string[]) {
  const matcher = new TriggerMatcher(triggers);
  for (const [i, piece] of pieces.entries()) {
    const bytes = Buffer.from(piece, 'utf8');
    const match = matcher.peek(bytes);
    if (match !== undefined)
      return { piece: i, constrained: Buffer.from(match.constrained, 'latin1').toString('utf8') };
    matcher.add(bytes);
  }
  return undefined;
}

const woken = (text: string) => [{ text, include: false }];
const including = (text: string) => [{ text, include: true }];

describe('TriggerMatcher', () => {
  it.each([
    ['a string in one piece', woken('<call>'), ['a <call>'], { piece: 0, constrained: '' }],
    ['text beyond the string', woken('<call>'), ['a <call>{'], { piece: 0, constrained: '{' }],
    ['a string over three pieces', woken('<call>'), ['a <', 'cal', 'l>x'], { piece: 2, constrained: 'x' }],
    ['the string itself', including('<call>'), ['a <', 'cal', 'l>x'], { piece: 2, constrained: '<call>x' }],
    ['a false start', woken('aab'), ['a', 'a', 'a', 'b'], { piece: 3, constrained: '' }],
    ['no string', woken('<call>'), ['<cal', '>'], undefined],
    ['the earlier of two', [...woken('b'), ...including('a')], ['xab'], { piece: 0, constrained: 'ab' }],
    [
      'the first given of two at one place',
      [...woken('ab'), ...including('a')],
      ['xab'],
      { piece: 0, constrained: '' },
    ],
    ['other scripts', woken('→é'), ['x→', 'éy'], { piece: 1, constrained: 'y' }],
    ['an empty string, which is none', woken(''), ['x'], undefined],
    ['no triggers', [], ['x'], undefined],
  ])('%s', (_, triggers, pieces, expected) => {
    expect(run(triggers, pieces)).toEqual(expected);
  });

  it('does not take what it only peeks at', () => {
    const matcher = new TriggerMatcher(woken('ab'));
    matcher.peek(Buffer.from('a'));
    expect(matcher.peek(Buffer.from('b'))).toBeUndefined();
  });
});
