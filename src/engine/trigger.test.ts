import { describe, expect, it } from 'vitest';
import type { GrammarTrigger } from '../protocol/messages.ts';
import type { QuietSpan } from '../types/quiet-span.ts';
import { TriggerMatcher } from './trigger.ts';

/** Feeds pieces; the text that the grammar starts with and the piece that woke it. */
function run(triggers: readonly GrammarTrigger[], pieces: readonly string[], quiet?: QuietSpan) {
  const matcher = new TriggerMatcher(triggers, quiet);
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

  const thought: QuietSpan = { opens: ['<think>'], closes: ['</think>'], isLeading: true };
  const opened = { ...thought, isOpen: true };
  const messages: QuietSpan = { opens: ['<|message|>'], closes: ['<|end|>', '<|start|>'] };
  const quietCases: [string, QuietSpan, string, string | undefined][] = [
    ['in a thought', thought, '\n<think>I could <call> now', undefined],
    ['in a thought that the prompt has opened', opened, 'I could <call> now', undefined],
    ['behind a thought', thought, '<think>maybe <call>?</think>\n\n<call>x', '<call>x'],
    ['behind an opened thought', opened, 'maybe <call>?</think>Yes. <call>x', '<call>x'],
    ['without a thought', thought, 'Well: <call>x', '<call>x'],
    ['at once', thought, '<call>x', '<call>x'],
    ['behind what began like a thought', thought, '<thing> <call>x', '<call>x'],
    ['behind a thought that is none, since it does not come first', thought, 'a <think> <call>x', '<call>x'],
    ['in the body of a message', messages, 'final<|message|>write <call>x', undefined],
    [
      'in the header of a later message',
      messages,
      'a<|message|>no <call><|end|><|start|>b <call>x',
      '<call>x',
    ],
    ['in the body of a later message', messages, 'a<|message|>b<|end|>c<|message|><call>x', undefined],
  ];
  it.each(quietCases)('%s', (_, quiet, text, expected) => {
    for (const pieces of [[...text], text.match(/.{1,5}/gs) ?? [], [text]]) {
      const found = run(including('<call>'), pieces, quiet);
      const rest = found && found.constrained + pieces.slice(found.piece + 1).join('');
      expect(rest).toBe(expected);
    }
  });

  const atStart = [{ text: '{"name": "add"', include: true, atStart: true }];
  it.each<[string, string, QuietSpan | undefined, boolean]>([
    ['first', '{"name": "add", ', undefined, true],
    ['behind white space', '\n {"name": "add", ', undefined, true],
    ['behind a thought', '<think>x</think>\n{"name": "add", ', thought, true],
    ['behind a thought that is closed only', '</think>\n{"name": "add", ', thought, true],
    ['behind text', 'So: {"name": "add", ', undefined, false],
    ['behind itself', '{"{"name": "add", ', undefined, false],
    ['behind text behind a thought', '<think>x</think>a{"name": "add", ', thought, false],
  ])('a string that counts at the start only: %s', (_, text, quiet, isWoken) => {
    for (const pieces of [[...text], text.match(/.{1,5}/gs) ?? [], [text]])
      expect(run(atStart, pieces, quiet) !== undefined).toBe(isWoken);
  });
});
