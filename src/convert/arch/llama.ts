/** Llama 1 to 3, Mistral and what is built like them: rotated pairs are stored side by side in GGUF. */

import { unsupported } from '../error.ts';
import { uint } from '../metadata.ts';
import { llama3Factors, readRope } from '../rope.ts';
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
import type { Architecture, ArchitectureInput, ReadArchitecture, TensorRule } from './types.ts';

export const readLlama: ReadArchitecture = (input) => {
  const shape = readDecoderShape(input.config);
  return llamaLike(input, shape, feedForwardRules);
};

/** Mistral: Llama with a window in the first version. */
export const readMistral: ReadArchitecture = (input) => {
  const shape = limitToWindow(readDecoderShape(input.config, { nHeadsKv: 8 }), input.config);
  return llamaLike(input, shape, feedForwardRules);
};

export function llamaLike(
  { config, tensors }: ArchitectureInput,
  shape: DecoderShape,
  feedForward: readonly TensorRule[],
): Architecture {
  requireActivation(config, 'hidden_act', ['silu']);
  const rope = readRope(config, { defaultTheta: 10_000 });
  if (rope.kind === 'longrope')
    throw unsupported('this kind of rotary embedding is not implemented for Llama');
  const embedding = tensors.get('model.embed_tokens.weight') ?? tensors.get('embed_tokens.weight');
  const factors = rope.kind === 'llama3' ? llama3Factors(rope, shape.headDim) : undefined;
  return {
    name: 'llama',
    metadata: [
      ...decoderMetadata('llama', shape, rope),
      ['llama.rope.dimension_count', uint(shape.headDim)],
      ['llama.vocab_size', uint(embedding?.shape[0] ?? 0)],
    ],
    nLayers: shape.nLayers,
    rules: [
      ...commonRules.map((rule) => rotated(rule, shape)),
      ...feedForward,
      ...biasRules.map((rule) => rotated(rule, shape)),
      ...outputRules(config),
    ],
    prefixes: ['model.', ''],
    probe: 'embed_tokens.weight',
    ignored: ignoredByDecoders,
    tokenizer: 'auto',
    ...(factors === undefined
      ? {}
      : {
          extra: [
            {
              name: 'rope_freqs.weight',
              type: 'F32',
              shape: [factors.length],
              data: new Uint8Array(factors.buffer),
            },
          ],
        }),
  };
}

/** `attention_bias` and `mlp_bias`. */
const biasRules: readonly TensorRule[] = [
  ...(['q', 'k', 'v'] as const).map(
    (letter): TensorRule => ({
      from: `layers.{l}.self_attn.${letter}_proj.bias`,
      to: `blk.{l}.attn_${letter}.bias`,
      isOptional: true,
    }),
  ),
  { from: 'layers.{l}.self_attn.o_proj.bias', to: 'blk.{l}.attn_output.bias', isOptional: true },
  { from: 'layers.{l}.mlp.gate_proj.bias', to: 'blk.{l}.ffn_gate.bias', isOptional: true },
  { from: 'layers.{l}.mlp.up_proj.bias', to: 'blk.{l}.ffn_up.bias', isOptional: true },
  { from: 'layers.{l}.mlp.down_proj.bias', to: 'blk.{l}.ffn_down.bias', isOptional: true },
];

/** The rule with the change of order that queries and keys need. */
export function rotated(
  rule: TensorRule,
  { nHeads, nHeadsKv }: Pick<DecoderShape, 'nHeads' | 'nHeadsKv'>,
): TensorRule {
  if (rule.from.includes('.q_proj.')) return { ...rule, transform: { type: 'rotary', nHeads } };
  if (rule.from.includes('.k_proj.')) return { ...rule, transform: { type: 'rotary', nHeads: nHeadsKv } };
  return rule;
}
