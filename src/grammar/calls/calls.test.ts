import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../types/json.ts';
import type { Tool } from '../../types/message.ts';
import type { ToolCallFormat } from '../../types/tool-call-format.ts';
import { matches, parseGbnf } from '../testdata/gbnf.ts';
import { recipientCalls, toolCallGrammar } from './index.ts';

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
    members: [
      { key: 'name', holds: 'name' },
      { key: 'arguments', holds: 'arguments' },
    ],
  },
  idFirst: {
    kind: 'json',
    blockOpen: '<calls>',
    fillers: [']</calls>', '</calls>', '[', ']', ','],
    nameKey: 'tool_name',
    argumentsKey: 'parameters',
    members: [
      { key: 'tool_call_id', holds: 'text' },
      { key: 'tool_name', holds: 'name' },
      { key: 'parameters', holds: 'arguments' },
    ],
  },
  byName: { kind: 'json', blockOpen: '<calls>', fillers: ['[', ']', ','], nameKey: '', argumentsKey: '' },
  bareJson: {
    kind: 'json',
    blockOpen: '',
    fillers: ['[', ']', ','],
    nameKey: 'name',
    argumentsKey: 'parameters',
    members: [
      { key: 'name', holds: 'name' },
      { key: 'parameters', holds: 'arguments' },
    ],
  },
  quoted: { kind: 'named', blockOpen: '', beforeName: '<|call>call:', fillers: ['<call|>'], quote: '<|"|>' },
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
  typed: {
    kind: 'tagged',
    blockOpen: '<calls>',
    beforeName: '<call name="',
    afterName: '" index="',
    countEnd: '">',
    beforeKey: '<arg key="',
    afterKey: '" type="',
    typeMark: { string: 'string', other: 'number', end: '">' },
    afterValue: '</arg>',
    callClose: '</call>',
    fillers: [],
  },
  elements: {
    kind: 'elements',
    blockOpen: '',
    beforeName: '~<call name="',
    afterName: '">',
    beforeTag: '~',
    callClose: '~</call>',
    fillers: [],
  },
  python: { kind: 'python', blockOpen: '<call>', fillers: ['</call>', '[', ']', ','] },
  barePython: { kind: 'python', blockOpen: '', fillers: ['[', ']', ','] },
} satisfies Record<string, ToolCallFormat>;

const cases: [keyof typeof formats, string, boolean][] = [
  ['json', '<call>\n{"name": "weather", "arguments": {"city": "Leeds", "days": 2}}\n</call>', true],
  ['json', '<call>{"name":"now","arguments":{}}</call>\n<call>{"name":"now","arguments":{}}</call> ok', true],
  ['json', '<call>{"name":"never","arguments":{}}', false],
  ['json', '<call>{"name":"weather","arguments":{"days":2}}', false],
  ['json', '<call>{"name":"weather","arguments":{"city":"a","days":"x"}}', false],
  // What is no call is free: the opening text without an object, and prose behind a call.
  ['json', '<call> is how I would call a tool', true],
  [
    'json',
    '<call>{"name":"now","arguments":{}}</call>\nNow {x} and <call>{"name":"now","arguments":{}}',
    true,
  ],
  ['json', '<call>{"name":"now","arguments":{}}</call>\n{"name":"never"', false],
  ['idFirst', '<calls>[\n  {"tool_call_id": "0", "tool_name": "now", "parameters": {}}\n]</calls>', true],
  [
    'idFirst',
    '<calls>[{"tool_name": "now", "parameters": {}}, {"tool_call_id": "1", "tool_name": "now", "parameters": {}}]</calls>',
    true,
  ],
  ['idFirst', '<calls>[{"tool_call_id": "0", "tool_name": "never", "parameters": {}}', false],
  ['byName', '<calls>[{"weather": {"city": "Leeds"}}, {"now": {}}]', true],
  ['byName', '<calls>[{"never": {}}]', false],
  ['byName', '<calls>[{"weather": {}}]', false],
  ['bareJson', '{"name": "weather", "parameters": {"city": "Leeds"}}', true],
  ['bareJson', '{"name":"now","parameters":{}}', true],
  ['bareJson', '{"name": "weather", "parameters": {"days": 1}}', false],
  ['bareJson', '{"name": "now", "parameters": {}}, {"name": "never", "parameters": {}}', false],
  ['quoted', '<|call>call:weather{city:<|"|>New "York" <x><|"|>,days:2,unit:<|"|>C<|"|>}<call|>', true],
  ['quoted', '<|call>call:now{}<call|><|call>call:now{}<call|> so', true],
  ['quoted', '<|call>call:weather{city:<|"|>a<|"|>,unit:<|"|>K<|"|>}', false],
  ['quoted', '<|call>call:weather{city:"a"}', false],
  ['quoted', '<|call>call:never{}', false],
  ['named', '<function=nowhere>{}', false],
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
  [
    'typed',
    '<call name="weather" index="1"><arg key="city" type="string">a "b" <c></arg><arg key="days" type="number">2</arg></call>',
    true,
  ],
  ['typed', '<call name="now" index="1"></call></calls><call name="now" index="2"></call>', true],
  ['typed', '<call name="weather" index="1"><arg key="city" type="number">2</arg></call>', false],
  [
    'typed',
    '<call name="weather" index="1"><arg key="city" type="string">a</arg><arg key="days" type="string">2</arg></call>',
    false,
  ],
  ['typed', '<call name="never" index="1"></call>', false],
  ['elements', '~<call name="weather">~<city>Leeds~</city>~<days>2~</days>~</call>', true],
  ['elements', '~<call name="weather">~<city>Leeds~</city>~<days>two~</days>~</call>', false],
  ['elements', '~<call name="weather">~</call>', false],
  ['elements', '~<call name="never">~</call>', false],
  ['python', `<call>[weather(city='it\\'s', days=2), now()]</call> ok`, true],
  ['python', '<call>[weather(city="a", unit="C")]</call>', true],
  ['python', '<call>[weather(days=2)]', false],
  ['python', "<call>[weather(city='a', unit='K')]", false],
  ['python', '<call>[never()]', false],
  ['barePython', 'weather(city="a")', true],
  ['barePython', '[now(), weather(city="a")]', true],
  ['barePython', '[now(), never()]', false],
];

