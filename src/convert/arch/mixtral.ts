/** Mixtral: Llama whose feed-forward part is a mixture of experts. */
import { maxExperts } from '../limits.ts';
import { uint } from '../metadata.ts';
import { limitToWindow, readDecoderShape } from './decoder.ts';
import { llamaLike } from './llama.ts';
import type { ReadArchitecture, TensorRule } from './types.ts';

/** As checkpoints have them: one tensor an expert and matrix. */
const separate: readonly TensorRule[] = [
  { from: 'layers.{l}.block_sparse_moe.gate.weight', to: 'blk.{l}.ffn_gate_inp.weight' },
  { from: 'layers.{l}.block_sparse_moe.experts.{e}.w1.weight', to: 'blk.{l}.ffn_gate_exps.weight' },
  { from: 'layers.{l}.block_sparse_moe.experts.{e}.w2.weight', to: 'blk.{l}.ffn_down_exps.weight' },
  { from: 'layers.{l}.block_sparse_moe.experts.{e}.w3.weight', to: 'blk.{l}.ffn_up_exps.weight' },
];

export const readMixtral: ReadArchitecture = (input) => {
  const { config } = input;
  const shape = limitToWindow(readDecoderShape(config, { nHeadsKv: 8 }), config);
  const nExperts = config.integerOr('num_local_experts', { min: 1, max: maxExperts }, 8);
  const nUsed = config.integerOr('num_experts_per_tok', { min: 1, max: nExperts }, 2);
  const base = llamaLike(input, shape, separate);
  return {
    ...base,
    nExperts,
    metadata: [
      ...base.metadata,
      ['llama.expert_count', uint(nExperts)],
      ['llama.expert_used_count', uint(nUsed)],
    ],
  };
};
