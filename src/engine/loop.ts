/** The step loop of one context: plan, decode, sample, emit; everything that changes its sequences happens between steps. */
import { CriaError, toCriaError } from '../errors.ts';
import type { Batch } from '../native/batch.ts';
import type { StepEvent } from '../protocol/messages.ts';
import type { FinishReason } from '../types/events.ts';
import { planBatch } from './batch-plan.ts';
import type { PieceCache } from './detokenizer.ts';
import type { KvCache } from './kv-cache.ts';
import type { LogprobReader } from './logprobs.ts';
import { PromptPace } from './prompt-pace.ts';
import { Seating } from './seating.ts';
import type { Sequence } from './sequence.ts';
import type { Counters } from './stats.ts';

/** What the loop needs of a native context. */
export interface DecodeContext {
  /** llama.h: `llama_decode` of the loop's batch. */
  decode(): number;
  /** Float32Array // [nVocab], valid until the next decode; may be written to. */
  logits(index: number): Float32Array;
}

/** What the loop needs of a native batch. */
export type StepBatch = Pick<Batch, 'add' | 'clear' | 'length'>;

export interface LoopOptions {
  readonly context: DecodeContext;
  readonly batch: StepBatch;
  readonly cache: KvCache;
  readonly nSlots: number;
  /** Most tokens of one slot. */
  readonly nCtx: number;
  /** Most tokens of a step. */
  readonly nBatch: number;
  /** Whether positions can be moved; otherwise a full context is computed again from what is kept. */
  readonly canShift: boolean;
  readonly pieces: PieceCache;
  /** Called when a sequence wants log-probabilities. */
  readonly logprobs: () => LogprobReader;
  readonly isEog: (token: number) => boolean;
  readonly counters: Counters;
  /** False = every prompt is computed from its first token and nothing is shared. */
  readonly reusesCache: boolean;
  /** False = what idle slots remember is dropped when a newcomer has taken from it what he can use. */
  readonly keepsIdle: boolean;
}

export class StepLoop {
  readonly #o: LoopOptions;
  readonly #seating: Seating;
  readonly #pace = new PromptPace();
  #events: StepEvent[] = [];

  constructor(options: LoopOptions) {
    this.#o = options;
    this.#seating = new Seating(options.cache, options);
  }

  get hasWork(): boolean {
    return this.#seating.active.length > 0 || this.#seating.nWaiting > 0;
  }
  get nWaiting(): number {
    return this.#seating.nWaiting;
  }
  get nBusySlots(): number {
    return this.#seating.nBusySlots;
  }
  get nCellsUsed(): number {
    return this.#o.cache.nUsed;
  }

  submit(sequence: Sequence): void {
    this.#seating.add(sequence);
  }

  /** Ends a sequence without an event; false = not here. */
  cancel(id: number): boolean {
    const sequence = this.#seating.find(id);
    if (sequence === undefined) return false;
    this.#seating.remove(sequence);
    return true;
  }

  /** One step for all sequences; returns what it brought. */
  step(): StepEvent[] {
    this.#events = [];
    this.#seating.admit();
    this.#seating.follow();
    for (const sequence of this.#seating.active) this.#makeContextRoom(sequence);
    const plan = this.#plan();
    if (plan !== undefined) this.#decode(plan);
    return this.#events;
  }

  /** Frees all sequences; the loop is not used afterwards. */
  close(): void {
    this.#seating.close();
  }

  /** Forgets everything computed; only while there is no work. */
  clearCache(): void {
    this.#o.cache.clear();
  }

  /** Throws when slots and cache don't add up. */
  checkIntegrity(): void {
    this.#seating.checkIntegrity();
    this.#o.cache.checkIntegrity();
  }

  /** When the next token has no position left: drops the older half of what may go, or ends the sequence. */
  #makeContextRoom(sequence: Sequence): void {
    const { nCtx, cache, canShift } = this.#o;
    const { idSlot, tokens } = sequence;
    if (tokens.length <= nCtx || idSlot === undefined) return;
    if (!sequence.work.shift) {
      this.#finish(sequence, 'length');
      return;
    }
    const nKeep = Math.max(0, Math.min(sequence.prompt.nKeep, nCtx - 4));
    const nDrop = Math.max((tokens.length - nKeep) >> 1, 1);
    tokens.remove(nKeep, nDrop);
    // A cell has one position, so cells that a busy slot shares cannot move: the rest is computed again in own cells.
    const canMove = canShift && cache.canCut && cache.length(idSlot) >= nKeep + nDrop;
    if (canMove && this.#seating.unshare(idSlot, nKeep)) cache.dropMiddle(idSlot, nKeep, nDrop);
    else cache.truncate(idSlot, nKeep);
  }

  /** Tokens for each active sequence; undefined = nothing to do. Makes room in the KV cache for them. */
  #plan(): number[] | undefined {
    const { cache, nBatch } = this.#o;
    const limits = { nBatch, nPromptBesideGeneration: this.#pace.limit(nBatch) };
    for (;;) {
      const inputs = this.#seating.active.map((sequence) => ({
        nWanted: this.#nWanted(sequence),
        isGenerating: sequence.isGenerating,
      }));
      const ideal = planBatch(inputs, { ...limits, nCells: Number.POSITIVE_INFINITY });
      const nTokens = ideal.reduce((sum, count) => sum + count, 0);
      if (nTokens === 0) return undefined;
      if (this.#seating.freeCells(nTokens)) return ideal;
      const plan = planBatch(inputs, { ...limits, nCells: cache.nFree });
      const starves = inputs.some(
        ({ isGenerating, nWanted }, i) => isGenerating && nWanted === 1 && plan[i] === 0,
      );
      if (!starves && plan.some((count) => count > 0)) return plan;
      if (!this.#seating.suspendYoungest()) throw new Error('one sequence does not fit the KV cache');
    }
  }

