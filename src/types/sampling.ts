/** How one sequence is sampled; values are final (defaults, model parameters and request options are merged). */

/** See `inference/options.ts` for the defaults, which are Ollama's. */
export interface SamplingParams {
  /** -1 = a random seed. */
  readonly seed: number;
  /** 0 = greedy. */
  readonly temperature: number;
  /** 0 or less = all candidates. */
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly typicalP: number;
  /** Tokens that penalties look back on; 0 = off, -1 = the context length. */
  readonly repeatLastN: number;
  /** 1 = off. */
  readonly repeatPenalty: number;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  /** Top-n-sigma; -1 = off. */
  readonly topNSigma: number;
  /** XTC: probability that a step applies it (0 = off) and the threshold above which all but the last candidate go. */
  readonly xtcProbability: number;
  readonly xtcThreshold: number;
  /** DRY repetition penalty; multiplier 0 = off, penaltyLastN -1 = the context length. */
  readonly dryMultiplier: number;
  readonly dryBase: number;
  readonly dryAllowedLength: number;
  readonly dryPenaltyLastN: number;
  readonly drySequenceBreakers: readonly string[];
  /** 0 = off, 1 and 2 = the two mirostat versions; replaces top-k, top-p, min-p and typical-p. */
  readonly mirostat: 0 | 1 | 2;
  readonly mirostatTau: number;
  readonly mirostatEta: number;
  /** Added to the logits of these token ids before anything else. */
  readonly logitBias: readonly (readonly [token: number, bias: number])[];
}
