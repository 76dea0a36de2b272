import { describe, expect, it } from 'vitest';
import { renameRoot } from './rename-root.ts';
import { RuleSet } from './rule-set.ts';
import { matches as matchesGrammar, parseGbnf } from './testdata/gbnf.ts';
import { afterThought } from './thought.ts';
import { until, without } from './until.ts';

const matches = (gbnf: string, text: string): boolean => matchesGrammar(parseGbnf(gbnf), text);

describe('renameRoot', () => {
  it.each([
    [
      'root ::= a root-b "root" [root] # root\na ::= "\\"root"',
      'x ::= a root-b "root" [root] # root\na ::= "\\"root"',
    ],
    ['a ::= "x" root', 'a ::= "x" x'],
    ['root ::= [^]"] "a', 'x ::= [^]"] "a'],
  ])('%j', (gbnf, expected) => {
    expect(renameRoot(gbnf, 'x')).toBe(expected);
  });
});

describe('until and without', () => {
  const grammar = (make: (rules: RuleSet) => string): string => {
    const rules = new RuleSet();
    rules.define('root', make(rules));
    return rules.toString();
  };
  it.each([
    ['aab', 'xaab', true],
    ['aab', 'aaab', true],
    ['aab', 'aaba', false],
    ['aab', 'aabaab', false],
    ['</think>', 'a < b </thi</think>', true],
    ['</think>', 'never', false],
  ])('until %j: %j', (marker, text, isMatch) => {
    expect(
      matches(
        grammar((rules) => until(rules, marker, 'u')),
        text,
      ),
    ).toBe(isMatch);
  });
  it.each([
    ['aab', '', true],
    ['aab', 'aaxb', true],
    ['aab', 'xaabx', false],
  ])('without %j: %j', (marker, text, isMatch) => {
    expect(
      matches(
        grammar((rules) => without(rules, marker, 'w')),
        text,
      ),
    ).toBe(isMatch);
  });
});

describe('afterThought', () => {
  const gbnf = 'root ::= "{" root? "}"';
  const tags = { open: '<think>', close: '</think>' };
  it.each([
    [false, '{{}}', true],
    [false, '<think>a { b</think>\n\n{}', true],
    [false, '<think>a{}', false],
    [false, 'a</think>{}', false],
    [true, 'a</think>{}', true],
    [true, '{}', false],
  ])('open %s: %j', (isOpen, text, isMatch) => {
    expect(matches(afterThought(gbnf, { ...tags, isOpen }), text)).toBe(isMatch);
  });
});
