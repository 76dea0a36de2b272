/** How values are written: as JSON, or in one of the ways in which models write the arguments of calls. */
import { anyChar, type CharSet, charSet, hasChar, intersect, subtract, unite } from './char-set.ts';
import { until } from './free-text.ts';
import { charClass, type Expression, literal, type RuleSet } from './rule-set.ts';
import { unsupported } from './unsupported.ts';

export type Scalar = string | number | boolean | null;

/** Brackets, commas, colons and numbers are those of JSON in all of them. */
export interface Spelling {
  /** The ways to write a string; at least one. */
  readonly quotes: readonly Quote[];
  /** Any string; default: any characters between any of the quotes. */
  readonly anyString?: (rules: RuleSet) => string;
  readonly boolean: string;
  readonly null: string;
  /** Exactly this value. */
  readonly scalar: (value: Scalar) => Expression;
  /** The name of a member; throws `unsupported_schema` for names that cannot be written. */
  readonly key: (name: string) => Expression;
  /** Keys stand without quotes, and have these characters only. Default: they are strings. */
  readonly keyChars?: CharSet;
}

/** How a string is written between quotes of one kind. */
export interface Quote {
  /** Opens and closes it. */
  readonly quote: Expression;
  /** One character, as the body of a rule; and the rule's name. */
  readonly char: string;
  readonly charName: string;
  /** One character of the set. */
  readonly character: (set: CharSet) => Expression;
  /** Characters that strings can do without. */
  readonly avoided: CharSet;
}

interface Escapes {
  readonly quote: string;
  /** Characters that stand behind a backslash under another name. */
  readonly short: readonly (readonly [character: string, letter: string])[];
  /** How a control character without such a name is written. */
  readonly long: (codePoint: number) => string;
}

/** The characters that `quote` and a backslash keep out of strings, and what stands for them. */
function escaping({ quote, short, long }: Escapes): Pick<Quote, 'quote' | 'character' | 'avoided'> {
  const mustEscape = unite([[0, 0x1f]], charSet(quote, '\\', '\x7f'));
  const avoided = subtract(mustEscape, charSet(...short.map(([character]) => character)));
  const character = (set: CharSet): Expression => {
    const alternatives: string[] = [];
    const plain = subtract(set, mustEscape);
    if (plain.length > 0) alternatives.push(charClass(plain));
    const letters = short.filter(([each]) => hasChar(set, each.charCodeAt(0)));
    if (letters.length > 0) {
      const escaped = charSet(...letters.map(([, letter]) => letter));
      alternatives.push(`"\\\\" ${charClass(escaped)}`);
    }
    for (const [first, last] of intersect(set, avoided)) {
      for (let codePoint = first; codePoint <= last; codePoint++) alternatives.push(literal(long(codePoint)));
    }
    const [only] = alternatives;
    return alternatives.length === 1 && only !== undefined ? only : `(${alternatives.join(' | ')})`;
  };
  return { quote: literal(quote), character, avoided };
}

const hex = '[0-9a-fA-F]';

/** An escaped surrogate pair is one character, half a pair is none. */
const unicodeEscape = [
  `[0-9a-cA-CeEfF] ${hex}{3}`,
  `[dD] [0-7] ${hex}{2}`,
  `[dD] [89abAB] ${hex}{2} "\\\\u" [dD] [c-fC-F] ${hex}{2}`,
].join(' | ');

/** The classes are not negated ones, since llama.cpp takes bytes that encode no character for something else than a quote. */
const jsonChar = `[ !#-\\x5B\\x5D-~\\x80-\\uD7FF\\uE000-\\U0010FFFF] | "\\\\" (["\\\\/bfnrt] | "u" ( ${unicodeEscape} ))`;

export const jsonSpelling: Spelling = {
  quotes: [
    {
      char: jsonChar,
      charName: 'char',
      ...escaping({
        quote: '"',
        short: [
          ['"', '"'],
          ['\\', '\\'],
          ['\b', 'b'],
          ['\f', 'f'],
          ['\n', 'n'],
          ['\r', 'r'],
          ['\t', 't'],
        ],
        long: (codePoint) => `\\u${codePoint.toString(16).padStart(4, '0')}`,
      }),
    },
  ],
  boolean: '"true" | "false"',
  null: '"null"',
  scalar: (value) => literal(JSON.stringify(value)),
  key: (name) => literal(JSON.stringify(name)),
};

const pythonEscape = `"\\\\" (['"\\\\/abfnrtv0] | "x" ${hex}{2} | "u" ( ${unicodeEscape} ))`;

function pythonQuote(quote: '"' | "'", chars: string, charName: string): Quote {
  return {
    // Templates write line breaks as they are.
    char: `[\\t\\n ${chars}\\x5D-~\\x80-\\uD7FF\\uE000-\\U0010FFFF] | ${pythonEscape}`,
    charName,
    ...escaping({
      quote,
      short: [
        [quote, quote],
        ['\\', '\\'],
        ['\n', 'n'],
        ['\r', 'r'],
        ['\t', 't'],
      ],
      long: (codePoint) => `\\x${codePoint.toString(16).padStart(2, '0')}`,
    }),
  };
}

/** `['it\'s', "b", True, None, {'key': 1.5}]`; JSON is right too, since many templates mix the two. */
export const pythonSpelling: Spelling = {
  quotes: [pythonQuote('"', '!#-\\x5B', 'char'), pythonQuote("'", '!-&(-\\x5B', 'single-char')],
  boolean: '"True" | "False" | "true" | "false"',
  null: '"None" | "null"',
  scalar: (value) => {
    if (typeof value === 'boolean') return value ? '("True" | "true")' : '("False" | "false")';
    if (value === null) return '("None" | "null")';
    return typeof value === 'string' ? pythonText(value) : literal(JSON.stringify(value));
  },
  key: (name) => pythonText(name),
};

/** In either kind of quotes. */
function pythonText(text: string): Expression {
  const inDouble = JSON.stringify(text);
  const inSingle = `'${inDouble.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  return `(${literal(inSingle)} | ${literal(inDouble)})`;
}

/** Bare keys, and strings between a token of their own: `{key:<|"|>text<|"|>}`. */
export function quotedSpelling(quote: string): Spelling {
  const first = charSet([...quote][0] ?? '"');
  const keyChars: CharSet = unite(
    charSet('_', '-', '.', '$'),
    [
      [0x30, 0x39],
      [0x41, 0x5a],
      [0x61, 0x7a],
    ],
    [[0xa1, 0xd7ff]],
  );
  const avoided = unite(first, [[0, 0]]);
  return {
    quotes: [
      {
        quote: literal(quote),
        // Without its first character, no text can hold the quote.
        char: charClass(subtract(anyChar, avoided)),
        charName: 'char',
        character: charClass,
        avoided,
      },
    ],
    anyString: (rules) => `${literal(quote)} ${until(rules, quote, 'text')}`,
    boolean: '"true" | "false"',
    null: '"null" | "None"',
    scalar: (value) => {
      if (value === null) return '("null" | "None")';
      return literal(typeof value === 'string' ? `${quote}${value}${quote}` : JSON.stringify(value));
    },
    key: (name) => {
      if (name !== '' && [...name].every((char) => hasChar(keyChars, char.codePointAt(0) ?? 0)))
        return literal(name);
      throw unsupported(
        'properties',
        '#',
        `has the name ${JSON.stringify(name)}, which this model cannot write`,
      );
    },
    keyChars,
  };
}
