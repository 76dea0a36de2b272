/** Byte-level byte-pair encoding out of tokenizer.json: GPT-2's way, used by Llama 3, Qwen and many others. */
import type { JsonValue } from '../../types/json.ts';
import { type ConfigReader, isJsonObject } from '../config.ts';
import { conversionError, quoted, unsupported } from '../error.ts';
import { maxTokens } from '../limits.ts';
import { text, texts } from '../metadata.ts';
import { addedTokensOf, TokenTable } from './added-tokens.ts';
import { preTokenizerName } from './pre-tokenizer.ts';
import { tokenType, type Vocabulary } from './types.ts';

/** `nTokens`: rows of the embedding. Throws `conversion_failed`, `not_implemented`. */
export function readByteLevelBpe(tokenizer: ConfigReader, model: ConfigReader, nTokens: number): Vocabulary {
  requireKnownNormalizer(tokenizer.raw('normalizer') ?? null);
  const table = new TokenTable(nTokens);
  for (const [token, id] of vocabularyOf(model)) table.set(id, token, tokenType.normal);
  table.setAdded(addedTokensOf(tokenizer));
  const pre = preTokenizerName(tokenizer, { ignoresMerges: model.flagOr('ignore_merges', false) });
  return {
    model: 'gpt2',
    tokens: table.tokens,
    types: table.types,
    ids: table.ids,
    metadata: [
      ['tokenizer.ggml.pre', text(pre)],
      ['tokenizer.ggml.merges', texts(mergesOf(model).map(([a, b]) => `${escaped(a)} ${escaped(b)}`))],
    ],
  };
}

/** llama.cpp normalises nothing; texts that are not in NFC are rare enough for every converter to accept this one. */
function requireKnownNormalizer(normalizer: JsonValue): void {
  if (normalizer === null) return;
  const type = isJsonObject(normalizer) ? normalizer.type : undefined;
  if (type === 'NFC') return;
  if (type === 'Sequence' && isJsonObject(normalizer) && Array.isArray(normalizer.normalizers)) {
    normalizer.normalizers.forEach(requireKnownNormalizer);
    return;
  }
  throw unsupported(`tokenizers with the normalizer ${quoted(String(type))} are not implemented yet`);
}

/** Token → id. */
export function vocabularyOf(model: ConfigReader): readonly (readonly [string, number])[] {
  const vocab = model.raw('vocab');
  if (!isJsonObject(vocab)) throw conversionError('tokenizer.json: "vocab" must be an object');
  return Object.entries(vocab).map(([token, id]) => {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= maxTokens)
      throw conversionError(`tokenizer.json: the token ${quoted(token)} must have an id`);
    return [token, id];
  });
}

/** Pairs in order of their rank: lists of two texts, or, older, one text with a space between. */
export function mergesOf(model: ConfigReader): readonly (readonly [string, string])[] {
  const merges = model.raw('merges');
  if (!Array.isArray(merges)) throw conversionError('tokenizer.json: "merges" must be a list');
  return merges.map((merge) => {
    const [a, b, ...more] = typeof merge === 'string' ? merge.split(' ') : Array.isArray(merge) ? merge : [];
    if (typeof a !== 'string' || typeof b !== 'string' || more.length > 0)
      throw conversionError('tokenizer.json: a merge must have two parts');
    return [a, b];
  });
}

/** GGUF separates the parts by a space; one inside a part is written as GPT-2 writes the byte. */
function escaped(part: string): string {
  return part.replaceAll(' ', 'Ġ');
}
