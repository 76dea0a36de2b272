/** WordPiece, BERT's tokenizer: GGUF marks the beginnings of words with ▁ where BERT marks their continuations with ##. */
import { type ConfigReader, isJsonObject } from '../config.ts';
import { unsupported } from '../error.ts';
import { flag, type Metadata } from '../metadata.ts';
import { addedTokensOf, TokenTable } from './added-tokens.ts';
import { vocabularyOf } from './bpe.ts';
import { tokenType, type Vocabulary } from './types.ts';

/** `nTokens`: rows of the embedding. Throws `conversion_failed`, `not_implemented`. */
export function readWordPiece(tokenizer: ConfigReader, model: ConfigReader, nTokens: number): Vocabulary {
  const prefix = model.textOr('continuing_subword_prefix', '##');
  const table = new TokenTable(nTokens);
  const unknown = model.textOr('unk_token', '[UNK]');
  const added = addedTokensOf(tokenizer);
  const special = new Set(added.filter((token) => token.special).map((token) => token.content));
  for (const [token, id] of vocabularyOf(model)) {
    if (special.has(token)) continue;
    const text = token.startsWith(prefix) ? token.slice(prefix.length) : `▁${token}`;
    table.set(id, text, tokenType.normal, token);
  }
  table.setAdded(added);
  const unknownId = table.ids.get(unknown);
  return {
    model: 'bert',
    tokens: table.tokens,
    types: table.types,
    ids: table.ids,
    metadata: normalizerMetadata(tokenizer),
    ...(unknownId === undefined ? {} : { roles: { unk: unknownId } }),
  };
}

/** BERT's normalizer, whose options llama.cpp knows; accents are removed with capitals unless it is said otherwise. */
function normalizerMetadata(tokenizer: ConfigReader): Metadata {
  const value = tokenizer.raw('normalizer');
  const normalizer = tokenizer.objectOr('normalizer', undefined);
  if (!isJsonObject(value) || value.type !== 'BertNormalizer' || normalizer === undefined)
    throw unsupported('WordPiece tokenizers without the BertNormalizer are not implemented yet');
  const lowercase = normalizer.flagOr('lowercase', true);
  return [
    ['tokenizer.ggml.normalizer.lowercase', flag(lowercase)],
    ['tokenizer.ggml.normalizer.strip_accents', flag(normalizer.flagOr('strip_accents', lowercase))],
  ];
}
