/** The step loop of one context: plan, decode, sample, emit; everything that changes its sequences happens between steps. */
import { CriaError, toCriaError } from '../errors.ts';
import type { Batch } from '../native/batch.ts';
import type { StepEvent } from '../protocol/messages.ts';
import type { ChosenLogprob, FinishReason } from '../types/events.ts';
import { planBatch } from './batch-plan.ts';
import type { PieceCache } from './detokenizer.ts';
import type { KvCache } from './kv-cache.ts';
import type { LogprobReader } from './logprobs.ts';
import type { Sequence } from './sequence.ts';
import { chooseSeat, longestReusable, Slots } from './slots.ts';
import type { Counters } from './stats.ts';
import { commonPrefixLength } from './token-list.ts';

/** What the loop needs of a native context. */
export interface DecodeContext {
  readonly canShift: boolean;
  decode(batch: Batch): number;
  logits(index: number): Float32Array;
}

export interface LoopOptions {
  readonly context: DecodeContext;
  readonly batch: Batch;
  readonly cache: KvCache;
  readonly nSlots: number;
  /** Most tokens of one slot. */
  readonly nCtx: number;
  /** Most tokens of a step, and of prompts in a step beside sequences that generate. */
  readonly nBatch: number;
  readonly nPromptBesideGeneration: number;
  readonly pieces: PieceCache;
  readonly logprobs: () => LogprobReader;
  readonly isEog: (token: number) => boolean;
  readonly counters: Counters;
  /** False = every prompt is computed from its first token and nothing is shared. */
  readonly reusesCache: boolean;
}

/** Waiting for another prompt to compute a common beginning costs a step; shorter ones are computed again. */
const minSharedTokens = 32;

export class StepLoop {
  readonly #o: LoopOptions;
  readonly #slots: Slots;
  /** No slot yet, oldest first. A sequence that had to give up its cells comes to the front. */
  #waiting: Sequence[] = [];
  /** With a slot, oldest first. */
  #active: Sequence[] = [];
  #events: StepEvent[] = [];

  constructor(options: LoopOptions) {
    this.#o = options;
    this.#slots = new Slots(options.nSlots);
  }

  get hasWork(): boolean {
    return this.#active.length > 0 || this.#waiting.length > 0;
  }
  get nWaiting(): number {
    return this.#waiting.length;
  }
  get nBusySlots(): number {
    return this.#slots.nBusy;
  }
  get nCellsUsed(): number {
    return this.#o.cache.nUsed;
  }

  submit(sequence: Sequence): void {
    this.#waiting.push(sequence);
  }

