/** Counters since the load. */

export interface Counters {
  steps: number;
  promptTokensEvaluated: number;
  promptTokensFromCache: number;
  tokensGenerated: number;
}

export function newCounters(): Counters {
  return { steps: 0, promptTokensEvaluated: 0, promptTokensFromCache: 0, tokensGenerated: 0 };
}
