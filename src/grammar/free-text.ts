/**
 * Rules for free text in which some texts mean something, such as the end of a thought or the beginning of a tool call: one
 * right-linear rule for each part of such a text that has come, so that matching never keeps more than one way open.
 */
import { partialEnd } from '../util/find-markers.ts';
import { charClass, type Expression, type RuleSet } from './rule-set.ts';

/** Where a character leads: to an expression behind it if one is given, then on to a state; without one, the free text is over. */
export interface Step {
  readonly behind?: Expression;
  readonly to?: string;
}

/** States are texts that tell them apart. */
export interface Scanner {
  readonly start: string;
  /** The characters that mean something somewhere. */
  readonly alphabet: string;
  /** Undefined = the character is refused. `char` is empty for all characters outside the alphabet. */
  step(state: string, char: string): Step | undefined;
  mayEnd(state: string): boolean;
}

/** The rule of the start state. */
export function scannerRules(rules: RuleSet, scanner: Scanner, hint: string): Expression {
  const names = new Map<string, string>();
  const pending: string[] = [];
  const nameOf = (state: string): string => {
    let name = names.get(state);
    if (name === undefined) {
      name = rules.declare(hint);
      names.set(state, name);
      pending.push(state);
    }
    return name;
  };
  const start = nameOf(scanner.start);
  const chars = [...new Set(scanner.alphabet)].sort((a, b) => codeOf(a) - codeOf(b));
  const others = charClass(complement(chars.map(codeOf)));
  for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
    const ways = scanner.mayEnd(state) ? [''] : [];
    for (const char of [...chars, '']) {
      const step = scanner.step(state, char);
      if (step === undefined) continue;
      const one = char === '' ? others : charClass([[codeOf(char), codeOf(char)]]);
      const next = step.to === undefined ? '' : nameOf(step.to);
      ways.push([one, step.behind ?? '', next].filter(Boolean).join(' '));
    }
    rules.define(nameOf(state), ways.join(' | '));
  }
  return start;
}

/** The shortest text that ends with the marker, whatever comes before it. */
export function until(rules: RuleSet, marker: string, hint: string): Expression {
  return markerRules(rules, marker, hint, false);
}

/** Any text that does not contain the marker; may be empty. */
export function without(rules: RuleSet, marker: string, hint: string): Expression {
  return markerRules(rules, marker, hint, true);
}

function markerRules(rules: RuleSet, marker: string, hint: string, isWithout: boolean): Expression {
  if (marker === '') return '""';
  const step = (state: string, char: string): Step | undefined => {
    const text = state + char;
    if (char !== '' && text.endsWith(marker)) return isWithout ? undefined : {};
    return { to: char === '' ? '' : partialEnd(text, [marker]) };
  };
  return scannerRules(rules, { start: '', alphabet: marker, step, mayEnd: () => isWithout }, hint);
}

const lastCodePoint = 0x10ffff;

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}

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
