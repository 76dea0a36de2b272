/**
 * BERT's tokenizer as the models were trained with it (transformers' BertTokenizer). llama.cpp's own leaves letters of Korean and
 * Hindi out, and divides words that have more letters than BERT looks at.
 */
import type { Model } from '../native/model.ts';
import type { Vocab } from '../native/vocab.ts';

export type WordPieceVocab = Pick<Vocab, 'nTokens' | 'bosToken' | 'sepToken' | 'token'>;

/** Longer words are unknown ones: `max_input_chars_per_word`, the same in all models of the family. */
const maxWordLetters = 100;

/** In a GGUF a piece that begins a word has this before it. */
const wordMark = '▁';

// Ideographs stand alone (tokenizers: `is_chinese_char`).
const ideographs =
  '\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{2a6df}\\u{2a700}-\\u{2b73f}\\u{2b740}-\\u{2b81f}\\u{2b920}-\\u{2ceaf}\\u{2f800}-\\u{2fa1f}';
// All of ASCII that is neither a letter nor a digit counts as punctuation.
const alone = `!-/:-@\\[-\`{-~\\p{P}${ideographs}`;
const removed = /[\0\ufffd]|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu;
const accents = /\p{Mn}/gu;
const capitals = /\p{Changes_When_Lowercased}/gu;
const words = new RegExp(`[${alone}]|[^\\s${alone}]+`, 'gu');

export interface WordOptions {
  readonly lowercase: boolean;
  readonly stripAccents: boolean;
}

export interface WordPieceOptions extends WordOptions {
  /** Token of words that cannot be made of pieces. */
  readonly unknownToken: number;
}

/** Has the model's texts divided by a `WordPiece` if it is of that kind. */
export function useWordPiece(model: Model): void {
  const { vocab } = model;
  if (!vocab.isWordPiece) return;
  const flagOr = (key: string, fallback: boolean): boolean => {
    const value = model.metadata(`tokenizer.ggml.normalizer.${key}`);
    return value === undefined ? fallback : value === 'true';
  };
  const lowercase = flagOr('lowercase', true);
  const wordPiece = new WordPiece(vocab, {
    lowercase,
    stripAccents: flagOr('strip_accents', lowercase),
    // llama.cpp's default is the id that BERT itself has.
    unknownToken: Number(model.metadata('tokenizer.ggml.unknown_token_id') ?? 100),
  });
  vocab.useTokenizer((text, options) => wordPiece.tokenize(text, options));
}

export interface WordPieceTokens {
  /** Pieces that begin a word, without their mark. */
  readonly starts: ReadonlyMap<string, number>;
  /** Pieces that go on a word. */
  readonly rest: ReadonlyMap<string, number>;
  readonly unknown: number;
  /** Most UTF-16 units of a piece. */
  readonly maxLength: number;
}

/** The words that the pieces are taken from. */
export function wordsOf(text: string, { lowercase, stripAccents }: WordOptions): readonly string[] {
  let plain = text.replace(removed, '');
  if (stripAccents) plain = plain.normalize('NFD').replace(accents, '');
  // Letter by letter: a sigma at the end of a word becomes the same as any other.
  if (lowercase) plain = plain.replace(capitals, (letter) => letter.toLowerCase());
  return plain.match(words) ?? [];
}

/** Appends the longest pieces from the left; a word that cannot be made of pieces is one unknown token. */
export function appendPieces(word: string, tokens: WordPieceTokens, to: number[]): void {
  const { starts, rest, unknown, maxLength } = tokens;
  if (word.length > maxWordLetters && Array.from(word).length > maxWordLetters) {
    to.push(unknown);
    return;
  }
  const before = to.length;
  for (let from = 0; from < word.length; ) {
    const pieces = from === 0 ? starts : rest;
    let end = Math.min(word.length, from + maxLength);
    let id = pieces.get(word.slice(from, end));
    while (id === undefined && --end > from) id = pieces.get(word.slice(from, end));
    if (id === undefined) {
      to.length = before;
      to.push(unknown);
      return;
    }
    to.push(id);
    from = end;
  }
}

/** Tokenizes as a `Vocab` does. */
export class WordPiece {
  readonly #vocab: WordPieceVocab;
  readonly #options: WordPieceOptions;
  readonly #tokens: WordPieceTokens;
  readonly #specials = new Map<string, number>();
  /** Special tokens in a text, and those of them that are no control tokens: these are looked for in any case. */
  readonly #allSpecials: RegExp | undefined;
  readonly #ordinarySpecials: RegExp | undefined;

  constructor(vocab: WordPieceVocab, options: WordPieceOptions) {
    this.#vocab = vocab;
    this.#options = options;
    const starts = new Map<string, number>();
    const rest = new Map<string, number>();
    const ordinary: string[] = [];
    let maxLength = 1;
    for (let id = 0; id < vocab.nTokens; id++) {
      const { text, kind } = vocab.token(id);
      if (text === '' || kind === 'unused') continue;
      if (kind !== 'normal') {
        this.#specials.set(text, id);
        if (kind === 'userDefined') ordinary.push(text);
        continue;
      }
      const isStart = text.startsWith(wordMark);
      const piece = isStart ? text.slice(wordMark.length) : text;
      (isStart ? starts : rest).set(piece, id);
      maxLength = Math.max(maxLength, piece.length);
    }
    this.#tokens = { starts, rest, unknown: options.unknownToken, maxLength };
    this.#allSpecials = anyOf([...this.#specials.keys()]);
    this.#ordinarySpecials = anyOf(ordinary);
  }

  /** As `Vocab.tokenize`. */
  tokenize(text: string, options: { addSpecial: boolean; parseSpecial: boolean }): Int32Array {
    const { addSpecial, parseSpecial } = options;
    const { bosToken, sepToken } = this.#vocab;
    const ids: number[] = [];
    if (addSpecial && bosToken >= 0) ids.push(bosToken);
    const specials = parseSpecial ? this.#allSpecials : this.#ordinarySpecials;
    const parts = specials === undefined ? [text] : text.split(specials);
    for (const [i, part] of parts.entries()) {
      // The pattern's group puts what it matched at odd places.
      const special = i % 2 === 1 ? this.#specials.get(part) : undefined;
      if (special !== undefined) ids.push(special);
      else for (const word of wordsOf(part, this.#options)) appendPieces(word, this.#tokens, ids);
    }
    if (addSpecial && sepToken >= 0) ids.push(sepToken);
    return Int32Array.from(ids);
  }
}

/** Matches, as its group, any of the texts, the longest first; undefined without texts. */
function anyOf(texts: readonly string[]): RegExp | undefined {
  if (texts.length === 0) return undefined;
  const longestFirst = texts.toSorted((a, b) => b.length - a.length);
  return new RegExp(
    `(${longestFirst.map((text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|')})`,
  );
}
