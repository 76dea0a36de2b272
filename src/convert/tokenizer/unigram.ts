/**
 * SentencePiece's unigram models out of tokenizer.json, as XLM-RoBERTa has them: of all ways to divide a text the likeliest is
 * taken. GGUF calls this kind `t5`.
 */
import type { JsonValue } from '../../types/json.ts';
import { type ConfigReader, isJsonObject } from '../config.ts';
import { conversionError, unsupported } from '../error.ts';
import { maxTokens } from '../limits.ts';
import { bytes, flag } from '../metadata.ts';
import { addedTokensOf, TokenTable } from './added-tokens.ts';
import { spaceMetadata } from './sentencepiece.ts';
import { tokenType, type Vocabulary } from './types.ts';

/** `nTokens`: rows of the embedding. Throws `conversion_failed`, `not_implemented`. */
export function readUnigram(tokenizer: ConfigReader, model: ConfigReader, nTokens: number): Vocabulary {
  if (model.flagOr('byte_fallback', false))
    throw unsupported('unigram tokenizers with bytes for unknown characters are not implemented yet');
  const vocab = model.raw('vocab');
  if (!Array.isArray(vocab) || vocab.length > maxTokens)
    throw conversionError('tokenizer.json: "vocab" must be a list of tokens');
  const unknownId = model.integer('unk_id', { min: 0, max: maxTokens });
  const table = new TokenTable(nTokens);
  const scores = new Array<number>(nTokens).fill(-10_000);
  vocab.forEach((item, id) => {
    const [text, score, ...more] = Array.isArray(item) ? item : [];
    if (typeof text !== 'string' || typeof score !== 'number' || more.length > 0)
      throw conversionError('tokenizer.json: a token must have a text and a score');
    table.set(id, text, tokenType.normal);
    scores[id] = score;
  });
  table.setAdded(addedTokensOf(tokenizer));
  table.setType(unknownId, tokenType.unknown);
  requireSpaces(tokenizer.raw('pre_tokenizer') ?? null);
  const charsMap = charsMapOf(tokenizer.raw('normalizer') ?? null);
  return {
    model: 't5',
    tokens: table.tokens,
    types: table.types,
    scores,
    ids: table.ids,
    metadata: [
      ...spaceMetadata(true),
      ['tokenizer.ggml.remove_extra_whitespaces', flag(true)],
      ...(charsMap === undefined ? [] : [['tokenizer.ggml.precompiled_charsmap', bytes(charsMap)] as const]),
    ],
    roles: { unk: unknownId },
  };
}

/** Words are what stands between spaces, each with one in front. */
function requireSpaces(value: JsonValue): void {
  const steps = flatten(value, 'pretokenizers');
  const last = steps.at(-1);
  const known = steps.slice(0, -1).every(({ type }) => type === 'WhitespaceSplit');
  const addsPrefix =
    last?.prepend_scheme === undefined ? last?.add_prefix_space !== false : last.prepend_scheme === 'always';
  if (!known || last?.type !== 'Metaspace' || !addsPrefix)
    throw unsupported('this way of dividing texts into words is not implemented yet');
}

/** SentencePiece's own table of characters; what some folders do to spaces beside it, llama.cpp does anyway. */
function charsMapOf(value: JsonValue): Buffer | undefined {
  let charsMap: Buffer | undefined;
  for (const step of flatten(value, 'normalizers')) {
    if (step.type === 'Precompiled' && typeof step.precompiled_charsmap === 'string')
      charsMap = Buffer.from(step.precompiled_charsmap, 'base64');
    else if (step.type !== 'Strip' && !(step.type === 'Replace' && isSpaces(step)))
      throw unsupported(`this tokenizer is not implemented yet (${String(step.type)})`);
  }
  return charsMap;
}

/** Several spaces become one. */
function isSpaces({ pattern, content }: Readonly<Record<string, JsonValue>>): boolean {
  return isJsonObject(pattern) && pattern.Regex === ' {2,}' && (content === ' ' || content === '▁');
}

function flatten(value: JsonValue, key: string): readonly { readonly [name: string]: JsonValue }[] {
  if (!isJsonObject(value)) return [];
  const inner = value[key];
  return value.type === 'Sequence' && Array.isArray(inner)
    ? inner.flatMap((item) => flatten(item, key))
    : [value];
}
