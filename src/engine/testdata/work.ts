/** Work items for tests, with everything off that a test does not ask for. */
import type { GenerateWork } from '../../protocol/messages.ts';
import type { SamplingParams } from '../../types/sampling.ts';

/** Greedy, no penalties. */
export const plainSampling: SamplingParams = {
  seed: 1,
  temperature: 0,
  topK: 40,
  topP: 0.9,
  minP: 0,
  typicalP: 1,
  repeatLastN: 64,
  repeatPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  topNSigma: -1,
  xtcProbability: 0,
  xtcThreshold: 0.1,
  dryMultiplier: 0,
  dryBase: 1.75,
  dryAllowedLength: 2,
  dryPenaltyLastN: -1,
  drySequenceBreakers: ['\n', ':', '"', '*'],
  mirostat: 0,
  mirostatTau: 5,
  mirostatEta: 0.1,
  logitBias: [],
};

export type WorkChanges = Partial<Omit<GenerateWork, 'sampling'>> & { readonly sampling?: Partial<SamplingParams> };

export function makeWork(prompt: GenerateWork['prompt'], changes: WorkChanges = {}): GenerateWork {
  return {
    prompt,
    addSpecial: true,
    nPredict: 20,
    stop: [],
    nKeep: 4,
    truncate: true,
    shift: true,
    ...changes,
    sampling: { ...plainSampling, ...changes.sampling },
  };
}
