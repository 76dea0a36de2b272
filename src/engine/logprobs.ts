/** Log-probabilities over the whole vocabulary, as the model gave them, before any sampling option. */
import type { ChosenLogprob, TokenLogprob } from '../types/events.ts';
import type { PieceCache } from './detokenizer.ts';
import type { TopK } from './top-k.ts';

/** Keeps one row of logits, since sampling writes to the original. */
export class LogprobReader {
  readonly #row: Float32Array;
  readonly #top: TopK;
  readonly #pieces: PieceCache;

  constructor(nVocab: number, top: TopK, pieces: PieceCache) {
    this.#row = new Float32Array(nVocab);
    this.#top = top;
    this.#pieces = pieces;
  }

  /** Copies the row; call before sampling. */
  keep(logits: Float32Array): void {
    this.#row.set(logits);
  }

  /** For the token that was chosen, with the `nTop` best beside it. */
  read(token: number, nTop: number): ChosenLogprob {
    const row = this.#row;
    const count = this.#top.select(row, Math.max(nTop, 1));
    const max = this.#top.values[0]!; // a vocabulary is never empty
    let sum = 0;
    for (let i = 0; i < row.length; i++) sum += Math.exp(row[i]! - max); // in range
    const normalizer = max + Math.log(sum);
    const chosen = this.#entry(token, row[token]! - normalizer); // sampled, so in range
    if (nTop <= 0) return chosen;
    const topLogprobs: TokenLogprob[] = [];
    for (let i = 0; i < Math.min(count, nTop); i++)
      topLogprobs.push(this.#entry(this.#top.indices[i]!, this.#top.values[i]! - normalizer)); // in range
    return { ...chosen, topLogprobs };
  }

  #entry(token: number, logprob: number): TokenLogprob {
    const { bytes } = this.#pieces.get(token);
    return { token: Buffer.from(bytes).toString('utf8'), logprob, bytes: [...bytes] };
  }
}
