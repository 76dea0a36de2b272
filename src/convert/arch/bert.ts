/** BERT and what is built like it: encoders that give embeddings, such as MiniLM, BGE and E5. */
import type { ConfigReader } from '../config.ts';
import { isJsonObject } from '../config.ts';
import { conversionError, quoted, unsupported } from '../error.ts';
import type { ModelFolder } from '../folder.ts';
import { maxConfigBytes, maxContext, maxLayers, maxWidth } from '../limits.ts';
import { flag, float, type Metadata, uint } from '../metadata.ts';
import { requireActivation } from './decoder.ts';
import type { ReadArchitecture, TensorRule } from './types.ts';

/** Weight and bias. */
function pair(from: string, to: string): readonly TensorRule[] {
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

export const readBert: ReadArchitecture = async ({ config, folder }) => {
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
      ['bert.context_length', uint(config.integer('max_position_embeddings', { min: 1, max: maxContext }))],
      ['bert.embedding_length', uint(config.integer('hidden_size', width))],
      ['bert.block_count', uint(nLayers)],
      ['bert.feed_forward_length', uint(config.integer('intermediate_size', width))],
      ['bert.attention.head_count', uint(config.integer('num_attention_heads', { min: 1, max: 4096 }))],
      ['bert.attention.layer_norm_epsilon', float(config.numberOr('layer_norm_eps', 1e-12))],
      ['bert.attention.causal', flag(false)],
      ['tokenizer.ggml.token_type_count', uint(nTypes)],
      ...(await poolingMetadata(folder)),
    ],
    nLayers,
    rules,
    prefixes: ['', 'bert.'],
    probe: 'embeddings.word_embeddings.weight',
    // The pooler is for the training task, `cls` for guessing masked words; position_ids is a list of 0, 1, 2 …
    ignored: /^(?:pooler\.|cls\.)|(?:^|\.)embeddings\.position_ids$/,
    tokenizer: 'wordpiece',
  };
};

/** llama.h: `enum llama_pooling_type`. */
const poolingTypes = { mean: 1, cls: 2, lasttoken: 3 } as const;

/**
 * How sentence-transformers makes one embedding out of those of the tokens: modules.json names the folder with the
 * pooling's configuration. Without it the mean is taken, as sentence-transformers does.
 */
async function poolingMetadata(folder: ModelFolder): Promise<Metadata> {
  const modules = (await folder.readValue('modules.json', maxConfigBytes)) ?? [];
  if (!Array.isArray(modules)) throw conversionError('modules.json must be a list');
  let pooling: ConfigReader | undefined;
  for (const item of modules) {
    const { type, path } = isJsonObject(item) ? item : {};
    const kind = typeof type === 'string' ? type.split('.').at(-1) : undefined;
    if (kind === 'Pooling') pooling = await folder.readJson(`${String(path)}/config.json`);
    else if (kind !== 'Transformer' && kind !== 'Normalize')
      throw unsupported(`models with the module ${quoted(String(kind))} are not implemented yet`);
  }
  return [['bert.pooling_type', uint(pooling === undefined ? poolingTypes.mean : poolingTypeOf(pooling))]];
}

function poolingTypeOf(pooling: ConfigReader): number {
  const old = {
    pooling_mode_mean_tokens: 'mean',
    pooling_mode_cls_token: 'cls',
    pooling_mode_lasttoken: 'lasttoken',
  };
  const known = Object.entries(old).filter(([key]) => pooling.flagOr(key, false));
  const isOther = pooling
    .keys()
    .some((key) => key.startsWith('pooling_mode_') && !Object.hasOwn(old, key) && pooling.raw(key) === true);
  const mode = known.length === 1 && !isOther ? known[0]?.[1] : pooling.textOr('pooling_mode', '');
  if (mode === 'mean' || mode === 'cls' || mode === 'lasttoken') return poolingTypes[mode];
  throw unsupported('this way of pooling embeddings is not implemented');
}