  /** Ends a sequence without an event; false = not here. */
  cancel(id: number): boolean {
    const sequence = [...this.#active, ...this.#waiting].find((candidate) => candidate.id === id);
    if (sequence === undefined) return false;
    this.#remove(sequence);
    return true;
  }

  /** One step for all sequences; returns what it brought. */
  step(): StepEvent[] {
    this.#events = [];
    this.#admit();
    this.#follow();
    const plan = this.#plan();
    if (plan !== undefined) {
      this.#fill(plan);
      this.#decode(plan);
    }
    return this.#events;
  }

  /** Frees all sequences; the loop is not used afterwards. */
  close(): void {
    for (const sequence of [...this.#active, ...this.#waiting]) sequence[Symbol.dispose]();
    this.#active = [];
    this.#waiting = [];
  }

  /** Throws when slots and cache don't add up. */
  checkIntegrity(): void {
    this.#slots.checkIntegrity();
    this.#o.cache.checkIntegrity();
  }

  /** Gives idle slots to waiting sequences, oldest first. */
  #admit(): void {
    const { cache } = this.#o;
    while (this.#waiting.length > 0) {
      const sequence = this.#waiting[0]!; // not empty
      // Beside others, one that finds no room waits: they will end and free theirs.
      if (this.#active.length > 0 && !this.#hasRoomFor(sequence)) return;
      const tokens = sequence.tokens.view();
      const seat = chooseSeat(this.#slots, cache, tokens);
      if (seat === undefined) return;
      this.#waiting.shift();
      this.#slots.sit(seat.idSlot, sequence);
      this.#active.push(sequence);
      let nCached = 0;
      if (!this.#o.reusesCache) cache.clear();
      else if (seat.source === seat.idSlot) nCached = cache.truncate(seat.idSlot, seat.nShared);
      else {
        cache.share(seat.source, seat.idSlot, seat.nShared);
        nCached = seat.nShared;
      }
      sequence.noteStart(nCached);
      this.#findLeader(sequence, nCached);
    }
  }

  #hasRoomFor(sequence: Sequence): boolean {
    const { cache } = this.#o;
    let room = cache.nFree;
    for (const idSlot of this.#slots.idle()) room += cache.nOwnCells(idSlot);
    return room >= sequence.tokens.length;
  }

  /**
   * Looks for an older prompt in progress that will compute more of this one's beginning than is computed yet. Only older
   * ones lead, so nobody ends up waiting for himself.
   */
  #findLeader(sequence: Sequence, nCached: number): void {
    if (!this.#o.reusesCache || !this.#o.cache.canCut) return;
    const tokens = sequence.tokens.view();
    const limit = tokens.length - 1;
    let best = nCached + minSharedTokens - 1;
    for (const other of this.#active) {
      if (other === sequence) return;
      if (other.isGenerating) continue;
      const nShared = commonPrefixLength(other.tokens.view(), tokens, limit);
      if (nShared <= best) continue;
      best = nShared;
      sequence.leader = { sequence: other, nShared };
    }
  }

  /** Lets followers go on whose common beginning is computed, or will never be. */
  #follow(): void {
    const { cache } = this.#o;
    for (const sequence of this.#active) {
      const { leader, idSlot } = sequence;
      if (leader === undefined || idSlot === undefined) continue;
      const leaderSlot = leader.sequence.idSlot;
      const isComing =
        leaderSlot !== undefined &&
        !leader.sequence.isGenerating &&
        cache.length(leaderSlot) < leader.nShared;
      if (isComing) continue;
      // It has come that far, or it left its seat: whatever is best now, then look around again.
      const tokens = sequence.tokens.view();
      const best = longestReusable(this.#slots, cache, tokens);
      if (best.nShared > cache.length(idSlot)) {
        cache.share(best.idSlot, idSlot, best.nShared);
        if (!sequence.isGenerating) sequence.nCached = best.nShared;
      }
      sequence.leader = undefined;
      this.#findLeader(sequence, cache.length(idSlot));
    }
  }

  #nWanted(sequence: Sequence): number {
    if (sequence.leader !== undefined || sequence.idSlot === undefined) return 0;
    return sequence.tokens.length - this.#o.cache.length(sequence.idSlot);
  }

  /** Tokens for each active sequence; undefined = nothing to do. */
  #plan(): number[] | undefined {
    for (const sequence of [...this.#active]) this.#makeContextRoom(sequence);
    for (;;) {
      if (this.#active.length === 0) return undefined;
      const inputs = this.#active.map((sequence) => ({
        nWanted: this.#nWanted(sequence),
        isGenerating: sequence.isGenerating,
      }));
      const { nBatch, nPromptBesideGeneration, cache } = this.#o;
      const limits = { nBatch, nPromptBesideGeneration, nCells: Number.POSITIVE_INFINITY };
      const ideal = planBatch(inputs, limits);
      const nIdeal = ideal.reduce((sum, n) => sum + n, 0);
      if (this.#freeCells(nIdeal)) return ideal;
      const plan = planBatch(inputs, { ...limits, nCells: cache.nFree });
      const starves = inputs.some((input, i) => input.isGenerating && input.nWanted > 0 && plan[i] === 0);
      const isEmpty = plan.every((n) => n === 0);
      if (!starves && !isEmpty) return plan;
      this.#suspendYoungest();
    }
  }

  /** Clears idle slots, longest unused first, until `count` cells are free. */
  #freeCells(count: number): boolean {
    const { cache } = this.#o;
    for (const idSlot of this.#slots.idle()) {
      if (cache.nFree >= count) break;
      cache.truncate(idSlot, 0);
    }
    return cache.nFree >= count;
  }

  /** Sends the youngest sequence back to wait; its tokens are computed again when there is room. */
  #suspendYoungest(): void {
    const sequence = this.#active.pop();
    if (sequence?.idSlot === undefined || this.#active.length === 0)
      throw new Error('one sequence does not fit the KV cache');
    this.#o.cache.truncate(sequence.idSlot, 0);
    sequence.leader = undefined;
    this.#slots.leave(sequence);
    this.#waiting.unshift(sequence);
  }

  /** When the next token has no position left: drops the older half of what may go, or ends the sequence. */
  #makeContextRoom(sequence: Sequence): void {
    const { nCtx, cache, context } = this.#o;
    if (sequence.tokens.length <= nCtx || sequence.idSlot === undefined) return;
    if (!sequence.work.shift || !context.canShift) {
      this.#finish(sequence, 'length');
      return;
    }
    const nKeep = Math.min(sequence.prompt.nKeep, nCtx - 4);
    const nDrop = Math.max((sequence.tokens.length - nKeep) >> 1, 1);
    sequence.tokens.remove(nKeep, nDrop);
    const { idSlot } = sequence;
    for (const other of cache.sharersFrom(idSlot, nKeep)) {
      if (this.#slots.sequenceAt(other) === undefined) cache.truncate(other, nKeep);
    }
    if (cache.sharersFrom(idSlot, nKeep).length === 0 && cache.length(idSlot) >= nKeep + nDrop) {
      cache.dropMiddle(idSlot, nKeep, nDrop);
    } else {
      // Somebody still uses the cells at their old positions: compute the rest again in cells of our own.
      cache.truncate(idSlot, nKeep);
    }
  }

  #fill(plan: readonly number[]): void {
    const { batch, cache } = this.#o;
    batch.clear();
    for (const [i, sequence] of this.#active.entries()) {
      const count = plan[i] ?? 0;
      sequence.iBatch = undefined;
      if (count === 0 || sequence.idSlot === undefined) continue;
      const start = cache.length(sequence.idSlot);
      for (let position = start; position < start + count; position++) {
        const isLast = position === sequence.tokens.length - 1;
        const index = batch.add(sequence.tokens.at(position), position, sequence.idSlot, isLast);
        if (isLast) sequence.iBatch = index;
      }
    }
  }

  #decode(plan: readonly number[]): void {
    const { batch, cache, context, counters } = this.#o;
    if (batch.length === 0) return;
    const code = context.decode(batch);
    if (code !== 0) {
      this.#onDecodeFailure(plan, code);
      return;
    }
    counters.steps++;
    const sequences = [...this.#active];
    for (const [i, sequence] of sequences.entries()) {
      const count = plan[i] ?? 0;
      if (count === 0 || sequence.idSlot === undefined) continue;
      const start = cache.length(sequence.idSlot);
      cache.append(sequence.idSlot, sequence.tokens.view(start, start + count));
      if (!sequence.isGenerating) counters.promptTokensEvaluated += count;
      if (sequence.iBatch !== undefined) this.#sample(sequence, sequence.iBatch);
    }
  }

  /** Positive: llama.cpp found no room after all, nothing was changed. Negative: the sequences of the batch are lost. */
  #onDecodeFailure(plan: readonly number[], code: number): void {
    const { cache } = this.#o;
    if (code === 1) {
      const nFree = cache.nFree;
      this.#freeCells(cache.nCells);
      if (cache.nFree > nFree) return;
      if (this.#active.length > 1) {
        this.#suspendYoungest();
        return;
      }
    }
    const error = new CriaError('internal', `llama.cpp could not compute the batch (code ${code})`);
    for (const [i, sequence] of [...this.#active].entries()) {
      if ((plan[i] ?? 0) === 0 || sequence.idSlot === undefined) continue;
      cache.dropUnknown(sequence.idSlot);
      this.#fail(sequence, error);
    }
  }

  #sample(sequence: Sequence, iBatch: number): void {
    const { context, isEog, pieces, counters } = this.#o;
    if (sequence.nPredict <= 0) {
      this.#finish(sequence, 'length');
      return;
    }
    try {
      const logits = context.logits(iBatch);
      const { topLogprobs } = sequence.work;
      const reader = topLogprobs === undefined ? undefined : this.#o.logprobs();
      reader?.keep(logits);
      const token = sequence.sampler.sample(logits, isEog);
      sequence.noteToken();
      counters.tokensGenerated++;
      if (token < 0 || isEog(token)) {
        this.#finish(sequence, 'stop');
        return;
      }
      let logprob: ChosenLogprob | undefined;
      if (reader !== undefined) logprob = reader.read(token, topLogprobs ?? 0);
      sequence.tokens.push(token);
      sequence.answer.push(token);
      sequence.text.add(pieces.get(token), logprob);
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
    const { work, prompt } = sequence;
    sequence.text.end();
    this.#emitText(sequence);
    this.#o.counters.promptTokensFromCache += sequence.nCached;
    this.#events.push({
      id: sequence.id,
      type: 'finish',
      reason,
      stats: sequence.stats(),
      ...(work.returnTokens ? { tokens: [...prompt.tokens, ...sequence.answer] } : {}),
      ...(prompt.nBeforeTruncation === undefined
        ? {}
        : { promptTokensBeforeTruncation: prompt.nBeforeTruncation }),
    });
    this.#remove(sequence);
  }

  #fail(sequence: Sequence, error: CriaError): void {
    this.#events.push({ id: sequence.id, type: 'error', error: error.toJSON() });
    this.#remove(sequence);
  }

  /** Takes the sequence out; what it computed stays in its slot for the next prompt. */
  #remove(sequence: Sequence): void {
    this.#active = this.#active.filter((other) => other !== sequence);
    this.#waiting = this.#waiting.filter((other) => other !== sequence);
    if (sequence.idSlot !== undefined) {
      this.#o.cache.keepExact(sequence.idSlot);
      this.#slots.leave(sequence);
    }
    sequence[Symbol.dispose]();
  }
}
