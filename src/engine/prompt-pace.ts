/** How many prompt tokens a step may take beside sequences that generate, from how long steps took. */

/** Those that generate should not wait longer for their next token. */
const targetMs = 200;
/** Fewer are inefficient: a step reads all weights whatever it computes. */
const minTokens = 32;
/** Steps of fewer tokens say nothing about the cost of prompts. */
const minSample = 16;
/** Weight of the newest measurement. */
const gain = 0.3;

export class PromptPace {
  #msPerToken: number | undefined;

  /** Notes a step. */
  note(nTokens: number, ms: number): void {
    if (nTokens < minSample) return;
    const measured = ms / nTokens;
    this.#msPerToken =
      this.#msPerToken === undefined ? measured : this.#msPerToken + gain * (measured - this.#msPerToken);
  }

  /** At most `most`, which is the answer until there was a measurement. */
  limit(most: number): number {
    if (this.#msPerToken === undefined) return most;
    return Math.min(most, Math.max(minTokens, Math.floor(targetMs / this.#msPerToken)));
  }
}
