/** Qwen 3: normalised queries and keys, no biases. */

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

export const readQwen3: ReadArchitecture = ({ config }) => {
  requireActivation(config, 'hidden_act', ['silu']);
  const shape = limitToWindow(readDecoderShape(config, { headDim: 128 }), config);
  return {
    name: 'qwen3',
    metadata: decoderMetadata('qwen3', shape, readRope(config, { defaultTheta: 10_000 })),
    nLayers: shape.nLayers,
    rules: [
      ...commonRules,
      ...feedForwardRules,
      { from: 'layers.{l}.self_attn.q_norm.weight', to: 'blk.{l}.attn_q_norm.weight' },
      { from: 'layers.{l}.self_attn.k_norm.weight', to: 'blk.{l}.attn_k_norm.weight' },
      ...outputRules(config),
    ],
    prefixes: ['model.', ''],
    probe: 'embed_tokens.weight',
    ignored: ignoredByDecoders,
    tokenizer: 'auto',
  };
};
