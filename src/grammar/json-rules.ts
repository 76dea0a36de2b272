/** The rules of plain JSON. Whitespace is what models like to write, and bounded, so that none can write it for ever. */
import type { Expression, RuleSet } from './rule-set.ts';

/** Inside brackets: nothing, a space, or a new line with some indentation. */
export function whitespace(rules: RuleSet): Expression {
  return rules.named('ws', '"" | " " | "\\n" [ \\t]{0,20}');
}

/** Between a key and its value. */
export function colon(rules: RuleSet): Expression {
  return rules.named('colon', '":" " "?');
}

/** Between the elements of an array or the members of an object. */
export function comma(rules: RuleSet): Expression {
  return rules.named('comma', `"," ${whitespace(rules)}`);
}

/**
 * One character inside a string, escaped or not; an escaped surrogate pair is one, half a pair is none. The class is not a negated
 * one, since llama.cpp takes bytes that encode no character for something else than a quote.
 */
export function stringChar(rules: RuleSet): Expression {
  const hex = '[0-9a-fA-F]';
  const unicode = [
    `[0-9a-cA-CeEfF] ${hex}{3}`,
    `[dD] [0-7] ${hex}{2}`,
    `[dD] [89abAB] ${hex}{2} "\\\\u" [dD] [c-fC-F] ${hex}{2}`,
  ];
  const escaped = `"\\\\" (["\\\\/bfnrt] | "u" ( ${unicode.join(' | ')} ))`;
  return rules.named('char', `[ !#-\\x5B\\x5D-~\\x80-\\uD7FF\\uE000-\\U0010FFFF] | ${escaped}`);
}

export function anyString(rules: RuleSet): Expression {
  return rules.named('string', `"\\"" ${stringChar(rules)}* "\\""`);
}

/** Digits are bounded: more than these no number type keeps. */
export function anyInteger(rules: RuleSet): Expression {
  return rules.named('integer', '"-"? ("0" | [1-9] [0-9]{0,15})');
}

export function anyNumber(rules: RuleSet): Expression {
  return rules.named('number', `${anyInteger(rules)} ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,2})?`);
}

export function anyBoolean(rules: RuleSet): Expression {
  return rules.named('boolean', '"true" | "false"');
}

export function nullRule(rules: RuleSet): Expression {
  return rules.named('null', '"null"');
}

export function anyValue(rules: RuleSet): Expression {
  const scalars = [anyString(rules), anyNumber(rules), anyBoolean(rules), nullRule(rules)];
  return rules.named('value', ['object', 'array', ...scalars].join(' | '), () => {
    anyObject(rules);
    anyArray(rules);
  });
}

export function anyArray(rules: RuleSet): Expression {
  return rules.named('array', delimited(rules, '[', 'value', ']'), () => anyValue(rules));
}

export function anyObject(rules: RuleSet): Expression {
  const member = `${anyString(rules)} ${colon(rules)} value`;
  return rules.named('object', delimited(rules, '{', `${rules.named('member', member)}`, '}'), () =>
    anyValue(rules),
  );
}

/** Any number of items between brackets. */
function delimited(rules: RuleSet, open: string, item: Expression, close: string): string {
  const ws = whitespace(rules);
  return `"${open}" ${ws} (${item} (${comma(rules)} ${item})* ${ws})? "${close}"`;
}
