/** Several schemas in one grammar, literals, and the grammar of any JSON object. */
import { describe, expect, test } from 'vitest';
import { addAnyObject, addSchema, jsonGrammar, literal, RuleSet } from './index.ts';
import { matches, parseGbnf } from './testdata/gbnf.ts';

describe('one grammar for several schemas', () => {
  test('shares the rules of JSON and keeps names apart', () => {
    const rules = new RuleSet();
    const first = addSchema(
      rules,
      { type: 'object', properties: { a: { type: 'string', maxLength: 3 } }, required: ['a'] },
      'tool',
    );
    const second = addSchema(
      rules,
      { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] },
      'tool',
    );
    const any = addAnyObject(rules);
    const call = (name: string, args: string): string =>
      `${literal(`{"name": ${JSON.stringify(name)}, "arguments": `)} ${args} "}"`;
    rules.define('root', [call('one', first), call('two', second), call('three', any)].join(' | '));
    const grammar = parseGbnf(rules.toString());
    expect(matches(grammar, '{"name": "one", "arguments": {"a": "x"}}')).toBe(true);
    expect(matches(grammar, '{"name": "two", "arguments": {"a": 1}}')).toBe(true);
    expect(matches(grammar, '{"name": "three", "arguments": {"b": [1]}}')).toBe(true);
    expect(matches(grammar, '{"name": "one", "arguments": {"a": 1}}')).toBe(false);
    expect(matches(grammar, '{"name": "four", "arguments": {}}')).toBe(false);
  });

  test('schemas may be called like the rules of JSON', () => {
    const rules = new RuleSet();
    const expression = addSchema(rules, { type: 'array', items: { type: 'string' }, minItems: 1 }, 'string');
    rules.define('root', expression);
    const grammar = parseGbnf(rules.toString());
    expect(matches(grammar, '["a"]')).toBe(true);
    expect(matches(grammar, '"a"')).toBe(false);
  });

  test.each(['plain', 'with "quotes" and \\ and\nlines\t\x01\x7f', 'é😀', ''])('literal %j', (text) => {
    const grammar = parseGbnf(`root ::= ${literal(text)} "."`);
    expect(matches(grammar, `${text}.`)).toBe(true);
    expect(matches(grammar, `${text}x`)).toBe(false);
  });
});

describe('any JSON object', () => {
  const grammar = parseGbnf(jsonGrammar());

  test.each(['{}', '{"a": 1}', '{\n  "a": [\n    1,\n    {"b": null}\n  ],\n  "c": "\\u00e9"\n}', '{ }'])(
    'accepts %s',
    (text) => {
      expect(matches(grammar, text)).toBe(true);
    },
  );

  test.each(['', '[]', '1', '{"a"}', '{"a":1', ' {}', '{} ', `{${' '.repeat(3)}}`, `{\n${' '.repeat(21)}}`])(
    'rejects %j',
    (text) => {
      expect(matches(grammar, text)).toBe(false);
    },
  );
});
