/** BERT's words and pieces; whole vocabularies are compared in tokenizers.test.ts and convert/encoders.test.ts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenKind } from '../native/vocab.ts';
import { WordPiece, wordsOf } from './word-piece.ts';

const uncased = { lowercase: true, stripAccents: true };
const cased = { lowercase: false, stripAccents: false };

it.each<[string, string, typeof uncased, string]>([
  ['spaces of all kinds', ' a\tb\r\nc\u00a0d\u2028e\u3000f ', uncased, 'a b c d e f'],
  ['punctuation alone', "it's 3.14 (a-b) $5 ~x^2", uncased, "it ' s 3 . 14 ( a - b ) $ 5 ~ x ^ 2"],
  ['punctuation of others', '“a”…¿b؟ 「c」', uncased, '“ a ” … ¿ b ؟ 「 c 」'],
  ['symbols beyond ASCII stay', '½€ a™', uncased, '½€ a™'],
  ['capitals and accents', 'Ångström ÉCOLE ΟΔΟΣ İĞ', uncased, 'angstrom ecole οδοσ ig'],
  ['neither where they matter', 'Ångström É', cased, 'Ångström É'],
  ['ideographs alone, kana together', '東京のテキスト', uncased, '東 京 のテキスト'],
  ['Korean as its letters', '안녕', uncased, '안녕'.normalize('NFD')],
  ['vowel signs that stand beside stay', 'दुनिया', uncased, 'दनिया'],
  [
    'control and format characters vanish',
    'a\u0000\u0007b\u200bc\ufeff\ufffd\u00add\u0085e',
    uncased,
    'abcde',
  ],
  ['a family in one emoji', '👩\u200d👧!', uncased, '👩👧 !'],
  ['half a character vanishes', 'a\ud800b', uncased, 'ab'],
  ['nothing', ' \n', uncased, ''],
])('%s', (_, text, options, expected) => {
  expect(wordsOf(text, options).join(' ')).toBe(expected);
});

/** Token ids are places in this list; special tokens in brackets. */
const vocabulary = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '▁un',
  '▁a',
  'a',
  'aff',
  'able',
  '▁!',
  '<x>',
  '[unused]',
  '▁🦙',
];

function kindOf(text: string): TokenKind {
  if (text === '[UNK]') return 'unknown';
  if (text === '[unused]') return 'unused';
  if (text === '<x>') return 'userDefined';
  return text.startsWith('[') ? 'control' : 'normal';
}

const tokenizer = new WordPiece(
  {
    nTokens: vocabulary.length,
    bosToken: 2,
    sepToken: 3,
    token: (id) => ({ text: vocabulary[id] ?? '', kind: kindOf(vocabulary[id] ?? '') }),
  },
  { ...uncased, unknownToken: 1 },
);

function show(text: string, addSpecial: boolean, parseSpecial: boolean): string {
  const tokens = tokenizer.tokenize(text, { addSpecial, parseSpecial });
  return Array.from(tokens, (id) => vocabulary[id]).join(' ');
}

describe('pieces', () => {
  it.each([
    ['the longest first', 'unaffable', '▁un aff able'],
    ['a word without pieces is unknown as a whole', 'unaffx a', '[UNK] ▁a'],
    ['letters outside the first plane', '🦙a!', '▁🦙 a ▁!'],
    ['a hundred letters', 'a'.repeat(100), `▁a${' a'.repeat(99)}`],
    ['more letters than that', `${'a'.repeat(101)} a`, '[UNK] ▁a'],
    ['the mark of words is a letter like others', 'a▁a', '[UNK]'],
  ])('%s', (_, text, expected) => {
    expect(show(text, false, false)).toBe(expected);
  });
});

describe('special tokens', () => {
  it.each([
    ['around a text', 'a', true, false, '[CLS] ▁a [SEP]'],
    ['around nothing', '', true, false, '[CLS] [SEP]'],
    ['in a text', 'a[SEP]a [PAD]', false, true, '▁a [SEP] ▁a [PAD]'],
    ['in a text that is only a text', '[sep]', false, true, '[UNK] [UNK] [UNK]'],
    ['not looked for', '[SEP]', false, false, '[UNK] [UNK] [UNK]'],
    ['of a user, in any case', 'a<x>a', false, false, '▁a <x> ▁a'],
    ['unused ones are none', '[unused]', false, true, '[UNK] [UNK] [UNK]'],
  ])('%s', (_, text, addSpecial, parseSpecial, expected) => {
    expect(show(text, addSpecial, parseSpecial)).toBe(expected);
  });
});

it('takes any text, and spaces around it mean nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const options = { addSpecial: false, parseSpecial: false };
      const tokens = tokenizer.tokenize(text, options);
      expect(tokenizer.tokenize(` ${text}\n`, options)).toEqual(tokens);
      expect(tokens.every((token) => token < vocabulary.length)).toBe(true);
    }),
  );
});
