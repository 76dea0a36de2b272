/** Qwen 2 and 2.5: biases on queries, keys and values. */
import { readRope } from '../rope.ts';
import {
  commonRules,
  decoderMetadata,
  feedForwardRules,
  ignoredByDecoders,
  limitToWindow,
  outputRules,
  readDecoderShape,
  requireActivation,
} from './decoder.ts';
import type { ReadArchitecture } from './types.ts';

export const readQwen2: ReadArchitecture = ({ config }) => {
  requireActivation(config, 'hidden_act', ['silu']);
  // `use_sliding_window` is false unless it is said.
  const hasWindow = config.flagOr('use_sliding_window', false);
  const whole = readDecoderShape(config);
  const shape = hasWindow ? limitToWindow(whole, config) : whole;
  return {
    name: 'qwen2',
    metadata: decoderMetadata('qwen2', shape, readRope(config, { defaultTheta: 10_000 })),
    nLayers: shape.nLayers,
    rules: [
      ...commonRules,
      ...feedForwardRules,
      { from: 'layers.{l}.self_attn.q_proj.bias', to: 'blk.{l}.attn_q.bias' },
      { from: 'layers.{l}.self_attn.k_proj.bias', to: 'blk.{l}.attn_k.bias' },
      { from: 'layers.{l}.self_attn.v_proj.bias', to: 'blk.{l}.attn_v.bias' },
      ...outputRules(config),
    ],
    prefixes: ['model.', ''],
    probe: 'embed_tokens.weight',
    ignored: ignoredByDecoders,
    tokenizer: 'auto',
  };
};
