/** Parses the regular expressions of JSON Schema (ECMAScript, flag `u`), as far as they describe regular languages. */
import {
  anyChar,
  type CharSet,
  charSet,
  complement,
  intersect,
  range,
  single,
  sizeOf,
  unite,
} from './char-set.ts';

/** A regular expression without anchors and assertions. */
export type Regex =
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'concat'; readonly items: readonly Regex[] }
  | { readonly kind: 'union'; readonly items: readonly Regex[] }
  /** `max` may be Infinity. */
  | { readonly kind: 'repeat'; readonly item: Regex; readonly min: number; readonly max: number };

/** One alternative at the top of a pattern. */
export interface PatternBranch {
  readonly atStart: boolean;
  readonly atEnd: boolean;
  readonly body: Regex;
  /** `(?=…)` and `(?!…)` at the start of the text. */
  readonly lookaheads: readonly { readonly negative: boolean; readonly branches: readonly PatternBranch[] }[];
}

/** Thrown for what is no pattern, or none that can be honoured; the text completes "the pattern …". */
export class RegexError extends Error {}

/** A text is matched when one of the branches matches. Throws RegexError. */
export function parsePattern(source: string): readonly PatternBranch[] {
  if (source.length > maxPatternLength) throw new RegexError('is too long');
  // Validators read patterns with the flag `u`; what is only valid without it (`[\\w-.]`) is understood all the same.
  if (!isValid(source, 'u') && !isValid(source, ''))
    throw new RegexError('is not a valid regular expression');
  return new PatternParser(source).parse();
}

function isValid(source: string, flags: string): boolean {
  try {
    new RegExp(source, flags);
    return true;
  } catch {
    return false;
  }
}

const maxPatternLength = 10_000;
const maxNesting = 100;

const digits = range(0x30, 0x39);
const wordChars = unite(digits, range(0x41, 0x5a), range(0x61, 0x7a), charSet('_'));
const spaces = unite(
  range(0x09, 0x0d),
  charSet(' ', '\u00a0', '\u1680', '\u2028', '\u2029', '\u202f', '\u205f', '\u3000', '\ufeff'),
  range(0x2000, 0x200a),
);
const lineEnds = charSet('\n', '\r', '\u2028', '\u2029');

const classEscapes = new Map<string, CharSet>([
  ['d', digits],
  ['D', complement(digits)],
  ['w', wordChars],
  ['W', complement(wordChars)],
  ['s', spaces],
  ['S', complement(spaces)],
]);

const controlEscapes = new Map<string, number>([
  ['t', 0x09],
  ['n', 0x0a],
  ['v', 0x0b],
  ['f', 0x0c],
  ['r', 0x0d],
]);

type Look = PatternBranch['lookaheads'][number];

/** What a sequence is made of before anchors have found their place. */
type Term =
  | Regex
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | ({ readonly kind: 'look' } & Look)
  | Group;

/** A group may hold anchors, if it is all there is: `(^a$|^b$)`. */
interface Group {
  readonly kind: 'group';
  readonly alternatives: readonly (readonly Term[])[];
}

class PatternParser {
  readonly #source: string;
  #position = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  parse(): readonly PatternBranch[] {
    return toBranches(this.#alternatives());
  }

