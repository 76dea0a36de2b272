import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../types/json.ts';
import type { Tool } from '../types/message.ts';
import type { ToolCallFormat } from '../types/tool-call-format.ts';
import { matches, parseGbnf } from './testdata/gbnf.ts';
import { toolCallGrammar } from './tool-calls.ts';

const tool = (name: string, parameters: JsonObject): Tool => ({
  type: 'function',
  function: { name, parameters },
});
const tools = [
  tool('weather', {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer' }, unit: { enum: ['C', 'F'] } },
    required: ['city'],
  }),
  tool('now', { type: 'object', properties: null }),
];

const formats = {
  json: {
    kind: 'json',
    blockOpen: '<call>',
    fillers: ['</call>'],
    nameKey: 'name',
    argumentsKey: 'arguments',
    isExact: true,
  },
  named: { kind: 'named', blockOpen: '', beforeName: '<function=', fillers: ['</function>'] },
  block: { kind: 'named', blockOpen: '<calls>', beforeName: '<one>', fillers: [] },
  tagged: {
    kind: 'tagged',
    blockOpen: '',
    beforeName: '<tool_call>\n<function=',
    afterName: '>',
    beforeKey: '<parameter=',
    afterKey: '>',
    afterValue: '</parameter>',
    callClose: '</function>',
    fillers: ['</tool_call>'],
  },
} satisfies Record<string, ToolCallFormat>;

const cases: [keyof typeof formats, string, boolean][] = [
  ['json', '<call>\n{"name": "weather", "arguments": {"city": "Leeds", "days": 2}}\n</call>', true],
  ['json', '<call>{"name":"now","arguments":{}}</call>\n<call>{"name":"now","arguments":{}}</call> ok', true],
  ['json', '<call>{"name":"never","arguments":{}}', false],
  ['json', '<call>{"name":"weather","arguments":{"days":2}}', false],
  ['json', '<call>{"name":"weather","arguments":{"city":"a","days":"x"}}', false],
  ['named', '<function=weather>{"city":"a"}</function>', true],
  ['named', '<function=weather>{"city":"a"}</function><function=now>{}</function>', true],
  ['named', '<function=weather>{"city":3}</function>', false],
  ['named', '<function=weather>{"city":"a"}<function=never>{}', false],
  ['block', '<calls>\n<one>now:0 {}\n<one>weather {"city":"x"}</calls>', true],
  ['block', '<calls><one>never {}', false],
  [
    'tagged',
    '<tool_call>\n<function=weather>\n<parameter=city>\nNew <York>\n</parameter>\n<parameter=days>\n2\n</parameter>\n</function>\n</tool_call>',
    true,
  ],
  ['tagged', '<tool_call>\n<function=now>\n</function>', true],
  ['tagged', '<tool_call>\n<function=weather>\n</function>', false],
  [
    'tagged',
    '<tool_call>\n<function=weather><parameter=city>x</parameter><parameter=days>x</parameter></function>',
    false,
  ],
  [
    'tagged',
    '<tool_call>\n<function=weather><parameter=city>x</parameter><parameter=unit>C</parameter></function>',
    true,
  ],
  [
    'tagged',
    '<tool_call>\n<function=weather><parameter=city>x</parameter><parameter=unit>K</parameter></function>',
    false,
  ],
];

describe('toolCallGrammar', () => {
  it.each(cases)('%s: %j is %s', (name, text, isMatch) => {
    const grammar = toolCallGrammar(formats[name], tools);
    if (grammar === undefined) throw new Error('no grammar');
    expect(text.startsWith(grammar.trigger)).toBe(true);
    expect(matches(parseGbnf(grammar.gbnf), text)).toBe(isMatch);
  });

  it('lets a tool whose schema cannot be kept have any arguments', () => {
    const strange = [
      tool('odd', { type: 'object', properties: { x: { type: 'string', pattern: '(?<=a)b' } } }),
    ];
    const grammar = toolCallGrammar(formats.json, strange);
    const text = '<call>{"name":"odd","arguments":{"x":1}}';
    expect(matches(parseGbnf(grammar?.gbnf ?? ''), text)).toBe(true);
  });

  it.each<[string, ToolCallFormat]>([
    ['bare JSON', { ...formats.json, blockOpen: '' }],
    ['JSON with further keys', { ...formats.json, isExact: false }],
    ['Python', { kind: 'python', blockOpen: '<a>', fillers: [] }],
  ])('has none for %s', (_, format) => {
    expect(toolCallGrammar(format, tools)).toBeUndefined();
  });
});
