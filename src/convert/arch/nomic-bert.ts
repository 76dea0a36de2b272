/** Nomic's BERT: rotated positions, a gated feed-forward part, no biases but those of the norms. */
import type { ConfigReader } from '../config.ts';
import { conversionError, quoted, unsupported } from '../error.ts';
import { maxContext, maxLayers, maxWidth } from '../limits.ts';
import { flag, float, uint } from '../metadata.ts';
import { pair } from './bert.ts';
import { inputLength, poolingMetadata } from './sentence-transformers.ts';
import type { ReadArchitecture, TensorRule } from './types.ts';

const rules: readonly TensorRule[] = [
  { from: 'embeddings.word_embeddings.weight', to: 'token_embd.weight' },
  { from: 'embeddings.token_type_embeddings.weight', to: 'token_types.weight' },
  ...pair('emb_ln', 'token_embd_norm'),
  { from: 'encoder.layers.{l}.attn.Wqkv.weight', to: 'blk.{l}.attn_qkv.weight' },
  { from: 'encoder.layers.{l}.attn.out_proj.weight', to: 'blk.{l}.attn_output.weight' },
  ...pair('encoder.layers.{l}.norm1', 'blk.{l}.attn_output_norm'),
  { from: 'encoder.layers.{l}.mlp.fc11.weight', to: 'blk.{l}.ffn_up.weight' },
  { from: 'encoder.layers.{l}.mlp.fc12.weight', to: 'blk.{l}.ffn_gate.weight' },
  { from: 'encoder.layers.{l}.mlp.fc2.weight', to: 'blk.{l}.ffn_down.weight' },
  ...pair('encoder.layers.{l}.norm2', 'blk.{l}.layer_output_norm'),
];

/** Keys of Nomic's own code, or those that transformers has given them since. */
export const readNomicBert: ReadArchitecture = async ({ config, folder }) => {
  requireKnown(config);
  const width = { min: 1, max: maxWidth };
  const either = (own: string, later: string, range: typeof width): number =>
    config.integerOr(own, range, undefined) ?? config.integer(later, range);
  const nLayers = either('n_layer', 'num_hidden_layers', { min: 1, max: maxLayers });
  const nPositions = either('n_positions', 'max_position_embeddings', { min: 1, max: maxContext });
  // Published models were trained on shorter texts; beyond those the rotations would have to be stretched.
  const nTrained = config.integerOr('max_trained_positions', { min: 1, max: maxContext }, 2048);
  const nCtx = Math.min(nPositions, nTrained);
  const rope = config.objectOr('rope_parameters', undefined);
  const base = rope?.numberOr('rope_theta', undefined) ?? config.numberOr('rotary_emb_base', 1000);
  if (base <= 0) throw conversionError('config.json: the rotary embedding makes no sense');
  const eps = config.numberOr('layer_norm_epsilon', undefined) ?? config.numberOr('layer_norm_eps', 1e-12);
  const nTypes = config.integerOr('type_vocab_size', { min: 1, max: 1024 }, 2);
  return {
    name: 'nomic-bert',
    metadata: [
      ['nomic-bert.context_length', uint(nCtx)],
      ['nomic-bert.embedding_length', uint(either('n_embd', 'hidden_size', width))],
      ['nomic-bert.block_count', uint(nLayers)],
      ['nomic-bert.feed_forward_length', uint(either('n_inner', 'intermediate_size', width))],
      [
        'nomic-bert.attention.head_count',
        uint(either('n_head', 'num_attention_heads', { min: 1, max: 4096 })),
      ],
      ['nomic-bert.attention.layer_norm_epsilon', float(eps)],
      ['nomic-bert.attention.causal', flag(false)],
      ['nomic-bert.rope.freq_base', float(base)],
      ['tokenizer.ggml.token_type_count', uint(nTypes)],
      ...(await poolingMetadata('nomic-bert', folder)),
      ...(await inputLength(folder, nCtx)),
    ],
    nLayers,
    rules,
    prefixes: ['', 'bert.'],
    probe: 'embeddings.word_embeddings.weight',
    ignored: /^(?:pooler\.|cls\.)|(?:^|\.)embeddings\.position_ids$/,
    tokenizer: 'wordpiece',
  };
};

/** What llama.cpp takes for granted of this architecture. */
function requireKnown(config: ConfigReader): void {
  const wanted = {
    prenorm: false,
    causal: false,
    qkv_proj_bias: false,
    mlp_fc1_bias: false,
    mlp_fc2_bias: false,
    rotary_emb_fraction: 1,
    rotary_emb_interleaved: false,
    activation_function: 'swiglu',
    hidden_act: 'silu',
    moe_every_n_layers: 0,
  };
  for (const [key, value] of Object.entries(wanted)) {
    const actual = config.raw(key);
    if (actual !== undefined && actual !== value)
      throw unsupported(
        `Nomic models with ${quoted(key)} of ${quoted(String(actual))} are not implemented yet`,
      );
  }
  const type = config.objectOr('rope_parameters', undefined)?.textOr('rope_type', 'default') ?? 'default';
  if (type !== 'default')
    throw unsupported(`rotary embeddings of type ${quoted(type)} are not implemented for Nomic's BERT`);
}
