/** Sequences whose next tokens a test decides. */
import { Sequence, type TokenSampler } from '../sequence.ts';
import { makeWork, type WorkChanges } from './work.ts';

/** Takes the greatest logit. */
export const greedySampler: TokenSampler = {
  sample: (logits) => logits.indexOf(Math.max(...logits)),
  [Symbol.dispose]: () => {},
};

export function makeSequence(id: number, tokens: readonly number[], changes: WorkChanges = {}): Sequence {
  const work = makeWork(tokens, changes);
  return new Sequence({
    id,
    work,
    prompt: { tokens: Int32Array.from(tokens), nBeforeTruncation: undefined, nKeep: Math.max(work.nKeep, 0) },
    sampler: greedySampler,
    nPredict: work.nPredict < 0 ? 1000 : work.nPredict,
  });
}
