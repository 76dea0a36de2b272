/**
 * The second text of a pair, as BERT's cross-encoders were trained with it: its tokens carry the second row of the type embedding.
 * llama.cpp adds the first row to every token, so that these tokens are given as vectors that make up for it.
 */
import { Batch } from '../native/batch.ts';
import type { Model } from '../native/model.ts';
import { TensorRows } from '../native/tensor-rows.ts';
import type { PreparedInput } from './embed-input.ts';

export class SegmentBatch implements Disposable {
  readonly batch: Batch;
  readonly #words: TensorRows;
  /** Float32Array // [nEmbd]: second row of the type embedding less the first */
  readonly #difference: Float32Array;

  private constructor(batch: Batch, words: TensorRows, difference: Float32Array) {
    this.batch = batch;
    this.#words = words;
    this.#difference = difference;
  }

  /** Undefined for models without two types of tokens. */
  static create(model: Model, path: string, capacity: number): SegmentBatch | undefined {
    const { library, nEmbd, vocab } = model;
    // Tokenizers of other kinds give all tokens the first type.
    if (!vocab.isWordPiece) return undefined;
    using types = TensorRows.open(library, path, 'token_types.weight', nEmbd);
    if (types === undefined || types.nRows < 2) return undefined;
    const words = TensorRows.open(library, path, 'token_embd.weight', nEmbd);
    if (words === undefined) return undefined;
    const first = new Float32Array(nEmbd);
    const difference = new Float32Array(nEmbd);
    types.read(0, first);
    types.read(1, difference);
    for (let i = 0; i < nEmbd; i++) difference[i]! -= first[i]!; // both [nEmbd]
    return new SegmentBatch(new Batch(capacity, nEmbd), words, difference);
  }

  /** Appends all tokens of an input. */
  add({ tokens, nFirst }: PreparedInput, seqId: number): void {
    for (const [position, token] of tokens.entries()) {
      const vector = this.batch.vector(this.batch.add(token, position, seqId, true));
      this.#words.read(token, vector);
      if (position < nFirst) continue;
      for (let i = 0; i < vector.length; i++) vector[i]! += this.#difference[i]!; // both [nEmbd]
    }
  }

  [Symbol.dispose](): void {
    this.#words[Symbol.dispose]();
    this.batch[Symbol.dispose]();
  }
}
