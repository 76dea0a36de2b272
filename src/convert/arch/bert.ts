/** BERT and what is built like it: encoders that give embeddings, such as MiniLM, BGE and E5, and cross-encoders that score pairs. */
import type { ConfigReader } from '../config.ts';
import { quoted, unsupported } from '../error.ts';
import { maxContext, maxLayers, maxWidth } from '../limits.ts';
import { flag, float, type Metadata, uint } from '../metadata.ts';
import type { SourceTensor } from '../safetensors/weights.ts';
import { requireActivation } from './decoder.ts';
import { inputLength, poolingMetadata, poolingTypes } from './sentence-transformers.ts';
import type { Architecture, ReadArchitecture, TensorRule } from './types.ts';

/** Weight and bias. */
export function pair(from: string, to: string): readonly TensorRule[] {
  return [
    { from: `${from}.weight`, to: `${to}.weight` },
    { from: `${from}.bias`, to: `${to}.bias` },
  ];
}

const rules: readonly TensorRule[] = [
  { from: 'embeddings.word_embeddings.weight', to: 'token_embd.weight' },
  { from: 'embeddings.position_embeddings.weight', to: 'position_embd.weight' },
  { from: 'embeddings.token_type_embeddings.weight', to: 'token_types.weight' },
  ...pair('embeddings.LayerNorm', 'token_embd_norm'),
  ...pair('encoder.layer.{l}.attention.self.query', 'blk.{l}.attn_q'),
  ...pair('encoder.layer.{l}.attention.self.key', 'blk.{l}.attn_k'),
  ...pair('encoder.layer.{l}.attention.self.value', 'blk.{l}.attn_v'),
  ...pair('encoder.layer.{l}.attention.output.dense', 'blk.{l}.attn_output'),
  ...pair('encoder.layer.{l}.attention.output.LayerNorm', 'blk.{l}.attn_output_norm'),
  ...pair('encoder.layer.{l}.intermediate.dense', 'blk.{l}.ffn_up'),
  ...pair('encoder.layer.{l}.output.dense', 'blk.{l}.ffn_down'),
  ...pair('encoder.layer.{l}.output.LayerNorm', 'blk.{l}.layer_output_norm'),
];

/** Embeds. */
export const readBert: ReadArchitecture = async ({ config, folder }) => ({
  ...readEncoder(config, [
    ...(await poolingMetadata('bert', folder)),
    ...(await inputLength(folder, positionsOf(config))),
  ]),
  // The pooler is for the training task, `cls` for guessing masked words; position_ids is a list of 0, 1, 2 …
  ignored: /^(?:pooler\.|cls\.)|(?:^|\.)embeddings\.position_ids$/,
});

/** Scores pairs of texts: the pooler's layer, then the classifier's, on the state of the first token. */
export const readBertClassifier: ReadArchitecture = async ({ config, folder, tensors }) => {
  requireOneScore(tensors.get('classifier.weight'));
  const encoder = readEncoder(config, [
    ['bert.pooling_type', uint(poolingTypes.rank)],
    ...(await inputLength(folder, positionsOf(config))),
  ]);
  return {
    ...encoder,
    rules: [...encoder.rules, ...pair('pooler.dense', 'cls'), ...pair('/classifier', 'cls.output')],
    prefixes: ['bert.'],
    ignored: /^embeddings\.position_ids$/,
  };
};

export function requireOneScore(classifier: SourceTensor | undefined): void {
  const nScores = classifier?.shape[0];
  if (nScores !== undefined && nScores !== 1)
    throw unsupported(`classifiers with ${nScores} classes are not implemented: rerankers give one score`);
}

/** `nUnused`: rows at the beginning of the position embeddings that no position has. */
export function readEncoder(
  config: ConfigReader,
  more: Metadata,
  nUnused = 0,
): Omit<Architecture, 'ignored'> {
  requireActivation(config, 'hidden_act', ['gelu']);
  const positions = config.textOr('position_embedding_type', 'absolute');
  if (positions !== 'absolute')
    throw unsupported(`position embeddings of type ${quoted(positions)} are not implemented for BERT`);
  const width = { min: 1, max: maxWidth };
  const nLayers = config.integer('num_hidden_layers', { min: 1, max: maxLayers });
  const nTypes = config.integerOr('type_vocab_size', { min: 1, max: 1024 }, 2);
  return {
    name: 'bert',
    metadata: [
      ['bert.context_length', uint(positionsOf(config) - nUnused)],
      ['bert.embedding_length', uint(config.integer('hidden_size', width))],
      ['bert.block_count', uint(nLayers)],
      ['bert.feed_forward_length', uint(config.integer('intermediate_size', width))],
      ['bert.attention.head_count', uint(config.integer('num_attention_heads', { min: 1, max: 4096 }))],
      ['bert.attention.layer_norm_epsilon', float(config.numberOr('layer_norm_eps', 1e-12))],
      ['bert.attention.causal', flag(false)],
      ['tokenizer.ggml.token_type_count', uint(nTypes)],
      ...more,
    ],
    nLayers,
    rules:
      nUnused === 0
        ? rules
        : rules.map((rule) => (rule.to === 'position_embd.weight' ? { ...rule, skipRows: nUnused } : rule)),
    prefixes: ['', 'bert.'],
    probe: 'embeddings.word_embeddings.weight',
    tokenizer: 'wordpiece',
  };
}

export function positionsOf(config: ConfigReader): number {
  return config.integer('max_position_embeddings', { min: 1, max: maxContext });
}
