/** A model without weights: the next token is a hash of exactly those tokens that the KV cache holds for the sequence. */
import type { DecodeContext, StepBatch } from '../loop.ts';
import { FakeMemory } from './fake-memory.ts';

export const nVocab = 50;

/** What the model says after `tokens`. Token 0 ends the answer. */
export function nextToken(tokens: readonly number[]): number {
  let hash = 17;
  for (const token of tokens) hash = (hash * 31 + token) % 1_000_003;
  return hash % nVocab;
}

interface Entry {
  readonly token: number;
  readonly position: number;
  readonly seqId: number;
  readonly wantsLogits: boolean;
}

export class FakeContext implements DecodeContext {
  readonly memory = new FakeMemory();
  readonly batch: StepBatch;
  /** Codes that the next decodes return instead of working. */
  readonly failures: number[] = [];
  /** Tokens of each decode. */
  readonly decoded: Entry[][] = [];
  #entries: Entry[] = [];
  readonly #nCells: number;

  constructor(nCells: number) {
    this.#nCells = nCells;
    const entries = () => this.#entries;
    this.batch = {
      get length() {
        return entries().length;
      },
      clear: () => {
        this.#entries = [];
      },
      add: (token, position, seqId, wantsLogits) =>
        this.#entries.push({ token, position, seqId, wantsLogits }) - 1,
    };
  }

  decode(): number {
    const failure = this.failures.shift();
    if (failure !== undefined) return failure;
    if (this.memory.nCells + this.#entries.length > this.#nCells) return 1;
    for (const { token, position, seqId } of this.#entries) {
      if (this.memory.tokensOf(seqId).length !== position) throw new Error('a position is left out or doubled');
      this.memory.add(seqId, [token], position);
    }
    this.decoded.push(this.#entries);
    return 0;
  }

  logits(index: number): Float32Array {
    const entry = this.#entries[index];
    if (!entry?.wantsLogits) throw new Error('no logits were asked for');
    const row = new Float32Array(nVocab);
    row[nextToken(this.memory.tokensOf(entry.seqId))] = 1;
    return row;
  }
}
