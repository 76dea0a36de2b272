// What all benchmarks share: prompts, the rate of streams that run together, medians.

/** Streams that are measured together. */
export const streamCounts = [1, 2, 4, 8, 16];
export const promptWords = 48;
export const tokensPerStream = 64;
/** Sampling as it is by default, with fixed seeds; random weights may well choose the end of the text, so it is forbidden. */
export const sampling = { temperature: 0.8, top_k: 40, top_p: 0.9, min_p: 0.05 };

/** Different from the first word on, so that no prefix is shared. */
export function promptOf(stream) {
  const words = Array.from({ length: promptWords }, (_, i) => `word${(stream * 31 + i * 7) % 97}`);
  return `Stream ${stream}: ${words.join(' ')}`;
}

/** Collects the times of tokens of several streams and tells their common rate. */
export class StreamClock {
  /** Times of the pieces of text of each stream. */
  #pieces = new Map();
  #endedAt = 0;

  piece(stream) {
    const times = this.#pieces.get(stream);
    if (times === undefined) this.#pieces.set(stream, [performance.now()]);
    else times.push(performance.now());
  }

  finish() {
    this.#endedAt = performance.now();
  }

  /**
   * Tokens per second of all streams together, from when all of them generate to the last one's end. A token may hold back
   * a part of a character, so pieces are fewer than tokens: what counts is how many tokens each stream had left.
   */
  rate() {
    const streams = [...this.#pieces.values()];
    const start = Math.max(...streams.map((times) => times[0]));
    const left = streams.map((times) => tokensPerStream - times.filter((time) => time <= start).length);
    return (left.reduce((sum, n) => sum + n, 0) * 1000) / (this.#endedAt - start);
  }
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs `measure` a few times and takes the median. */
export async function repeated(times, measure) {
  const values = [];
  for (let i = 0; i < times; i++) values.push(await measure());
  return median(values);
}
