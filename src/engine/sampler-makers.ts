/** Which of llama.cpp's samplers a sequence needs, in the order of common/common.h: `common_params_sampling::samplers`. */
import type { LlamaFunctions } from '../native/functions.ts';
import type { Model } from '../native/model.ts';
import { Sampler } from '../native/sampler.ts';
import type { Pointer } from '../native/structs.ts';
import type { SamplingParams } from '../types/sampling.ts';

/** Makes one sampler for a chain, which then owns it. */
export type SamplerMaker = (llama: LlamaFunctions) => Pointer;

/** Different sets of DRY breakers that are kept. */
const maxPrototypes = 8;

/** Prepared DRY samplers: finding the tokens that overlap the breakers takes a pass over the vocabulary each. */
export class DryPrototypes implements Disposable {
  readonly #model: Model;
  readonly #prototypes = new Map<string, Sampler>();

  constructor(model: Model) {
    this.#model = model;
  }

  /** A sampler with its look-back empty. */
  maker(params: SamplingParams): SamplerMaker {
    const { dryMultiplier, dryBase, dryAllowedLength, dryPenaltyLastN, drySequenceBreakers } = params;
    const key = JSON.stringify([
      dryMultiplier,
      dryBase,
      dryAllowedLength,
      dryPenaltyLastN,
      ...drySequenceBreakers,
    ]);
    let prototype = this.#prototypes.get(key);
    if (prototype === undefined) {
      const { vocab } = this.#model;
      prototype = Sampler.single(this.#model, (llama) =>
        llama.llama_sampler_init_dry(
          vocab.pointer,
          dryMultiplier,
          dryBase,
          dryAllowedLength,
          dryPenaltyLastN,
          [...drySequenceBreakers],
          drySequenceBreakers.length,
        ),
      );
      const [oldest] = this.#prototypes.keys();
      if (this.#prototypes.size >= maxPrototypes && oldest !== undefined) {
        this.#prototypes.get(oldest)?.[Symbol.dispose]();
        this.#prototypes.delete(oldest);
      }
      this.#prototypes.set(key, prototype);
    }
    const { pointer } = prototype;
    return (llama) => llama.llama_sampler_clone(pointer);
  }

  [Symbol.dispose](): void {
    for (const prototype of this.#prototypes.values()) prototype[Symbol.dispose]();
    this.#prototypes.clear();
  }
}

/** The samplers that touch recent tokens only. `nRecent`: how far the furthest looks back. */
export function penaltyMakers(
  model: Model,
  params: SamplingParams,
  dry: DryPrototypes,
): { makers: SamplerMaker[]; nRecent: number } {
  const { repeatLastN, repeatPenalty, frequencyPenalty, presencePenalty } = params;
  const makers: SamplerMaker[] = [];
  let nRecent = 0;
  const hasPenalty = repeatPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0;
  if (hasPenalty && repeatLastN > 0) {
    nRecent = repeatLastN;
    makers.push((llama) =>
      llama.llama_sampler_init_penalties(
        model.vocab.nTokens,
        repeatLastN,
        repeatPenalty,
        frequencyPenalty,
        presencePenalty,
      ),
    );
  }
  if (params.dryMultiplier !== 0 && params.dryBase >= 1 && params.dryPenaltyLastN > 0) {
    nRecent = Math.max(nRecent, params.dryPenaltyLastN);
    makers.push(dry.maker(params));
  }
  return { makers, nRecent };
}

/** From the candidates that top-k leaves to the draw. `seesAll`: no top-k came before, so the chain does it if wanted. */
export function drawMakers(
  model: Model,
  params: SamplingParams,
  options: { seed: number; seesAll: boolean },
): SamplerMaker[] {
  const { seed, seesAll } = options;
  const { mirostat, mirostatTau, mirostatEta, temperature } = params;
  if (mirostat !== 0) {
    return [
      (llama) => llama.llama_sampler_init_temp(temperature),
      mirostat === 1
        ? (llama) =>
            llama.llama_sampler_init_mirostat(model.vocab.nTokens, seed, mirostatTau, mirostatEta, 100)
        : (llama) => llama.llama_sampler_init_mirostat_v2(seed, mirostatTau, mirostatEta),
    ];
  }
  const { topK, topP, minP, typicalP, xtcProbability, xtcThreshold } = params;
  const makers: SamplerMaker[] = [];
  if (seesAll && topK > 0) makers.push((llama) => llama.llama_sampler_init_top_k(topK));
  if (typicalP < 1) makers.push((llama) => llama.llama_sampler_init_typical(typicalP, 1));
  if (topP < 1) makers.push((llama) => llama.llama_sampler_init_top_p(topP, 1));
  if (minP > 0) makers.push((llama) => llama.llama_sampler_init_min_p(minP, 1));
  if (xtcProbability > 0)
    makers.push((llama) => llama.llama_sampler_init_xtc(xtcProbability, xtcThreshold, 1, seed));
  makers.push((llama) => llama.llama_sampler_init_temp(temperature));
  makers.push((llama) => llama.llama_sampler_init_dist(seed));
  return makers;
}
