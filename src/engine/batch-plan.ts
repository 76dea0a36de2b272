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
 * Tokens to compute for each sequence, given oldest first. Generating sequences get their one token each first. Of the
 * rest the oldest prompt gets its fair share, so that it never waits for ever; what is left goes to the prompts that
 * are done soonest, so that most of them answer early.
 */
export function planBatch(sequences: readonly PlanInput[], limits: PlanLimits): number[] {
  const plan = sequences.map(() => 0);
  const prompts: number[] = [];
  let budget = Math.min(limits.nBatch, limits.nCells);
  let isGenerating = false;
  for (const [i, { nWanted, isGenerating: hasBegun }] of sequences.entries()) {
    if (nWanted <= 0) continue;
    if (!hasBegun || nWanted > 1) prompts.push(i);
    else if (budget > 0) {
      plan[i] = 1;
      budget--;
      isGenerating = true;
    }
  }
  const [oldest] = prompts;
  if (oldest === undefined) return plan;
  if (isGenerating) budget = Math.min(budget, limits.nPromptBesideGeneration);

  const missing = (i: number): number => sequences[i]!.nWanted - plan[i]!; // indices are those of `sequences`
  const give = (i: number, most: number): void => {
    const count = Math.min(most, budget, missing(i));
    plan[i]! += count;
    budget -= count;
  };
  give(oldest, Math.ceil(budget / prompts.length));
  prompts.sort((a, b) => missing(a) - missing(b)); // stable: of equals the oldest first
  for (const i of prompts) give(i, budget);
  return plan;
}
