/** Qwen 3: normalised queries and keys, no biases; dense, or with a mixture of experts in every layer. */

import type { ConfigReader } from '../config.ts';
import { unsupported } from '../error.ts';
import { maxExperts, maxWidth } from '../limits.ts';
import { uint } from '../metadata.ts';
import { readRope } from '../rope.ts';
import {
  commonRules,
  type DecoderShape,
  decoderMetadata,
  feedForwardRules,
  ignoredByDecoders,
  limitToWindow,
  outputRules,
  readDecoderShape,
  requireActivation,
} from './decoder.ts';
import type { Architecture, ReadArchitecture, TensorRule } from './types.ts';

const expertRules: readonly TensorRule[] = [
  { from: 'layers.{l}.mlp.gate.weight', to: 'blk.{l}.ffn_gate_inp.weight' },
  { from: 'layers.{l}.mlp.experts.{e}.gate_proj.weight', to: 'blk.{l}.ffn_gate_exps.weight' },
  { from: 'layers.{l}.mlp.experts.{e}.up_proj.weight', to: 'blk.{l}.ffn_up_exps.weight' },
  { from: 'layers.{l}.mlp.experts.{e}.down_proj.weight', to: 'blk.{l}.ffn_down_exps.weight' },
];

export const readQwen3: ReadArchitecture = ({ config }) => {
  const shape = limitToWindow(readDecoderShape(config, { headDim: 128 }), config);
  return qwen3('qwen3', config, shape, feedForwardRules);
};

export const readQwen3Moe: ReadArchitecture = ({ config }) => {
  // `use_sliding_window` is false unless it is said.
  const hasWindow = config.flagOr('use_sliding_window', false);
  const whole = readDecoderShape(config, { headDim: 128 });
  const shape = hasWindow ? limitToWindow(whole, config) : whole;
  requireExpertsEverywhere(config);
  // The key has changed its name.
  const range = { min: 1, max: maxExperts };
  const nExperts =
    config.integerOr('num_experts', range, undefined) ?? config.integerOr('num_local_experts', range, 128);
  const nUsed = config.integerOr('num_experts_per_tok', { min: 1, max: nExperts }, 8);
  const base = qwen3('qwen3moe', config, shape, expertRules);
  return {
    ...base,
    nExperts,
    metadata: [
      ...base.metadata,
      ['qwen3moe.expert_count', uint(nExperts)],
      ['qwen3moe.expert_used_count', uint(nUsed)],
      [
        'qwen3moe.expert_feed_forward_length',
        uint(config.integer('moe_intermediate_size', { min: 1, max: maxWidth })),
      ],
    ],
  };
};

/** llama.cpp takes for granted that every layer has experts and that the weights of the chosen ones add up to 1. */
function requireExpertsEverywhere(config: ConfigReader): void {
  const isDense = config.integerOr('decoder_sparse_step', { min: 0, max: 512 }, 1) !== 1;
  const denseLayers = config.numbersOr('mlp_only_layers', 512, []);
  if (isDense || denseLayers.length > 0)
    throw unsupported('mixtures of experts in some layers only are not implemented yet');
  if (!config.flagOr('norm_topk_prob', false))
    throw unsupported('experts whose weights do not add up to 1 are not implemented for this architecture');
}

function qwen3(
  name: string,
  config: ConfigReader,
  shape: DecoderShape,
  feedForward: readonly TensorRule[],
): Architecture {
  requireActivation(config, 'hidden_act', ['silu']);
  return {
    name,
    metadata: decoderMetadata(name, shape, readRope(config, { defaultTheta: 10_000 })),
    nLayers: shape.nLayers,
    rules: [
      ...commonRules,
      ...feedForward,
      { from: 'layers.{l}.self_attn.q_norm.weight', to: 'blk.{l}.attn_q_norm.weight' },
      { from: 'layers.{l}.self_attn.k_norm.weight', to: 'blk.{l}.attn_k_norm.weight' },
      ...outputRules(config),
    ],
    prefixes: ['model.', ''],
    probe: 'embed_tokens.weight',
    ignored: ignoredByDecoders,
    tokenizer: 'auto',
  };
}
