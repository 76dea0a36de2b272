/** Gemma: weights of norms stored as their distance from 1; from version 2 on, norms before and after each part. */
import type { ConfigReader } from '../config.ts';
import { unsupported } from '../error.ts';
import { maxContext } from '../limits.ts';
import { float, type Metadata, uint } from '../metadata.ts';
import { readRope } from '../rope.ts';
import {
  commonRules,
  type DecoderShape,
  decoderMetadata,
  feedForwardRules,
  ignoredByDecoders,
  outputRules,
  readDecoderShape,
  requireActivation,
} from './decoder.ts';
import type { Architecture, ReadArchitecture, TensorRule } from './types.ts';

const normRules: readonly TensorRule[] = [
  { from: 'layers.{l}.post_attention_layernorm.weight', to: 'blk.{l}.post_attention_norm.weight' },
  { from: 'layers.{l}.pre_feedforward_layernorm.weight', to: 'blk.{l}.ffn_norm.weight' },
  { from: 'layers.{l}.post_feedforward_layernorm.weight', to: 'blk.{l}.post_ffw_norm.weight' },
];

const queryKeyNormRules: readonly TensorRule[] = [
  { from: 'layers.{l}.self_attn.q_norm.weight', to: 'blk.{l}.attn_q_norm.weight' },
  { from: 'layers.{l}.self_attn.k_norm.weight', to: 'blk.{l}.attn_k_norm.weight' },
];

export const readGemma: ReadArchitecture = ({ config }) => {
  const shape = readDecoderShape(config, { headDim: 256, nHeads: 16, nHeadsKv: 16, nCtx: 8192 });
  const rules: readonly TensorRule[] = [
    { from: 'layers.{l}.post_attention_layernorm.weight', to: 'blk.{l}.ffn_norm.weight' },
  ];
  return gemma('gemma', config, shape, { rules, metadata: [], ropeDefault: 10_000 });
};

export const readGemma2: ReadArchitecture = ({ config }) => {
  const shape = readDecoderShape(config, { headDim: 256, nHeads: 8, nHeadsKv: 4, nCtx: 8192 });
  requireScale(config, 'gemma2', shape, 256);
  requirePattern(config, shape, 2);
  return gemma('gemma2', config, shape, {
    rules: normRules,
    metadata: [
      ['gemma2.attn_logit_softcapping', float(config.numberOr('attn_logit_softcapping', 50))],
      ['gemma2.final_logit_softcapping', float(config.numberOr('final_logit_softcapping', 30))],
      ['gemma2.attention.sliding_window', uint(windowOf(config))],
    ],
    ropeDefault: 10_000,
  });
};

/** The text part. Throws `not_implemented` for models that see images, whose other half would be lost. */
export const readGemma3: ReadArchitecture = ({ config }) => {
  const shape = readDecoderShape(config, { headDim: 256, nHeads: 8, nHeadsKv: 4, nCtx: 131_072 });
  requireScale(config, 'gemma3', shape, 256);
  requirePattern(config, shape, 6);
  const localTheta = localRopeTheta(config);
  const cap = config.numberOr('final_logit_softcapping', undefined);
  if (config.raw('attn_logit_softcapping') !== undefined)
    throw unsupported('capped attention scores are not implemented for Gemma 3');
  return gemma('gemma3', config, shape, {
    rules: [...normRules, ...queryKeyNormRules],
    metadata: [
      ['gemma3.attention.sliding_window', uint(windowOf(config))],
      ['gemma3.rope.freq_base_swa', float(localTheta)],
      ...(cap === undefined ? [] : ([['gemma3.final_logit_softcapping', float(cap)]] as const)),
    ],
    ropeDefault: 1_000_000,
  });
};

function gemma(
  name: string,
  config: ConfigReader,
  shape: DecoderShape,
  parts: { readonly rules: readonly TensorRule[]; readonly metadata: Metadata; readonly ropeDefault: number },
): Architecture {
  // The old key named the exact function, but always meant the approximation.
  requireActivation(config, 'hidden_activation', ['gelu_pytorch_tanh']);
  const rope = readRope(config, { defaultTheta: parts.ropeDefault, layerType: 'full_attention' });
  const rules = [
    ...commonRules.filter(({ from }) => !from.includes('post_attention_layernorm')),
    ...parts.rules,
    ...feedForwardRules,
    ...outputRules(config, true),
  ];
  return {
    name,
    metadata: [...decoderMetadata(name, shape, rope), ...parts.metadata],
    nLayers: shape.nLayers,
    rules: rules.map((rule) =>
      rule.from.endsWith('norm.weight') ? { ...rule, transform: { type: 'add', value: 1 } } : rule,
    ),
    prefixes: ['model.', ''],
    probe: 'embed_tokens.weight',
    ignored: ignoredByDecoders,
    tokenizer: 'auto',
  };
}

/** Base of the rotations in layers with a window; its place has changed, its value hardly. */
function localRopeTheta(config: ConfigReader): number {
  const local = config.objectOr('rope_parameters', undefined)?.objectOr('sliding_attention', undefined);
  return local?.numberOr('rope_theta', undefined) ?? config.numberOr('rope_local_base_freq', 10_000);
}

function windowOf(config: ConfigReader): number {
  return config.integerOr('sliding_window', { min: 1, max: maxContext }, 4096);
}

/**
 * llama.cpp scales the scores by the width of a head; the largest models, told by their number of layers, by the width
 * of the model over the number of heads (its models/gemma2.cpp and gemma3.cpp).
 */
function requireScale(
  config: ConfigReader,
  name: 'gemma2' | 'gemma3',
  shape: DecoderShape,
  fallback: number,
): void {
  const wanted = config.numberOr('query_pre_attn_scalar', fallback);
  const isLargest = shape.nLayers === (name === 'gemma2' ? 46 : 62);
  const computed = isLargest ? shape.nEmbd / shape.nHeads : shape.headDim;
  if (wanted !== computed)
    throw unsupported(`attention scores scaled by 1/√${wanted} are not implemented for this model`);
}

/** Every nth layer sees everything, the others a window; llama.cpp knows no other pattern for these families. */
function requirePattern(config: ConfigReader, { nLayers }: DecoderShape, every: number): void {
  const types = config.textsOr('layer_types', undefined);
  const isKnown =
    types === undefined
      ? config.integerOr('sliding_window_pattern', { min: 1, max: 512 }, every) === every
      : types.length === nLayers &&
        types.every((type, i) => type === ((i + 1) % every === 0 ? 'full_attention' : 'sliding_attention'));
  if (!isKnown) throw unsupported('this order of layers with and without a window is not implemented');
}
