/** Generated calls, written in each format as its models write them, come back as they were, with the text around them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../types/json.ts';
import type { Tool } from '../types/message.ts';
import type { ToolCallFormat } from '../types/tool-call-format.ts';
import { createToolCallParser } from './tool-calls.ts';

interface Call {
  readonly name: string;
  readonly arguments: JsonObject;
}

interface Writer {
  readonly format: ToolCallFormat;
  readonly write: (call: Call) => string;
}

const list = ['[', ']', ','];

const asText = (value: JsonValue): string => (typeof value === 'string' ? value : JSON.stringify(value));

function quoted(value: JsonValue): string {
  if (typeof value === 'string') return `<|"|>${value}<|"|>`;
  if (Array.isArray(value)) return `[${value.map(quoted).join(',')}]`;
  if (value === null || typeof value !== 'object') return value === null ? 'None' : `${value}`;
  return `{${Object.entries(value)
    .map(([key, child]) => `${key}:${quoted(child)}`)
    .join(',')}}`;
}

function python(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null) return 'None';
  if (typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, child]) => `${JSON.stringify(key)}: ${python(child)}`)
    .join(', ')}}`;
}

const writers: Record<string, Writer> = {
  json: {
    format: {
      kind: 'json',
      blockOpen: '<call>',
      fillers: ['</call>', ...list],
      nameKey: 'name',
      argumentsKey: 'args',
    },
    write: (call) => `<call>\n${JSON.stringify({ name: call.name, args: call.arguments })}\n</call>`,
  },
  named: {
    format: { kind: 'named', blockOpen: '', beforeName: '<function=', fillers: ['</function>', ...list] },
    write: (call) => `<function=${call.name}>${JSON.stringify(call.arguments)}</function>`,
  },
  quoted: {
    format: {
      kind: 'named',
      blockOpen: '',
      beforeName: '<call>call:',
      fillers: ['</call>', ...list],
      quote: '<|"|>',
    },
    write: (call) => `<call>call:${call.name}${quoted(call.arguments)}</call>`,
  },
  tagged: {
    format: {
      kind: 'tagged',
      blockOpen: '<call>',
      beforeName: '<function=',
      afterName: '>',
      beforeKey: '<parameter=',
      afterKey: '" type="',
      typeMark: { string: 'string', other: 'number', end: '">' },
      afterValue: '</parameter>',
      callClose: '</function>',
      fillers: ['</call>', ...list],
    },
    write: (call) => {
      const args = Object.entries(call.arguments).map(
        ([key, value]) => `<parameter=${key}" type="${typeof value}">\n${asText(value)}\n</parameter>\n`,
      );
      return `<call>\n<function=${call.name}>\n${args.join('')}</function>\n</call>`;
    },
  },
  python: {
    format: { kind: 'python', blockOpen: '<call>', fillers: ['</call>', ...list] },
    write: (call) => {
      const args = Object.entries(call.arguments).map(([key, value]) => `${key}=${python(value)}`);
      return `<call>[${call.name}(${args.join(', ')})]</call>`;
    },
  },
};

const names = ['now', 'get_weather'];
const tools: readonly Tool[] = names.map((name) => ({
  type: 'function',
  function: { name, parameters: {} },
}));

/** Texts that could be taken for the end of something. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '"',
    '\\',
    "it's",
    '{',
    '}]',
    'a\nb',
    '</parameter> x',
    '</call',
    '<call>',
    'é😀',
    ')',
    'null',
    '1',
  ),
);
const key = fc.stringMatching(/^[a-z][a-z_]{0,8}$/);
const value: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;
const call: fc.Arbitrary<Call> = fc.record({
  name: fc.constantFrom(...names),
  arguments: fc.dictionary(key, value, { maxKeys: 3, noNullPrototype: true }),
});

describe('calls come back as they were written', () => {
  it.each(Object.entries(writers))('%s', (_, { format, write }) => {
    fc.assert(
      fc.property(fc.array(call, { minLength: 1, maxLength: 3 }), fc.boolean(), (calls, isCut) => {
        const written = `Let me see. ${calls.map(write).join('\n')} Done.`;
        const parser = createToolCallParser(format, tools);
        const chunks = isCut ? [...written] : [written];
        const pieces = [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()];
        const found = pieces.flatMap((p) =>
          p.type === 'toolCall' ? [{ name: p.name, arguments: p.arguments }] : [],
        );
        expect(found).toEqual(calls);
        const content = pieces.map((p) => (p.type === 'content' ? p.text : '')).join('');
        expect(content).toBe('Let me see.Done.');
      }),
    );
  });
});
