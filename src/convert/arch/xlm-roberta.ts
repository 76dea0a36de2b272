/** XLM-RoBERTa: BERT for many languages, such as BGE-M3 and multilingual E5; positions are counted from behind the padding. */
import type { ConfigReader } from '../config.ts';
import { conversionError } from '../error.ts';
import { maxContext } from '../limits.ts';
import { uint } from '../metadata.ts';
import { pair, positionsOf, readEncoder, requireOneScore } from './bert.ts';
import { inputLength, poolingMetadata, poolingTypes } from './sentence-transformers.ts';
import type { Architecture, ReadArchitecture } from './types.ts';

const shared = { prefixes: ['', 'roberta.'], tokenizer: 'unigram' } satisfies Partial<Architecture>;

/** Embeds. */
export const readXlmRoberta: ReadArchitecture = async ({ config, folder }) => {
  const nUnused = unusedPositions(config);
  const more = [
    ...(await poolingMetadata('bert', folder)),
    ...(await inputLength(folder, positionsOf(config) - nUnused)),
  ];
  return {
    ...readEncoder(config, more, nUnused),
    ...shared,
    // The pooler is for the training task, `lm_head` for guessing masked words.
    ignored: /^(?:pooler\.|\/?lm_head\.)|(?:^|\.)embeddings\.position_ids$/,
  };
};

/** Scores pairs of texts by a layer and a classifier on the state of the first token. */
export const readXlmRobertaClassifier: ReadArchitecture = async ({ config, folder, tensors }) => {
  requireOneScore(tensors.get('classifier.out_proj.weight'));
  const nUnused = unusedPositions(config);
  const more = [
    ['bert.pooling_type', uint(poolingTypes.rank)] as const,
    ...(await inputLength(folder, positionsOf(config) - nUnused)),
  ];
  const encoder = readEncoder(config, more, nUnused);
  return {
    ...encoder,
    ...shared,
    rules: [
      ...encoder.rules,
      ...pair('/classifier.dense', 'cls'),
      ...pair('/classifier.out_proj', 'cls.output'),
    ],
    prefixes: ['roberta.'],
    ignored: /^embeddings\.position_ids$/,
  };
};

/** The rows up to that of the padding belong to no position (transformers: `create_position_ids_from_input_ids`). */
function unusedPositions(config: ConfigReader): number {
  const nUnused = config.integerOr('pad_token_id', { min: 0, max: maxContext }, 1) + 1;
  if (nUnused >= positionsOf(config)) throw conversionError('config.json: there are no positions');
  return nUnused;
}
