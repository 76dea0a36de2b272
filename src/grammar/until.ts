/** Texts that end with a marker, and texts without it, as right-linear rules: a state for each part of the marker that has come. */
import { charClass, type Expression, type RuleSet } from './rule-set.ts';

/** The shortest text that ends with the marker, whatever comes before it. */
export function until(rules: RuleSet, marker: string, hint: string): Expression {
  return markerRules(rules, marker, hint, false);
}

/** Any text that does not contain the marker; may be empty. */
export function without(rules: RuleSet, marker: string, hint: string): Expression {
  return markerRules(rules, marker, hint, true);
}

/** Knuth, Morris, Pratt: after a character that does not fit, the longest beginning of the marker that still stands. */
function markerRules(rules: RuleSet, marker: string, hint: string, endsAnywhere: boolean): Expression {
  const chars = Array.from(marker, (char) => char.codePointAt(0) ?? 0);
  const names = chars.map((_, state) => rules.declare(`${hint}-${state}`));
  const alphabet = [...new Set(chars)].sort((a, b) => a - b);
  const next = (state: number, char: number): number => {
    const text = [...chars.slice(0, state), char];
    for (let length = Math.min(text.length, chars.length); length > 0; length--) {
      if (text.slice(text.length - length).every((c, i) => c === chars[i])) return length;
    }
    return 0;
  };
  names.forEach((name, state) => {
    const ways = alphabet.flatMap((char) => {
      const target = next(state, char);
      const one = charClass([[char, char]]);
      if (target === chars.length) return endsAnywhere ? [] : [one];
      return [`${one} ${names[target]}`];
    });
    ways.push(`${charClass(complement(alphabet))} ${names[0]}`);
    if (endsAnywhere) ways.unshift('');
    rules.define(name, ways.join(' | '));
  });
  return names[0] ?? '""';
}

const lastCodePoint = 0x10ffff;

/** The ranges between the sorted characters; NUL is no text. */
function complement(sorted: readonly number[]): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  let start = 1;
  for (const char of sorted) {
    if (char > start) ranges.push([start, char - 1]);
    start = char + 1;
  }
  ranges.push([start, lastCodePoint]);
  return ranges;
}
