import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tool } from '../types/message.ts';
import type { ToolCallFormat } from '../types/tool-call-format.ts';
import { createToolCallParser } from './tool-calls.ts';
import type { OutputPiece } from './types.ts';

const tool = (name: string, properties: Record<string, { type: string }>): Tool => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties } },
});
const tools = [tool('weather', { city: { type: 'string' }, days: { type: 'integer' } }), tool('now', {})];

const list = ['[', ']', ','];
const formats = {
  hermes: {
    kind: 'json',
    blockOpen: '<tool_call>',
    fillers: ['</tool_call>', ...list],
    nameKey: 'name',
    argumentsKey: 'arguments',
  },
  mistral: {
    kind: 'json',
    blockOpen: '[TOOL_CALLS]',
    fillers: list,
    nameKey: 'name',
    argumentsKey: 'arguments',
  },
  bare: {
    kind: 'json',
    blockOpen: '',
    fillers: list,
    nameKey: 'name',
    argumentsKey: 'parameters',
  },
  functionTag: { kind: 'named', blockOpen: '', beforeName: '<function=', fillers: ['</function>', ...list] },
  harmony: { kind: 'named', blockOpen: '', beforeName: 'to=functions.', fillers: ['<|call|>'] },
  coder: {
    kind: 'tagged',
    blockOpen: '',
    beforeName: '<tool_call>\n<function=',
    afterName: '>',
    beforeKey: '<parameter=',
    afterKey: '>',
    afterValue: '</parameter>',
    callClose: '</function>',
    fillers: ['</tool_call>', ...list],
  },
  python: { kind: 'python', blockOpen: '<|start|>', fillers: ['<|end|>', ...list] },
  barePython: { kind: 'python', blockOpen: '', fillers: list },
} satisfies Record<string, ToolCallFormat>;

interface Parsed {
  readonly content: string;
  readonly calls: readonly unknown[];
}

function parse(format: ToolCallFormat, pieces: readonly string[]): Parsed {
  const parser = createToolCallParser(format, tools);
  const out: OutputPiece[] = [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()];
  return {
    content: out.map((piece) => (piece.type === 'content' ? piece.text : '')).join(''),
    calls: out.flatMap((piece) => (piece.type === 'toolCall' ? [[piece.name, piece.arguments]] : [])),
  };
}

const leeds = ['weather', { city: 'Leeds', days: 2 }];
const json = '{"name": "weather", "arguments": {"city": "Leeds", "days": 2}}';

const cases: [keyof typeof formats, string, Parsed][] = [
  ['hermes', `<tool_call>\n${json}\n</tool_call>`, { content: '', calls: [leeds] }],
  [
    'hermes',
    `Let me see.\n<tool_call>\n${json}\n</tool_call>\n<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>`,
    { content: 'Let me see.', calls: [leeds, ['now', {}]] },
  ],
  ['hermes', `<tool_call>${json}</tool_call> done`, { content: 'done', calls: [leeds] }],
  [
    'hermes',
    `<tool_call>[${json}, {"name":"now"}]</tool_call>`,
    { content: '', calls: [leeds, ['now', {}]] },
  ],
  [
    'hermes',
    '<tool_call>\n{"name": "weather", "argu',
    { content: '<tool_call>\n{"name": "weather", "argu', calls: [] },
  ],
  ['hermes', '<tool_call> not json', { content: '<tool_call> not json', calls: [] }],
  ['hermes', 'a < b <tool', { content: 'a < b <tool', calls: [] }],
  [
    'hermes',
    '<tool_call>{"name": 1}</tool_call>',
    { content: '<tool_call>{"name": 1}</tool_call>', calls: [] },
  ],
  [
    'mistral',
    `[TOOL_CALLS][${json}, {"name": "now", "arguments": {}}]`,
    { content: '', calls: [leeds, ['now', {}]] },
  ],
  ['mistral', 'see [1] and [2]', { content: 'see [1] and [2]', calls: [] }],
  [
    'bare',
    '{"name": "weather", "parameters": {"city": "Leeds", "days": 2}}',
    { content: '', calls: [leeds] },
  ],
  ['bare', '{"name": "Bob", "age": 3}', { content: '{"name": "Bob", "age": 3}', calls: [] }],
  ['bare', 'I think {"name": "now"}', { content: 'I think {"name": "now"}', calls: [] }],
  [
    'functionTag',
    '<function=weather>{"city": "Leeds", "days": 2}</function>',
    { content: '', calls: [leeds] },
  ],
  ['functionTag', '<function=>{}</function>', { content: '<function=>{}</function>', calls: [] }],
  [
    'harmony',
    ' to=functions.weather<|channel|>commentary <|constrain|>json<|message|>{"city": "Leeds", "days": 2}',
    { content: '', calls: [leeds] },
  ],
  [
    'coder',
    '<tool_call>\n<function=weather>\n<parameter=city>\nLeeds\n</parameter>\n<parameter=days>\n2\n</parameter>\n</function>\n</tool_call>',
    { content: '', calls: [leeds] },
  ],
  ['coder', '<tool_call>\n<function=now>\n</function>\n</tool_call>', { content: '', calls: [['now', {}]] }],
  [
    'python',
    "<|start|>[weather(city='Leeds', days=2), now()]<|end|>",
    { content: '', calls: [leeds, ['now', {}]] },
  ],
  ['barePython', '[weather(city="Leeds", days=2)]', { content: '', calls: [leeds] }],
  ['barePython', 'Leeds (a city) is wet', { content: 'Leeds (a city) is wet', calls: [] }],
];

describe('tool call parser', () => {
  it.each(cases)('%s: reads %j', (name, text, expected) => {
    expect(parse(formats[name], [text])).toEqual(expected);
    expect(parse(formats[name], [...text])).toEqual(expected);
  });

  it('gives out a call as soon as it is complete, and text at once', () => {
    const parser = createToolCallParser(formats.hermes, tools);
    expect(parser.push('Let me')).toEqual([{ type: 'content', text: 'Let me' }]);
    expect(parser.push(' see <tool')).toEqual([{ type: 'content', text: ' see' }]);
    expect(parser.push(`_call>${json.slice(0, -1)}`)).toEqual([]);
    expect(parser.push('}')).toMatchObject([{ type: 'toolCall', name: 'weather' }]);
  });

  it('loses nothing but white space and call marks, however the text is cut', () => {
    const part = fc.constantFrom(
      '<tool_call>',
      '</tool_call>',
      json,
      '{',
      '}',
      '[',
      ',',
      ' ',
      '\n',
      'a',
      '<',
      '"',
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 10 }),
        fc.constantFrom(...Object.values(formats)),
        (parts, format) => {
          const text = parts.join('');
          const whole = parse(format, [text]);
          expect(parse(format, [...text])).toEqual(whole);
          const visible = (value: string): string => value.replaceAll(/\s/g, '');
          if (whole.calls.length === 0) expect(visible(whole.content)).toBe(visible(text));
        },
      ),
    );
  });
});
