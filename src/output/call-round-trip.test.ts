/** Generated calls, written in each format as its models write them, come back as they were, with the text around them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../types/json.ts';
import type { Tool } from '../types/message.ts';
import { type Call, writers } from './testdata/writers.ts';
import { createToolCallParser } from './tool-calls.ts';

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
