/** What the decoder-only families share: the usual hyperparameters and the usual names of tensors. */
import type { ConfigReader } from '../config.ts';
import { conversionError, quoted, unsupported } from '../error.ts';
import { maxContext, maxLayers, maxWidth } from '../limits.ts';
import { float, type Metadata, uint } from '../metadata.ts';
import { type Rope, ropeMetadata } from '../rope.ts';
import type { TensorRule } from './types.ts';

export interface DecoderShape {
  readonly nLayers: number;
  readonly nEmbd: number;
  readonly nHeads: number;
  readonly nHeadsKv: number;
  readonly headDim: number;
  readonly nCtx: number;
  readonly nFeedForward: number;
  readonly rmsEps: number;
}

/** Defaults are those of the family's configuration class in transformers, where config.json may leave keys out. */
export function readDecoderShape(
  config: ConfigReader,
  defaults: {
    readonly headDim?: number;
    readonly rmsEps?: number;
    readonly nHeads?: number;
    readonly nHeadsKv?: number;
    readonly nCtx?: number;
  } = {},
): DecoderShape {
  const width = { min: 1, max: maxWidth };
  const nEmbd = config.integer('hidden_size', width);
  const nHeads =
    config.integerOr('num_attention_heads', { min: 1, max: 4096 }, defaults.nHeads) ??
    config.integer('num_attention_heads', { min: 1, max: 4096 });
  const headDim = config.integerOr('head_dim', { min: 1, max: 4096 }, defaults.headDim) ?? nEmbd / nHeads;
  if (!Number.isInteger(headDim) || headDim % 2 !== 0)
    throw conversionError('config.json: "hidden_size" and "num_attention_heads" do not fit together');
  return {
    nLayers: config.integer('num_hidden_layers', { min: 1, max: maxLayers }),
    nEmbd,
    nHeads,
    nHeadsKv: config.integerOr('num_key_value_heads', { min: 1, max: 4096 }, defaults.nHeadsKv ?? nHeads),
    headDim,
    nCtx:
      config.integerOr('max_position_embeddings', { min: 1, max: maxContext }, defaults.nCtx) ??
      config.integer('max_position_embeddings', { min: 1, max: maxContext }),
    nFeedForward: config.integer('intermediate_size', width),
    rmsEps: config.numberOr('rms_norm_eps', defaults.rmsEps ?? 1e-6),
  };
}

/** Keys of llama.cpp's gguf-py constants. Throws `not_implemented` for rotations that the architecture does not have. */
export function decoderMetadata(arch: string, shape: DecoderShape, rope: Rope): Metadata {
  if (rope.partialFactor !== 1 && arch !== 'phi3')
    throw unsupported('heads that are rotated in part are not implemented for this architecture');
  return [
    [`${arch}.context_length`, uint(shape.nCtx)],
    [`${arch}.embedding_length`, uint(shape.nEmbd)],
    [`${arch}.block_count`, uint(shape.nLayers)],
    [`${arch}.feed_forward_length`, uint(shape.nFeedForward)],
    [`${arch}.attention.head_count`, uint(shape.nHeads)],
    [`${arch}.attention.head_count_kv`, uint(shape.nHeadsKv)],
    [`${arch}.attention.key_length`, uint(shape.headDim)],
    [`${arch}.attention.value_length`, uint(shape.headDim)],
    [`${arch}.attention.layer_norm_rms_epsilon`, float(shape.rmsEps)],
    ...ropeMetadata(arch, rope),
  ];
}

/** The names that Llama introduced and most families kept. */
export const commonRules: readonly TensorRule[] = [
  { from: 'embed_tokens.weight', to: 'token_embd.weight' },
  { from: 'norm.weight', to: 'output_norm.weight' },
  { from: 'layers.{l}.input_layernorm.weight', to: 'blk.{l}.attn_norm.weight' },
  { from: 'layers.{l}.post_attention_layernorm.weight', to: 'blk.{l}.ffn_norm.weight' },
  { from: 'layers.{l}.self_attn.q_proj.weight', to: 'blk.{l}.attn_q.weight' },
  { from: 'layers.{l}.self_attn.k_proj.weight', to: 'blk.{l}.attn_k.weight' },
  { from: 'layers.{l}.self_attn.v_proj.weight', to: 'blk.{l}.attn_v.weight' },
  { from: 'layers.{l}.self_attn.o_proj.weight', to: 'blk.{l}.attn_output.weight' },
];

export const feedForwardRules: readonly TensorRule[] = [
  { from: 'layers.{l}.mlp.gate_proj.weight', to: 'blk.{l}.ffn_gate.weight' },
  { from: 'layers.{l}.mlp.up_proj.weight', to: 'blk.{l}.ffn_up.weight' },
  { from: 'layers.{l}.mlp.down_proj.weight', to: 'blk.{l}.ffn_down.weight' },
];

/**
 * The output matrix is not behind the prefix; a model whose embeddings are tied may have a copy of them in its place,
 * which is left out.
 */
export function outputRules(config: ConfigReader, tiedByDefault = false): readonly TensorRule[] {
  return config.flagOr('tie_word_embeddings', tiedByDefault) ? [] : [outputRule];
}

export const outputRule: TensorRule = { from: '/lm_head.weight', to: 'output.weight' };

/** Buffers of old versions of transformers, and output matrices that are tied. */
export const ignoredByDecoders =
  /(?:^|\/)lm_head\.weight$|\.rotary_emb\.inv_freq$|\.attn\.(?:masked_)?bias$|\.attention\.(?:masked_)?bias$/;

export function requireActivation(config: ConfigReader, key: string, known: readonly string[]): void {
  const name = config.textOr(key, known[0] ?? '');
  if (!known.includes(name))
    throw unsupported(`the activation function ${quoted(name)} is not implemented for this architecture`);
}

/**
 * The context within which every layer sees everything. Families whose sliding windows llama.cpp does not know compute
 * the same as long as the window is not exceeded, so the context ends there.
 */
export function limitToWindow(shape: DecoderShape, config: ConfigReader): DecoderShape {
  const window = config.integerOr('sliding_window', { min: 1, max: maxContext }, undefined);
  const isUsed = config.flagOr('use_sliding_window', true);
  return isUsed && window !== undefined && window < shape.nCtx ? { ...shape, nCtx: window } : shape;
}
