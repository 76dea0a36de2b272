/** Random tools: a call that keeps to a tool's schema is admitted in every format, and is refused where the schema forbids an argument. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writers } from '../../output/testdata/writers.ts';
import type { JsonObject, JsonValue } from '../../types/json.ts';
import type { Tool } from '../../types/message.ts';
import { arbitraryExample, type Example } from '../testdata/arbitrary-schema.ts';
import { matches, parseGbnf } from '../testdata/gbnf.ts';
import { toolCallGrammar } from './index.ts';

function toolOf(properties: JsonObject): Tool {
  const parameters = { type: 'object', properties, required: Object.keys(properties) };
  return { type: 'function', function: { name: 'act', parameters } };
}

/** Bare keys cannot be anything, and strings with a bound cannot hold the first character of their quote. */
function canBeWritten(value: JsonValue): boolean {
  if (typeof value === 'string') return !value.includes('<');
  if (value === null || typeof value !== 'object') return true;
  const keys = Array.isArray(value) ? [] : Object.keys(value);
  return keys.every((key) => /^[\w$.-]+$/.test(key)) && Object.values(value).every(canBeWritten);
}

const parameters = fc.array(arbitraryExample, { minLength: 1, maxLength: 3 });

function named<T>(examples: readonly Example[], pick: (example: Example) => T): Record<string, T> {
  return Object.fromEntries(examples.map((example, i) => [`key_${i}`, pick(example)]));
}

describe('calls of random tools', () => {
  it.each(Object.entries(writers))('%s', (name, { format, write }) => {
    fc.assert(
      fc.property(parameters, (examples) => {
        const args: JsonObject = named(examples, ({ value }) => value);
        const schemas: JsonObject = named(examples, ({ schema }) => schema);
        fc.pre(name !== 'quoted' || (canBeWritten(args) && canBeWritten(schemas)));
        const text = write({ name: 'act', arguments: args });
        const admits = (tool: Tool): boolean => {
          const grammar = toolCallGrammar(format, [tool]);
          const starts = grammar?.triggers.map((trigger) => text.indexOf(trigger.text)) ?? [];
          return matches(parseGbnf(grammar?.gbnf ?? ''), text.slice(Math.min(...starts)));
        };
        expect({ text, schemas, is: admits(toolOf(schemas)) }).toEqual({ text, schemas, is: true });
        const broken = { ...schemas, key_0: { enum: ['never', 90210.5] } };
        expect({ text, is: admits(toolOf(broken)) }).toEqual({ text, is: false });
      }),
      { numRuns: 150 },
    );
  });
});
