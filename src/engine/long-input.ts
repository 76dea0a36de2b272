/** A text of more tokens than a batch, computed part by part; only models whose attention is causal can do so. */
import type { Batch } from '../native/batch.ts';
import type { EmbeddingContext } from '../native/embedding-context.ts';
import type { PackedInput } from './embed-queue.ts';

export class LongInput {
  readonly input: PackedInput;
  readonly #pooling: EmbeddingContext['pooling'];
  readonly #nBatch: number;
  #nComputed = 0;
  /** Float32Array // [nOutput]: the outputs of the parts so far, as one */
  #output: Float32Array | undefined;

  constructor(input: PackedInput, { pooling, nBatch }: Pick<EmbeddingContext, 'pooling' | 'nBatch'>) {
    this.input = input;
    this.#pooling = pooling;
    this.#nBatch = nBatch;
  }

  /** Tokens [0, nComputed) are in the cache. */
  get nComputed(): number {
    return this.#nComputed;
  }

  /** Puts the next part into an empty batch, as sequence 0. */
  fill(batch: Batch): void {
    const { tokens } = this.input;
    const end = Math.min(tokens.length, this.#nComputed + this.#nBatch);
    for (let i = this.#nComputed; i < end; i++) batch.add(tokens[i]!, i, 0, true); // i < length
  }

  /** Takes the output of a part of `nTokens`; answers with that of the whole text after the last. */
  take(output: Float32Array, nTokens: number): Float32Array | undefined {
    this.#output = this.#joined(output, nTokens);
    this.#nComputed += nTokens;
    return this.#nComputed === this.input.tokens.length ? this.#output : undefined;
  }

  #joined(output: Float32Array, nTokens: number): Float32Array {
    const before = this.#output;
    if (before === undefined) return output;
    switch (this.#pooling) {
      case 'mean': {
        const share = nTokens / (this.#nComputed + nTokens);
        return before.map((value, i) => value + ((output[i] ?? 0) - value) * share);
      }
      case 'cls':
        return before;
      // Scores of rerankers of this kind are read off the last token (llama-graph.cpp: llm_graph_input_cls).
      case 'last':
      case 'rank':
        return output;
    }
  }
}
