/** The embedding requests that wait, and which of their inputs go into the next batch. */
import type { EmbedInput, EmbedWork } from '../protocol/messages.ts';
import type { PreparedInput } from './embed-input.ts';

/** A request in work. */
export interface EmbedJob {
  readonly id: number;
  readonly work: EmbedWork;
  /** Float32Array // [inputs, nOutput]; rows are filled as their batches are computed */
  readonly vectors: Float32Array;
  promptTokens: number;
  /** Inputs [0, nTaken) are computed, or in the batch that is being made. */
  nTaken: number;
  /** Inputs that are computed. */
  nDone: number;
  /** Input `nTaken`, when it was looked at but found no room. */
  peeked: PreparedInput | undefined;
}

/** An input with its place in the batch. */
export interface PackedInput extends PreparedInput {
  readonly job: EmbedJob;
  /** Row of the job's vectors. */
  readonly index: number;
}

export interface PackLimits {
  /** A batch is not filled beyond this many tokens, except by one input that is longer. */
  readonly nTokens: number;
  readonly nSequences: number;
}

export class EmbedQueue {
  readonly #nOutput: number;
  /** The one at the front is served first. */
  #jobs: EmbedJob[] = [];

  constructor(nOutput: number) {
    this.#nOutput = nOutput;
  }

  get nJobs(): number {
    return this.#jobs.length;
  }

  add(id: number, work: EmbedWork): void {
    const vectors = new Float32Array(work.inputs.length * this.#nOutput);
    this.#jobs.push({ id, work, vectors, promptTokens: 0, nTaken: 0, nDone: 0, peeked: undefined });
  }

  has(job: EmbedJob): boolean {
    return this.#jobs.includes(job);
  }

  /** True when the request was there. */
  remove(id: number): boolean {
    const before = this.#jobs.length;
    this.#jobs = this.#jobs.filter((job) => job.id !== id);
    return this.#jobs.length < before;
  }

  /**
   * The inputs of the next batch: one of each request in turn until the batch is full, so that a short request is not held up by a
   * long one. Whose input finds no room is first the next time. Inputs are tokenized only when their turn comes; a request whose
   * `prepare` throws leaves the queue through `onFailed`.
   */
  pack(
    limits: PackLimits,
    prepare: (input: EmbedInput, work: EmbedWork) => PreparedInput,
    onFailed: (job: EmbedJob, error: unknown) => void,
  ): PackedInput[] {
    const packed: PackedInput[] = [];
    let nTokens = 0;
    let blocked: EmbedJob | undefined;
    let turn = this.#jobs.filter(hasInputs);
    while (turn.length > 0 && blocked === undefined) {
      for (const job of turn) {
        if (packed.length >= limits.nSequences) {
          blocked = job;
          break;
        }
        let prepared: PreparedInput;
        try {
          prepared = job.peeked ?? prepare(job.work.inputs[job.nTaken]!, job.work); // hasInputs: in range
        } catch (error) {
          this.remove(job.id);
          onFailed(job, error);
          continue;
        }
        const { length } = prepared.tokens;
        if (packed.length > 0 && nTokens + length > limits.nTokens) {
          job.peeked = prepared;
          blocked = job;
          break;
        }
        job.peeked = undefined;
        packed.push({ job, index: job.nTaken++, ...prepared });
        nTokens += length;
      }
      turn = turn.filter((job) => hasInputs(job) && this.has(job));
    }
    this.#moveToFront(blocked);
    // A request may have failed after some of its inputs were packed.
    return packed.filter(({ job }) => this.has(job));
  }

  /** Notes a computed output. Returns the job when it was its last; it has left the queue then. */
  complete({ job, index, tokens }: PackedInput, output: Float32Array): EmbedJob | undefined {
    job.vectors.set(output, index * this.#nOutput);
    job.promptTokens += tokens.length;
    job.nDone++;
    if (job.nDone < job.work.inputs.length) return undefined;
    return this.remove(job.id) ? job : undefined;
  }

  #moveToFront(job: EmbedJob | undefined): void {
    if (job === undefined || this.#jobs[0] === job) return;
    this.#jobs = [job, ...this.#jobs.filter((other) => other !== job)];
  }
}

function hasInputs(job: EmbedJob): boolean {
  return job.nTaken < job.work.inputs.length;
}
