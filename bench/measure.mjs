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

/** Collects the times of the pieces of text of several streams and tells their common rate. */
export class StreamClock {
  #pieces = new Map();

  piece(stream) {
    const times = this.#pieces.get(stream);
    if (times === undefined) this.#pieces.set(stream, [performance.now()]);
    else times.push(performance.now());
  }

  /**
   * Tokens per second of all streams together, from when all of them generate until the first one ends. A token may hold back a
   * part of a character, so pieces are fewer than tokens: each stream's tokens are spread evenly over its pieces.
   */
  rate() {
    const streams = [...this.#pieces.values()];
    const start = Math.max(...streams.map((times) => times[0]));
    const end = Math.min(...streams.map((times) => times.at(-1)));
    const tokens = streams.map((times) => {
      const nInside = times.filter((time) => time > start && time <= end).length;
      return (tokensPerStream * nInside) / times.length;
    });
    return (tokens.reduce((sum, n) => sum + n, 0) * 1000) / (end - start);
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

export function print(line) {
  process.stdout.write(`${line}\n`);
}
