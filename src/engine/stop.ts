/** Finds stop strings in text that arrives in pieces, and holds back what might become one. */

export interface StopResult {
  /** Text that is certain not to belong to a stop string. */
  readonly text: string;
  readonly isStopped: boolean;
}

export class StopMatcher {
  readonly #stops: readonly string[];
  #held = '';

  /** Empty strings are ignored. */
  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== '');
  }

  /** Length of the text that waits for more. */
  get nHeld(): number {
    return this.#held.length;
  }

  /** Takes more text. Once stopped, the text before the stop string has been given out and the rest is dropped. */
  add(text: string): StopResult {
    if (this.#stops.length === 0) return { text, isStopped: false };
    if (text === '') return { text: '', isStopped: false };
    const all = this.#held + text;
    const start = this.#find(all);
    if (start !== undefined) {
      this.#held = '';
      return { text: all.slice(0, start), isStopped: true };
    }
    const keep = this.#longestBeginning(all);
    this.#held = all.slice(all.length - keep);
    return { text: all.slice(0, all.length - keep), isStopped: false };
  }

  /** The held text, when no more will come. */
  end(): string {
    const text = this.#held;
    this.#held = '';
    return text;
  }

  /** Where the stop string begins that is complete first (of those, the longest), so that it doesn't matter how text is cut. */
  #find(text: string): number | undefined {
    let best: { start: number; end: number } | undefined;
    for (const stop of this.#stops) {
      const start = text.indexOf(stop);
      if (start < 0) continue;
      const end = start + stop.length;
      if (best === undefined || end < best.end || (end === best.end && start < best.start))
        best = { start, end };
    }
    return best?.start;
  }

  /** Length of the longest end of `text` that begins a stop string. */
  #longestBeginning(text: string): number {
    let longest = 0;
    for (const stop of this.#stops) {
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
        if (stop.startsWith(text.slice(text.length - length))) {
          longest = length;
          break;
        }
      }
    }
    return longest;
  }
}
