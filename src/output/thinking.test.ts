import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createThinkingParser } from './thinking.ts';
import type { OutputPiece } from './types.ts';

const tags = { open: '<think>', close: '</think>' };

function parse(pieces: readonly string[], isOpen = false): { thinking: string; content: string } {
  const parser = createThinkingParser(tags, isOpen ? 'thought' : 'free');
  const out: OutputPiece[] = [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()];
  const join = (type: string): string =>
    out.map((p) => (p.type === type && 'text' in p ? p.text : '')).join('');
  return { thinking: join('thinking'), content: join('content') };
}

const cases: [string, boolean, { thinking: string; content: string }][] = [
  ['<think>a</think>b', false, { thinking: 'a', content: 'b' }],
  [
    ' \n<think>\na b\n</think>\n\nc <think>d</think>',
    false,
    { thinking: 'a b', content: 'c <think>d</think>' },
  ],
  ['a</think>b', true, { thinking: 'a', content: 'b' }],
  ['\n</think>\n\nb', true, { thinking: '', content: 'b' }],
  ['  hello', false, { thinking: '', content: '  hello' }],
  ['<thin air', false, { thinking: '', content: '<thin air' }],
  ['<think>never closed </thi', false, { thinking: 'never closed </thi', content: '' }],
  ['<think>', false, { thinking: '', content: '' }],
  ['<thi', false, { thinking: '', content: '<thi' }],
  ['', false, { thinking: '', content: '' }],
];

describe('thinking parser', () => {
  it.each(cases)('takes %j apart (pre-opened: %s)', (text, isOpen, expected) => {
    expect(parse([text], isOpen)).toEqual(expected);
    expect(parse([...text], isOpen)).toEqual(expected);
  });

  it('gives a thought out while it is being thought', () => {
    const parser = createThinkingParser(tags, 'free');
    expect(parser.push('<think>one')).toEqual([{ type: 'thinking', text: 'one' }]);
    expect(parser.push(' two </th')).toEqual([{ type: 'thinking', text: ' two' }]);
    expect(parser.push('rough')).toEqual([{ type: 'thinking', text: ' </through' }]);
  });

  it('does not depend on how the text is cut', () => {
    const part = fc.constantFrom('<think>', '</think>', '<', '/', 'think>', ' ', '\n', 'a', 'bc');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), fc.boolean(), (parts, isOpen) => {
        expect(parse([...parts.join('')], isOpen)).toEqual(parse([parts.join('')], isOpen));
      }),
    );
  });
});
