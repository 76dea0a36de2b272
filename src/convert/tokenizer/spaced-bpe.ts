/**
 * Byte-pair encoding in SentencePiece's way out of tokenizer.json: spaces as ▁, unknown characters as bytes. GGUF has no
 * merges for it but scores: what is merged first has the highest.
 */

import type { JsonValue } from '../../types/json.ts';
import { type ConfigReader, isJsonObject } from '../config.ts';
import { unsupported } from '../error.ts';
import { addedTokensOf, TokenTable } from './added-tokens.ts';
import { mergesOf, vocabularyOf } from './bpe.ts';
import { spaceMetadata } from './sentencepiece.ts';
import { tokenType, type Vocabulary } from './types.ts';

/** `nTokens`: rows of the embedding. Throws `conversion_failed`, `not_implemented`. */
export function readSpacedBpe(tokenizer: ConfigReader, model: ConfigReader, nTokens: number): Vocabulary {
  if (!model.flagOr('byte_fallback', false))
    throw unsupported('this kind of tokenizer is not implemented yet');
  const table = new TokenTable(nTokens);
  const scores = new Array<number>(nTokens).fill(-10_000);
  const ranks = ranksOf(model);
  const unknown = model.textOr('unk_token', undefined);
  for (const [token, id] of vocabularyOf(model)) {
    const isByte = /^<0x[0-9A-F]{2}>$/.test(token);
    const type = isByte ? tokenType.byte : token === unknown ? tokenType.unknown : tokenType.normal;
    table.set(id, token, type);
    // Single characters are never the result of a merge; their scores do not matter.
    scores[id] = -(ranks.get(token) ?? ranks.size);
  }
  const added = addedTokensOf(tokenizer).filter(({ content }) => content !== unknown);
  for (const id of table.setAdded(added)) scores[id] = -1000;
  return {
    model: 'llama',
    tokens: table.tokens,
    types: table.types,
    scores,
    ids: table.ids,
    metadata: spaceMetadata(addsPrefix(tokenizer)),
  };
}

/**
 * Token → rank among the results of merges. All ways to make one token must follow each other, as they do where the list
 * was made from SentencePiece's scores; otherwise scores cannot express it.
 */
function ranksOf(model: ConfigReader): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  let last = '';
  for (const [a, b] of mergesOf(model)) {
    const token = a + b;
    if (token !== last && ranks.has(token))
      throw unsupported('this tokenizer cannot be converted without its file tokenizer.model');
    if (token !== last) ranks.set(token, ranks.size);
    last = token;
  }
  return ranks;
}

/** Whether a space is put before the text: by a normalizer that prepends ▁, or by the Metaspace pre-tokenizer. */
function addsPrefix(tokenizer: ConfigReader): boolean {
  const steps = [
    ...flatten(tokenizer.raw('normalizer') ?? null),
    ...flatten(tokenizer.raw('pre_tokenizer') ?? null),
  ];
  let prefix = false;
  for (const step of steps) {
    switch (step.type) {
      case 'Prepend':
        prefix ||= step.prepend === '▁';
        break;
      case 'Metaspace':
        prefix ||=
          step.prepend_scheme === undefined
            ? step.add_prefix_space !== false
            : step.prepend_scheme !== 'never';
        break;
      case 'Replace':
      // Gemma's: divides at spaces that its normalizer has replaced already, so nothing is divided.
      case 'Split':
        break;
      default:
        throw unsupported(`this tokenizer is not implemented yet (${String(step.type)})`);
    }
  }
  return prefix;
}

function flatten(value: JsonValue): readonly { readonly [key: string]: JsonValue }[] {
  if (!isJsonObject(value)) return [];
  if (value.type !== 'Sequence') return [value];
  const inner = value.normalizers ?? value.pretokenizers;
  return Array.isArray(inner) ? inner.flatMap(flatten) : [];
}
