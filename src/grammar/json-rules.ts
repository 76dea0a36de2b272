/** The rules of plain JSON, or of the same values in another spelling. Whitespace is what models like to write, and bounded, so that none can write it for ever. */
import { charClass, type Expression, type RuleSet } from './rule-set.ts';
import { jsonSpelling, type Spelling } from './spelling.ts';

export function spellingOf(rules: RuleSet): Spelling {
  return rules.spelling ?? jsonSpelling;
}

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

/** A string of `min` to `max` characters; an expression or, with several ways to write it, alternatives. */
export function anyText(rules: RuleSet, min: number, max: number): Expression {
  const ways = spellingOf(rules).quotes.map(({ quote, char, charName }) => {
    const characters = rules.repeat(rules.named(charName, char), min, max, charName);
    return [quote, characters, quote].filter(Boolean).join(' ');
  });
  return ways.join(' | ');
}

export function anyString(rules: RuleSet): Expression {
  const { anyString: special } = spellingOf(rules);
  return rules.named('string', special?.(rules) ?? anyText(rules, 0, Number.POSITIVE_INFINITY));
}

/** The name of any member. */
export function anyKey(rules: RuleSet): Expression {
  const { keyChars } = spellingOf(rules);
  return keyChars === undefined ? anyString(rules) : rules.named('key', `${charClass(keyChars)}+`);
}

/** Digits are bounded: more than these no number type keeps. */
export function anyInteger(rules: RuleSet): Expression {
  return rules.named('integer', '"-"? ("0" | [1-9] [0-9]{0,15})');
}

export function anyNumber(rules: RuleSet): Expression {
  return rules.named('number', `${anyInteger(rules)} ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,2})?`);
}

export function anyBoolean(rules: RuleSet): Expression {
  return rules.named('boolean', spellingOf(rules).boolean);
}

export function nullRule(rules: RuleSet): Expression {
  return rules.named('null', spellingOf(rules).null);
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
  const member = `${anyKey(rules)} ${colon(rules)} value`;
  return rules.named('object', delimited(rules, '{', `${rules.named('member', member)}`, '}'), () =>
    anyValue(rules),
  );
}

/** Any number of items between brackets. */
function delimited(rules: RuleSet, open: string, item: Expression, close: string): string {
  const ws = whitespace(rules);
  return `"${open}" ${ws} (${item} (${comma(rules)} ${item})* ${ws})? "${close}"`;
}