  #nWanted(sequence: Sequence): number {
    if (sequence.leader !== undefined || sequence.idSlot === undefined) return 0;
    return sequence.tokens.length - this.#o.cache.length(sequence.idSlot);
  }

  #decode(plan: readonly number[]): void {
    const { batch, cache, context, counters } = this.#o;
    const sequences = this.#seating.active.filter((_, i) => plan[i]! > 0); // one count a sequence
    const counts = plan.filter((count) => count > 0);
    batch.clear();
    for (const [i, sequence] of sequences.entries()) this.#fill(sequence, counts[i]!);

    const start = performance.now();
    const code = context.decode();
    this.#pace.note(batch.length, performance.now() - start);
    if (code !== 0) {
      this.#onDecodeFailure(sequences, code);
      return;
    }
    counters.steps++;
    for (const [i, sequence] of sequences.entries()) {
      const idSlot = sequence.idSlot!; // active
      const first = cache.length(idSlot);
      cache.append(idSlot, sequence.tokens.view(first, first + counts[i]!));
      if (!sequence.isGenerating) counters.promptTokensEvaluated += counts[i]!;
    }
    for (const sequence of sequences) {
      if (sequence.iBatch !== undefined) this.#sample(sequence, sequence.iBatch);
    }
  }

  /** Puts the sequence's next tokens into the batch; the logits of its last one are wanted. */
  #fill(sequence: Sequence, count: number): void {
    const { batch, cache } = this.#o;
    const { tokens } = sequence;
    const idSlot = sequence.idSlot!; // active
    const first = cache.length(idSlot);
    sequence.iBatch = undefined;
    for (let position = first; position < first + count; position++) {
      const isLast = position === tokens.length - 1;
      const index = batch.add(tokens.at(position), position, idSlot, isLast);
      if (isLast) sequence.iBatch = index;
    }
  }

  /** 1: llama.cpp found no room after all and has changed nothing. Else the sequences of the batch are lost. */
  #onDecodeFailure(sequences: readonly Sequence[], code: number): void {
    const { cache } = this.#o;
    if (code === 1) {
      const { nFree } = cache;
      this.#seating.freeCells(cache.nCells);
      if (cache.nFree > nFree || this.#seating.suspendYoungest()) return; // the next step tries again
    }
    const error = new CriaError('internal', `llama.cpp could not compute the batch (code ${code})`);
    for (const sequence of sequences) {
      cache.dropUnknown(sequence.idSlot!); // active
      this.#fail(sequence, error);
    }
  }

  #sample(sequence: Sequence, iBatch: number): void {
    const { context, isEog, pieces, counters } = this.#o;
    try {
      if (sequence.nPredict <= 0) {
        this.#finish(sequence, 'length');
        return;
      }
      const logits = context.logits(iBatch);
      const { topLogprobs } = sequence.work;
      const logprobs = topLogprobs === undefined ? undefined : this.#o.logprobs();
      logprobs?.keep(logits);
      const token = sequence.sampler.sample(logits, isEog);
      sequence.noteToken();
      counters.tokensGenerated++;
      if (token < 0 || isEog(token)) {
        this.#finish(sequence, 'stop');
        return;
      }
      sequence.addToken(token, pieces.get(token), logprobs?.read(token, topLogprobs ?? 0));
      const reason = sequence.finishReason();
      if (reason === undefined) this.#emitText(sequence);
      else this.#finish(sequence, reason);
    } catch (error) {
      this.#fail(sequence, toCriaError(error));
    }
  }

  #emitText(sequence: Sequence): void {
    const news = sequence.text.take();
    if (news !== undefined) this.#events.push({ id: sequence.id, type: 'tokens', ...news });
  }

  #finish(sequence: Sequence, reason: FinishReason): void {
    sequence.text.end();
    this.#emitText(sequence);
    this.#o.counters.promptTokensFromCache += sequence.nCached;
    this.#events.push(sequence.finishEvent(reason));
    this.#seating.remove(sequence);
  }

  #fail(sequence: Sequence, error: CriaError): void {
    this.#events.push({ id: sequence.id, type: 'error', error: error.toJSON() });
    this.#seating.remove(sequence);
  }
}
