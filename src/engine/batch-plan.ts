/** Which tokens go into the next batch: a pure function of what each sequence still has to compute. */

/** A sequence as the planner sees it. */
export interface PlanInput {
  /** Tokens that are wanted but not computed; 0 = nothing to do now. */
  readonly nWanted: number;
  /** It has generated already: its one token goes before all prompts. */
  readonly isGenerating: boolean;
}

export interface PlanLimits {
  /** Most tokens of the batch. */
  readonly nBatch: number;
  /** Most tokens of prompts beside sequences that generate: it bounds how long those wait for their next token. */
  readonly nPromptBesideGeneration: number;
  /** Free cells of the KV cache. */
  readonly nCells: number;
}

/**
 * Tokens to compute for each sequence, in the order given (oldest first). Generating sequences get their one token each
 * first; what is left is shared among the prompts so that short ones finish early and none waits for ever.
 */
export function planBatch(sequences: readonly PlanInput[], limits: PlanLimits): number[] {
  const plan = sequences.map(() => 0);
  let budget = Math.min(limits.nBatch, limits.nCells);
  let nGenerating = 0;
  for (const [i, sequence] of sequences.entries()) {
    if (!sequence.isGenerating || sequence.nWanted !== 1 || budget === 0) continue;
    plan[i] = 1;
    budget--;
    nGenerating++;
  }
  if (nGenerating > 0) budget = Math.min(budget, limits.nPromptBesideGeneration);

  const prompts = [...sequences.keys()]
    .filter(
      (i) =>
        plan[i] === 0 &&
        sequences[i]!.nWanted > 0 &&
        !(sequences[i]!.isGenerating && sequences[i]!.nWanted === 1),
    )
    .sort((a, b) => sequences[a]!.nWanted - sequences[b]!.nWanted); // the sort is stable: equal ones stay oldest first
  for (const [rank, i] of prompts.entries()) {
    const share = Math.ceil(budget / (prompts.length - rank));
    const count = Math.min(share, sequences[i]!.nWanted, budget);
    plan[i] = count;
    budget -= count;
  }
  return plan;
}
