/** Tokens that were added to a vocabulary: control tokens, and texts that are never divided. */
import type { ConfigReader } from '../config.ts';
import { isJsonObject } from '../config.ts';
import { conversionError, quoted } from '../error.ts';
import { maxTokens } from '../limits.ts';
import { tokenType } from './types.ts';

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
}

/** From `added_tokens` of tokenizer.json. */
export function addedTokensOf(tokenizer: ConfigReader): readonly AddedToken[] {
  const list = tokenizer.raw('added_tokens');
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw conversionError('tokenizer.json: "added_tokens" must be a list');
  return list.map((item) => readToken(item, isJsonObject(item) ? item.id : undefined, 'tokenizer.json'));
}

/** From `added_tokens_decoder` of tokenizer_config.json, or the older added_tokens.json. */
export function addedTokensOfConfig(
  tokenizerConfig: ConfigReader | undefined,
  addedTokens: ConfigReader | undefined,
): readonly AddedToken[] {
  const older = (addedTokens?.keys() ?? []).map((content) =>
    readToken({ content, special: false }, addedTokens?.raw(content), 'added_tokens.json'),
  );
  const decoder = tokenizerConfig?.objectOr('added_tokens_decoder', undefined);
  const newer = (decoder?.keys() ?? []).map((id) =>
    readToken(decoder?.raw(id), Number(id), 'tokenizer_config.json'),
  );
  return [...older, ...newer];
}

function readToken(value: unknown, id: unknown, what: string): AddedToken {
  const token = typeof value === 'object' && value !== null ? value : {};
  const content = 'content' in token ? token.content : undefined;
  if (
    typeof content !== 'string' ||
    typeof id !== 'number' ||
    !Number.isInteger(id) ||
    id < 0 ||
    id >= maxTokens
  )
    throw conversionError(`${what}: an added token must have a text and an id`);
  return { id, content, special: 'special' in token && token.special === true };
}

/** Some models do not mark all of their control tokens as special; these are recognised by their looks, as llama.cpp does. */
function looksSpecial(text: string): boolean {
  return (
    ['<pad>', '<mask>', '<2mass>', '[@BOS@]'].includes(text) ||
    (text.startsWith('<|') && text.endsWith('|>')) ||
    (text.startsWith('<｜') && text.endsWith('｜>')) ||
    (text.startsWith('<unused') && text.endsWith('>'))
  );
}

/** Type and text in GGUF: texts of tokens that are no control tokens are written with plain spaces. */
export function describeAdded(token: AddedToken): { readonly text: string; readonly type: number } {
  return token.special || looksSpecial(token.content)
    ? { text: token.content, type: tokenType.control }
    : { text: token.content.replaceAll('▁', ' '), type: tokenType.userDefined };
}

/** Fills the ids up to `nTokens` that have no token. Throws `conversion_failed` when there are more tokens than that. */
export class TokenTable {
  readonly tokens: string[] = [];
  readonly types: number[] = [];
  readonly ids = new Map<string, number>();
  readonly #nTokens: number;

  constructor(nTokens: number) {
    this.#nTokens = nTokens;
    for (let id = 0; id < nTokens; id++) {
      this.tokens.push(`[PAD${id}]`);
      this.types.push(tokenType.unused);
    }
  }

  /** `name`: what the tokenizer's files call the token, if not as GGUF does. */
  set(id: number, text: string, type: number, name = text): void {
    if (id >= this.#nTokens)
      throw conversionError(
        `the token ${quoted(text)} has the id ${id}, but the embedding has ${this.#nTokens} rows only`,
      );
    this.tokens[id] = text;
    this.types[id] = type;
    this.ids.set(name, id);
  }

  /** For a token that is there. */
  setType(id: number, type: number): void {
    if (id < this.#nTokens) this.types[id] = type;
  }

  /**
   * Returns the ids. Tokens behind the last row of the embedding are left out, as the model can never see them: Gemma 3's text models
   * name one for images, fine-tuned ones a padding.
   */
  setAdded(tokens: readonly AddedToken[]): readonly number[] {
    const usable = tokens.filter(({ id }) => id < this.#nTokens);
    for (const token of usable) {
      const { text, type } = describeAdded(token);
      this.set(token.id, text, type, token.content);
    }
    return usable.map(({ id }) => id);
  }
}
