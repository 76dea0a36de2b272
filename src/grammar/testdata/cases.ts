/** For tests: texts that the grammar of a schema accepts, and texts that it does not. */
import { describe, expect, test } from 'vitest';
import type { JsonValue } from '../../types/json.ts';
import { schemaToGrammar } from '../index.ts';
import { endlessRules, matches, parseGbnf } from './gbnf.ts';

export interface Case {
  readonly schema: JsonValue;
  readonly accepts: readonly string[];
  readonly rejects: readonly string[];
}

export type NamedCase = readonly [name: string, Case];

export function describeCases(cases: readonly NamedCase[]): void {
  describe.each(cases)('%s', (_name, { schema, accepts, rejects }) => {
    const grammar = parseGbnf(schemaToGrammar(schema));

    test('accepts', () => {
      for (const text of accepts)
        expect({ text, matches: matches(grammar, text) }).toEqual({ text, matches: true });
    });

    test('rejects', () => {
      for (const text of rejects)
        expect({ text, matches: matches(grammar, text) }).toEqual({ text, matches: false });
    });

    test('has no rule that never ends', () => {
      expect(endlessRules(grammar)).toEqual([]);
    });
  });
}
