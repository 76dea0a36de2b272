/** Phi-3, 3.5 and 4: queries, keys and values in one matrix, as llama.cpp takes them. */
import type { GgufWriteTensor } from '../../gguf/writer.ts';
import type { ConfigReader } from '../config.ts';
import { conversionError, unsupported } from '../error.ts';
import { maxContext, maxWidth } from '../limits.ts';
import { float, type Metadata, uint } from '../metadata.ts';
import { type Rope, readRope } from '../rope.ts';
import {
  commonRules,
  type DecoderShape,
  decoderMetadata,
  ignoredByDecoders,
  outputRules,
  readDecoderShape,
  requireActivation,
} from './decoder.ts';
import type { ReadArchitecture, TensorRule } from './types.ts';

/** Fused matrices, as llama.cpp takes them. */
export const fusedRules: readonly TensorRule[] = [
  { from: 'layers.{l}.self_attn.qkv_proj.weight', to: 'blk.{l}.attn_qkv.weight' },
  { from: 'layers.{l}.mlp.gate_up_proj.weight', to: 'blk.{l}.ffn_up.weight' },
  { from: 'layers.{l}.mlp.down_proj.weight', to: 'blk.{l}.ffn_down.weight' },
];

export const readPhi3: ReadArchitecture = ({ config }) => {
  requireActivation(config, 'hidden_act', ['silu']);
  const shape = readDecoderShape(config, { rmsEps: 1e-5 });
  const rope = readRope(config, { defaultTheta: 10_000 });
  if (rope.kind !== 'default' && rope.kind !== 'longrope')
    throw unsupported('this kind of rotary embedding is not implemented for Phi-3');
  const nRotated = Math.floor(rope.partialFactor * shape.headDim);
  const original =
    rope.parameters.integerOr('original_max_position_embeddings', { min: 1, max: maxContext }, undefined) ??
    config.integerOr('original_max_position_embeddings', { min: 1, max: maxContext }, shape.nCtx);
  const long =
    rope.kind === 'longrope' ? longRope(rope, { nRotated, nCtx: shape.nCtx, original }) : undefined;
  return {
    name: 'phi3',
    metadata: [
      ...decoderMetadata('phi3', shape, rope),
      ['phi3.rope.dimension_count', uint(nRotated)],
      ['phi3.rope.scaling.original_context_length', uint(original)],
      ['phi3.attention.sliding_window', uint(windowOf(config, shape))],
      ...(long?.metadata ?? []),
    ],
    nLayers: shape.nLayers,
    rules: [
      ...commonRules.filter(({ from }) => !/[qkv]_proj/.test(from)),
      ...fusedRules,
      ...outputRules(config),
    ],
    prefixes: ['model.', ''],
    probe: 'embed_tokens.weight',
    ignored: ignoredByDecoders,
    tokenizer: 'auto',
    ...(long === undefined ? {} : { extra: long.tensors }),
  };
};

/** 0 = none. A window that is never exceeded is none either. */
function windowOf(config: ConfigReader, { nCtx }: DecoderShape): number {
  const window = config.integerOr('sliding_window', { min: 1, max: maxContext }, 0);
  return window >= nCtx ? 0 : window;
}

/** Divisors of the frequencies for short and long contexts, and the scale of the scores (transformers: longrope). */
function longRope(
  { parameters }: Rope,
  {
    nRotated,
    nCtx,
    original,
  }: { readonly nRotated: number; readonly nCtx: number; readonly original: number },
): { metadata: Metadata; tensors: readonly GgufWriteTensor[] } {
  const factor = nCtx / original;
  const scale = factor > 1 ? Math.sqrt(1 + Math.log(factor) / Math.log(original)) : 1;
  const tensors = (['long', 'short'] as const).map((length): GgufWriteTensor => {
    const factors = Float32Array.from(parameters.numbersOr(`${length}_factor`, maxWidth, []));
    if (factors.length !== nRotated / 2 || !factors.every((value) => value > 0))
      throw conversionError(
        `config.json: "${length}_factor" must be a list of ${nRotated / 2} positive numbers`,
      );
    return {
      name: `rope_factors_${length}.weight`,
      type: 'F32',
      shape: [factors.length],
      data: new Uint8Array(factors.buffer),
    };
  });
  return { metadata: [['phi3.rope.scaling.attn_factor', float(scale)]], tensors };
}
