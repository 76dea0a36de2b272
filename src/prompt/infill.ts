/** Fill-in-the-middle prompts from the special tokens of a model's vocabulary. */
import type { GgufSummary } from '../types/model.ts';
import type { Infill } from './types.ts';

/** Prefix, suffix, middle: the order that code models with these tokens are trained on. */
export function infillByTokens(fim: NonNullable<GgufSummary['fim']>): (infill: Infill) => string {
  return ({ prompt, suffix }) => `${fim.prefix}${prompt}${fim.suffix}${suffix}${fim.middle}`;
}
