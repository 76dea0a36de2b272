import { describe, expect, it } from 'vitest';
import { until, without } from './free-text.ts';
import { renameRoot } from './rename-root.ts';
import { RuleSet } from './rule-set.ts';
import { matches as matchesGrammar, parseGbnf } from './testdata/gbnf.ts';
import { afterThought } from './thought.ts';

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
    expect(matches(afterThought(gbnf, { thought: { ...tags, isOpen } }), text)).toBe(isMatch);
  });

  const final = { text: '<m>', isOptional: false, behindThought: '<next>' };
  it.each([
    [final, '<m>{}', true],
    [final, '{}', false],
    [final, '<think>a</think><next><m>{}', true],
    [final, '<think>a</think><m>{}', false],
    [{ ...final, isOptional: true, behindThought: '' }, '<think>a</think>\n{}', true],
    [{ ...final, isOptional: true, behindThought: '' }, '<m>{}', true],
  ])('with the header %j: %j', (header, text, isMatch) => {
    expect(matches(afterThought(gbnf, { thought: { ...tags, isOpen: false }, header }), text)).toBe(isMatch);
  });

  it('stands behind a header alone', () => {
    expect(matches(afterThought(gbnf, { header: final }), '<m>{}')).toBe(true);
    expect(matches(afterThought(gbnf, { header: final }), '<think>a</think><m>{}')).toBe(false);
  });
});
