import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tool } from '../types/message.ts';
import { type AnswerFormat, createAnswerParser } from './answer-parser.ts';
import type { OutputPiece } from './types.ts';

const tools: readonly Tool[] = [
  { type: 'function', function: { name: 'now', parameters: { type: 'object', properties: {} } } },
];

const plain: AnswerFormat = {
  thinkingTags: undefined,
  start: 'free',
  layout: undefined,
  toolCallFormat: undefined,
  tools,
};
const formats = {
  harmony: { ...plain, layout: { kind: 'messages', open: '<|channel|>final<|message|>' } },
  functionary: { ...plain, layout: { kind: 'recipients', open: 'all\n' } },
  marks: {
    ...plain,
    thinkingTags: { open: '<think>', close: '</think>' },
    layout: { kind: 'marks', open: '<answer>', closes: ['</answer>', '</message>'] },
  },
} satisfies Record<string, AnswerFormat>;

interface Parsed {
  readonly thinking?: string;
  readonly content?: string;
  readonly calls?: readonly unknown[];
}

function parse(format: AnswerFormat, chunks: readonly string[]): Parsed {
  const parser = createAnswerParser(format);
  const pieces: OutputPiece[] = [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()];
  const textOf = (type: string): string =>
    pieces.map((piece) => (piece.type === type && 'text' in piece ? piece.text : '')).join('');
  return {
    thinking: textOf('thinking'),
    content: textOf('content'),
    calls: pieces.flatMap((piece) => (piece.type === 'toolCall' ? [[piece.name, piece.arguments]] : [])),
  };
}

const call = '{"zone": "<|end|> } \\" {"}';
const called = [['now', { zone: '<|end|> } " {' }]];

const cases: [keyof typeof formats, string, Parsed][] = [
  ['harmony', '<|channel|>final<|message|>Hi', { content: 'Hi' }],
  [
    'harmony',
    '<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Hi<|return|>',
    { thinking: 'Hm.', content: 'Hi' },
  ],
  [
    'harmony',
    `<|channel|>commentary<|message|>Let me see. <|end|><|start|>assistant<|channel|>commentary to=functions.now <|constrain|>json<|message|>${call}<|call|>`,
    { content: 'Let me see. ', calls: called },
  ],
  ['harmony', ` to=functions.now<|channel|>commentary json<|message|>${call}`, { calls: called }],
  ['harmony', ' to=functions.now<|message|>{"zone": ', { content: '{"zone": ' }],
  [
    'harmony',
    ' to=self<|message|>Hm.<|eom|><|start|>assistant to=user<|message|>Hi<|eot|>',
    { thinking: 'Hm.', content: 'Hi' },
  ],
  ['harmony', 'No header <|at all', { content: 'No header <|at all' }],
  ['harmony', 'to be', { content: 'to be' }],
  ['harmony', '<|channel|>final<|message|>a<|start|>assistant', { content: 'a' }],
  ['functionary', 'all\n>>> 1 + 1', { content: '>>> 1 + 1' }],
  ['functionary', `all\nSee:>>>now\n${call}>>>now\n{}`, { content: 'See:', calls: [...called, ['now', {}]] }],
  ['functionary', `now\n${call}`, { calls: called }],
  ['functionary', 'Nowhere', { content: 'Nowhere' }],
  ['functionary', 'allways\n', { content: 'allways\n' }],
  ['marks', '<think>Hm.</think>\n<answer>Hi</answer></message>', { thinking: 'Hm.', content: 'Hi' }],
  ['marks', '</think><answer>Hi </ans', { content: 'Hi </ans' }],
  ['marks', 'Hi</answer>', { content: 'Hi</answer>' }],
];

describe('answer parser', () => {
  it.each(cases)('%s: takes %j apart', (name, text, expected) => {
    const whole = { thinking: '', content: '', calls: [], ...expected };
    expect(parse(formats[name], [text])).toEqual(whole);
    expect(parse(formats[name], [...text])).toEqual(whole);
  });

  it('gives text of a message out as it comes', () => {
    const parser = createAnswerParser(formats.harmony);
    expect(parser.push('<|channel|>analysis<|message|>one <|e')).toEqual([
      { type: 'thinking', text: 'one ' },
    ]);
    expect(parser.push('nd')).toEqual([]);
    expect(parser.push('less')).toEqual([{ type: 'thinking', text: '<|endless' }]);
  });

  it('does not depend on how the text is cut', () => {
    const part = fc.constantFrom(
      ...[
        '<|start|>',
        '<|channel|>',
        'final',
        'analysis',
        '<|message|>',
        '<|end|>',
        '<|call|>',
        ' to=functions.now',
      ],
      ...[
        '>>>',
        'all\n',
        'now\n',
        '{',
        '}',
        '"',
        'a',
        ' ',
        '\n',
        '<',
        '<answer>',
        '</answer>',
        '<think>',
        '</think>',
      ],
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 12 }),
        fc.constantFrom(...Object.values(formats)),
        (parts, format) => {
          const text = parts.join('');
          expect(parse(format, [...text])).toEqual(parse(format, [text]));
        },
      ),
    );
  });
});
