/** A vocabulary as GGUF stores it. */
import type { Metadata } from '../metadata.ts';

/** llama.h: `enum llama_token_type`; SentencePiece numbers its pieces in the same way. */
export const tokenType = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

export interface Vocabulary {
  /** `tokenizer.ggml.model`. */
  readonly model: 'gpt2' | 'llama' | 'bert' | 't5';
  /** Index = token id. */
  readonly tokens: readonly string[];
  /** Numbers of `tokenType`. */
  readonly types: readonly number[];
  readonly scores?: readonly number[];
  /** Further keys of this kind of tokenizer. */
  readonly metadata: Metadata;
  /** Ids by the text that the tokenizer's files use; added tokens included. */
  readonly ids: ReadonlyMap<string, number>;
  /** Roles that the tokenizer's own files give: role → id. */
  readonly roles?: Readonly<Partial<Record<'bos' | 'eos' | 'unk' | 'pad', number>>>;
}
