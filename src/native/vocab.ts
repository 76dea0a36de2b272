/** A model's vocabulary: text to tokens and back. Lives as long as its model. */
import koffi from 'koffi';
import type { LlamaFunctions } from './functions.ts';
import type { Pointer } from './structs.ts';

/** llama.h: `LLAMA_VOCAB_TYPE_WPM`. */
const wordPieceType = 3;

/** llama.h: `enum llama_token_attr`, as far as tokenizers care. */
const attributeKinds = [
  [1 << 0, 'unknown'],
  [1 << 1, 'unused'],
  [1 << 3, 'control'],
  [1 << 4, 'userDefined'],
] as const;

export type TokenKind = (typeof attributeKinds)[number][1] | 'normal';

export type Tokenize = (
  text: string,
  options: { readonly addSpecial: boolean; readonly parseSpecial: boolean },
) => Int32Array;

export class Vocab {
  readonly pointer: Pointer;
  readonly nTokens: number;
  /** -1 = the model has none. */
  readonly bosToken: number;
  readonly eosToken: number;
  readonly sepToken: number;
  readonly addsBos: boolean;
  readonly addsEos: boolean;
  readonly addsSep: boolean;
  /** BERT's way to divide words. */
  readonly isWordPiece: boolean;
  readonly #llama: LlamaFunctions;
  #tokenizer: Tokenize | undefined;

  constructor(llama: LlamaFunctions, pointer: Pointer) {
    this.#llama = llama;
    this.pointer = pointer;
    this.nTokens = llama.llama_vocab_n_tokens(pointer);
    this.bosToken = llama.llama_vocab_bos(pointer);
    this.eosToken = llama.llama_vocab_eos(pointer);
    this.sepToken = llama.llama_vocab_sep(pointer);
    this.addsBos = llama.llama_vocab_get_add_bos(pointer);
    this.addsEos = llama.llama_vocab_get_add_eos(pointer);
    this.addsSep = llama.llama_vocab_get_add_sep(pointer);
    this.isWordPiece = llama.llama_vocab_type(pointer) === wordPieceType;
  }

  /** True for tokens that end a generation (end of text, end of turn …). */
  isEog(token: number): boolean {
    return this.#llama.llama_vocab_is_eog(this.pointer, token);
  }

  /** Tokens that the model's metadata forbids to generate. */
  suppressedTokens(): Int32Array {
    const count = new Int32Array(1);
    const tokens = this.#llama.llama_vocab_get_suppress_tokens(this.pointer, count);
    const length = count[0] ?? 0;
    if (tokens === null || length <= 0) return new Int32Array(0);
    return new Int32Array(koffi.view(tokens, length * 4)).slice();
  }

  /** A token as the file has it. */
  token(id: number): { readonly text: string; readonly kind: TokenKind } {
    const attributes = this.#llama.llama_vocab_get_attr(this.pointer, id);
    const kind = attributeKinds.find(([bit]) => (attributes & bit) !== 0)?.[1] ?? 'normal';
    return { text: this.#llama.llama_vocab_get_text(this.pointer, id), kind };
  }

  /** Has texts divided by another than llama.cpp's own. */
  useTokenizer(tokenizer: Tokenize): void {
    this.#tokenizer = tokenizer;
  }

  /** llama.h: `llama_tokenize`. Lone surrogates of `text` become U+FFFD. */
  tokenize(text: string, options: { addSpecial: boolean; parseSpecial: boolean }): Int32Array {
    if (this.#tokenizer !== undefined) return this.#tokenizer(text, options);
    const bytes = Buffer.from(text, 'utf8');
    // Most texts give fewer tokens than bytes; the call answers with the negated need when they don't.
    let tokens = new Int32Array(bytes.length + 8);
    let count = this.#tokenizeInto(bytes, tokens, options);
    if (count < 0) {
      tokens = new Int32Array(-count);
      count = this.#tokenizeInto(bytes, tokens, options);
    }
    if (count < 0) throw new RangeError('the text has too many tokens');
    return tokens.subarray(0, count);
  }

  /** The bytes of one token, special tokens as their text; may be a part of a character, may be empty. */
  piece(token: number): Uint8Array {
    let buffer = new Uint8Array(64);
    let length = this.#llama.llama_token_to_piece(this.pointer, token, buffer, buffer.length, 0, true);
    if (length < 0) {
      buffer = new Uint8Array(-length);
      length = this.#llama.llama_token_to_piece(this.pointer, token, buffer, buffer.length, 0, true);
    }
    return buffer.slice(0, Math.max(length, 0));
  }

  /** llama.h: `llama_detokenize`. `special`: render special tokens as their text. */
  detokenize(tokens: Int32Array, special: boolean): string {
    let buffer = new Uint8Array(tokens.length * 8 + 64);
    let length = this.#detokenizeInto(tokens, buffer, special);
    if (length < 0) {
      buffer = new Uint8Array(-length);
      length = this.#detokenizeInto(tokens, buffer, special);
    }
    return Buffer.from(buffer.buffer, 0, Math.max(length, 0)).toString('utf8');
  }

  #tokenizeInto(
    bytes: Uint8Array,
    tokens: Int32Array,
    options: { addSpecial: boolean; parseSpecial: boolean },
  ): number {
    const { addSpecial, parseSpecial } = options;
    return this.#llama.llama_tokenize(
      this.pointer,
      bytes,
      bytes.length,
      tokens,
      tokens.length,
      addSpecial,
      parseSpecial,
    );
  }

  #detokenizeInto(tokens: Int32Array, buffer: Uint8Array, special: boolean): number {
    return this.#llama.llama_detokenize(
      this.pointer,
      tokens,
      tokens.length,
      buffer,
      buffer.length,
      false,
      special,
    );
  }
}
