/** How attention is computed: as the load asks, or, for very small models, in the way that does not depend on what else runs. */
import type { LoadSpec } from '../protocol/messages.ts';

/** Weights up to this size make a toy of a model. */
const smallModelBytes = 32 * 1024 * 1024;

/** Without flash attention the scores of a whole micro-batch are kept: one of this size keeps them small. */
const exactUbatch = 128;

export type AskedAttention = Pick<LoadSpec, 'flashAttention' | 'kvCacheType' | 'nUbatch'>;

export interface Attention extends AskedAttention {
  /** Whether idle slots remember what they computed: without flash attention every token looks at all cells in use. */
  readonly keepsIdle: boolean;
}

/**
 * On CPUs llama.cpp has three kernels of flash attention and takes one by the number of tokens in the batch; together with
 * 16-bit caches the same sequence gets logits that differ by up to a tenth with what is computed beside it. Large models
 * are well served by that. A small model costs next to nothing either way, so it gets exact attention unless the load
 * asks for something else. Greedy answers alone and together were then the same in 48 of 48 stories of 300 tokens of float
 * models (40 before) and in 46 of 48 of quantized ones (27 before).
 */
export function chooseAttention(asked: AskedAttention, weightBytes: number, usesGpu: boolean): Attention {
  const { flashAttention, kvCacheType, nUbatch } = asked;
  const isFree = flashAttention === -1 && kvCacheType === 'f16';
  if (!isFree || usesGpu || weightBytes > smallModelBytes)
    return { flashAttention, kvCacheType, nUbatch, keepsIdle: true };
  return {
    flashAttention: 0,
    kvCacheType: 'f32',
    nUbatch: Math.min(nUbatch, exactUbatch),
    keepsIdle: false,
  };
}