describe('toolCallGrammar', () => {
  it.each(cases)('%s: %j is %s', (name, text, isMatch) => {
    const grammar = toolCallGrammar(formats[name], tools);
    if (grammar === undefined) throw new Error('no grammar');
    const begins = grammar.triggers
      .map((trigger) => text.indexOf(trigger.text))
      .filter((at, i) => at === 0 || (at > 0 && grammar.triggers[i]?.atStart !== true));
    expect(begins).not.toEqual([]);
    expect(matches(parseGbnf(grammar.gbnf), text.slice(Math.min(...begins)))).toBe(isMatch);
  });

  it('lets a tool whose schema cannot be kept have any arguments', () => {
    const strange = [
      tool('odd', { type: 'object', properties: { x: { type: 'string', pattern: '(?<=a)b' } } }),
    ];
    const grammar = toolCallGrammar(formats.json, strange);
    const text = '<call>{"name":"odd","arguments":{"x":1}}';
    expect(matches(parseGbnf(grammar?.gbnf ?? ''), text)).toBe(true);
  });

  it('has none for objects that hold what is not understood', () => {
    const { members: _, ...format } = formats.json;
    expect(toolCallGrammar(format, tools)).toBeUndefined();
    expect(toolCallGrammar({ ...format, blockOpen: '' }, tools)).toBeUndefined();
  });

  it('takes openings of calls in quiet spans for nothing', () => {
    const quiet = { opens: ['<m>'], closes: ['</m>'] };
    const grammar = toolCallGrammar(formats.named, tools, quiet);
    const accepts = (text: string): boolean => matches(parseGbnf(grammar?.gbnf ?? ''), text);
    expect(accepts('<function=now>{}<m>I could <function=never>{} </m>')).toBe(true);
    expect(accepts('<function=now>{}<m>I could </m><function=never>{}')).toBe(false);
    const held = toolCallGrammar(formats.named, tools, { ...quiet, holdsArguments: true });
    expect(matches(parseGbnf(held?.gbnf ?? ''), '<function=now><m>{} <function=never>{}')).toBe(true);
    expect(matches(parseGbnf(held?.gbnf ?? ''), '<function=now><m>{}</m><function=never>{}')).toBe(false);
  });
});

describe('recipientCalls', () => {
  it.each([
    ['weather\n{"city": "a"}', true],
    ['>>>now\n{}>>>all\nDone >>> x', true],
    ['now\n{}>>>weather\n{"days": 1}', false],
    ['never\n{}', false],
  ])('%j is %s', (text, isMatch) => {
    expect(matches(parseGbnf(recipientCalls(tools)?.gbnf ?? ''), text)).toBe(isMatch);
  });
});

describe('hostile tools', () => {
  const many = (schema: JsonObject, count: number): Tool[] =>
    Array.from({ length: count }, (_, i) => tool(`tool${i}`, { type: 'object', properties: { x: schema } }));
  const lists = (n: number): string[] => Array.from({ length: n }, (_, i) => `value ${i}`);

  it.each<[string, Tool[]]>([
    ['long patterns', many({ type: 'string', pattern: 'ab'.repeat(4000) }, 4)],
    ['patterns with many states', many({ type: 'string', pattern: '^(?:.*a.{20})$' }, 20)],
    ['long lists', many({ enum: lists(20_000) }, 2)],
    ['long bounds', many({ type: 'array', items: { type: 'string', minLength: 1000 }, minItems: 1000 }, 200)],
    ['many tools', many({ type: 'string', maxLength: 200 }, 2000)],
  ])('%s leave calls free at worst', (_, hostile) => {
    for (const format of [formats.bareJson, formats.tagged, formats.elements, formats.python]) {
      expect(toolCallGrammar(format, hostile)?.gbnf.length ?? 0).toBeLessThanOrEqual(1 << 20);
    }
  });
});