  /** Up to the end or an unmatched `)`. The source is known to be valid. */
  #alternatives(): readonly (readonly Term[])[] {
    if (++this.#depth > maxNesting) throw new RegexError('nests too deeply');
    const alternatives: Term[][] = [[]];
    for (;;) {
      const character = this.#peek();
      if (character === '' || character === ')') break;
      if (this.#skip('|')) alternatives.push([]);
      else alternatives.at(-1)?.push(this.#quantified(this.#term()));
    }
    this.#depth--;
    return alternatives;
  }

  #term(): Term {
    const character = this.#next();
    switch (character) {
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '.':
        return { kind: 'set', set: complement(lineEnds) };
      case '(':
        return this.#group();
      case '[':
        return { kind: 'set', set: this.#class() };
      case '\\':
        return { kind: 'set', set: intersect(this.#escape(), anyChar) };
      default:
        return { kind: 'set', set: intersect(single(character.codePointAt(0) ?? 0), anyChar) };
    }
  }

  #group(): Term {
    let look: boolean | undefined;
    if (this.#skip('?')) {
      if (this.#skip('=')) look = false;
      else if (this.#skip('!')) look = true;
      else if (!this.#skip(':')) this.#skipGroupName();
    }
    const alternatives = this.#alternatives();
    this.#next();
    if (look === undefined) return { kind: 'group', alternatives };
    return { kind: 'look', negative: look, branches: toBranches(alternatives) };
  }

  #skipGroupName(): void {
    if (!this.#skip('<')) throw new RegexError('uses modifiers, which are not supported');
    if (this.#peek() === '=' || this.#peek() === '!') {
      throw new RegexError('looks behind, which is not supported');
    }
    while (this.#next() !== '>');
  }

  #quantified(term: Term): Term {
    const bounds = this.#quantifier();
    if (bounds === undefined) return term;
    this.#skip('?');
    const [min, max] = bounds;
    return { kind: 'repeat', item: plain(term), min, max };
  }

  #quantifier(): readonly [number, number] | undefined {
    if (this.#skip('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#skip('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#skip('?')) return [0, 1];
    const counted = /\{(\d+)(,?)(\d*)\}/y;
    counted.lastIndex = this.#position;
    const match = counted.exec(this.#source);
    if (match === null) return undefined;
    this.#position = counted.lastIndex;
    const [, min, comma, max] = match;
    if (comma === '') return [Number(min), Number(min)];
    return [Number(min), max === '' ? Number.POSITIVE_INFINITY : Number(max)];
  }

  /** After `[`. */
  #class(): CharSet {
    const negated = this.#skip('^');
    let set: CharSet = [];
    while (!this.#skip(']')) {
      const first = this.#classAtom();
      const isRange = sizeOf(first) === 1 && this.#peek() === '-' && this.#source[this.#position + 1] !== ']';
      if (!isRange) {
        set = unite(set, first);
        continue;
      }
      this.#next();
      const last = this.#classAtom();
      set = unite(set, range(first[0]?.[0] ?? 0, last[0]?.[0] ?? 0));
    }
    return negated ? complement(set) : intersect(set, anyChar);
  }

  #classAtom(): CharSet {
    const character = this.#next();
    if (character !== '\\') return single(character.codePointAt(0) ?? 0);
    if (this.#skip('b')) return single(0x08);
    if (this.#skip('-')) return charSet('-');
    return this.#escape();
  }

  /** After a backslash. */
  #escape(): CharSet {
    const character = this.#next();
    const known = classEscapes.get(character);
    if (known !== undefined) return known;
    const control = controlEscapes.get(character);
    if (control !== undefined) return single(control);
    switch (character) {
      case '0':
        return single(0);
      case 'c':
        return single((this.#next().codePointAt(0) ?? 0) % 32);
      case 'x':
        return single(this.#hex(2));
      case 'u':
        return single(this.#unicodeEscape());
      case 'b':
      case 'B':
        throw new RegexError(`uses \\${character}, which is not supported`);
      case 'p':
      case 'P':
        return this.#property(character === 'P');
    }
    if (/[1-9k]/.test(character)) throw new RegexError('refers back to a group, which is not supported');
    return single(character.codePointAt(0) ?? 0);
  }

  #unicodeEscape(): number {
    if (this.#skip('{')) {
      const end = this.#source.indexOf('}', this.#position);
      const value = Number.parseInt(this.#source.slice(this.#position, end), 16);
      this.#position = end + 1;
      return value;
    }
    const high = this.#hex(4);
    const pair = /\\u([dD][c-fC-F][0-9a-fA-F]{2})/y;
    pair.lastIndex = this.#position;
    const low = high >= 0xd800 && high <= 0xdbff ? pair.exec(this.#source)?.[1] : undefined;
    if (low === undefined) return high;
    this.#position += 6;
    return 0x10000 + ((high - 0xd800) << 10) + (Number.parseInt(low, 16) - 0xdc00);
  }

  /** `\p{…}`: JavaScript tells which characters have the property. */
  #property(negated: boolean): CharSet {
    const end = this.#source.indexOf('}', this.#position);
    const name = this.#source.slice(this.#position, end + 1);
    this.#position = end + 1;
    const set = propertySet(name);
    return negated ? complement(set) : set;
  }

  #hex(length: number): number {
    const value = Number.parseInt(this.#source.slice(this.#position, this.#position + length), 16);
    this.#position += length;
    if (Number.isNaN(value)) throw new RegexError('has an incomplete escape');
    return value;
  }

  #peek(): string {
    return this.#source[this.#position] ?? '';
  }

  /** The next whole character, consumed. */
  #next(): string {
    const codePoint = this.#source.codePointAt(this.#position) ?? 0;
    const character = String.fromCodePoint(codePoint);
    this.#position += character.length;
    return character;
  }

  #skip(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#position++;
    return true;
  }
}

/** Every character once, in order; made when the first property asks for it. */
let allCharacters: readonly string[] | undefined;
const propertySets = new Map<string, CharSet>();

function propertySet(name: string): CharSet {
  let set = propertySets.get(name);
  if (set !== undefined) return set;
  allCharacters ??= anyChar.map(([first, last]) => {
    let text = '';
    for (let codePoint = first; codePoint <= last; codePoint++) text += String.fromCodePoint(codePoint);
    return text;
  });
  const runs = new RegExp(`\\p${name}+`, 'gu');
  set = allCharacters.flatMap((text) =>
    Array.from(text.matchAll(runs), ([run]) => {
      const first = run.codePointAt(0)!;
      return [first, first + [...run].length - 1] as const;
    }),
  );
  propertySets.set(name, set);
  return set;
}

/** Brings anchors and lookaheads of each alternative to its ends; those elsewhere are refused. */
function toBranches(alternatives: readonly (readonly Term[])[]): readonly PatternBranch[] {
  return alternatives.flatMap((terms) => {
    const [only] = terms;
    if (terms.length === 1 && only?.kind === 'group') return toBranches(only.alternatives);
    let from = 0;
    let to = terms.length;
    let atStart = false;
    const lookaheads: Look[] = [];
    for (let term = terms[from]; term?.kind === 'start' || term?.kind === 'look'; term = terms[++from]) {
      if (term.kind === 'start') atStart = true;
      else if (atStart) lookaheads.push(term);
      else throw new RegexError('looks ahead somewhere else than after "^", which is not supported');
    }
    const atEnd = to > from && terms[to - 1]?.kind === 'end';
    while (to > from && terms[to - 1]?.kind === 'end') to--;
    const body: Regex = { kind: 'concat', items: terms.slice(from, to).map(plain) };
    return { atStart, atEnd, body, lookaheads };
  });
}

function plain(term: Term): Regex {
  switch (term.kind) {
    case 'start':
    case 'end':
      throw new RegexError('has an anchor in its middle, which is not supported');
    case 'look':
      throw new RegexError('looks ahead somewhere else than after "^", which is not supported');
    case 'group':
      return {
        kind: 'union',
        items: term.alternatives.map((terms) => ({ kind: 'concat', items: terms.map(plain) })),
      };
    default:
      return term;
  }
}
