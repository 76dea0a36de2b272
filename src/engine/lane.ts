/** A native context with its cache and its step loop. */
import { Batch } from '../native/batch.ts';
import { Context, type ContextOptions } from '../native/context.ts';
import type { Model } from '../native/model.ts';
import { KvCache } from './kv-cache.ts';
import { StepLoop } from './loop.ts';
import type { SequenceFactory } from './sequence-factory.ts';
import type { Counters } from './stats.ts';

export interface LaneOptions extends Omit<ContextOptions, 'nSeqMax'> {
  readonly nSlots: number;
  /** Most tokens of one slot. */
  readonly nCtx: number;
  /** False = every prompt is computed from its first token in an empty cache; for one slot. */
  readonly reusesCache: boolean;
  readonly keepsIdle: boolean;
  readonly usesGpu: boolean;
  readonly counters: Counters;
}

export class Lane implements Disposable {
  readonly context: Context;
  readonly loop: StepLoop;
  readonly #batch: Batch;

  /** Throws `load_failed`. `factory` made the sequences that will come. */
  constructor(model: Model, factory: SequenceFactory, options: LaneOptions) {
    const { nSlots, usesGpu } = options;
    const context = Context.create(model, { ...options, nSeqMax: nSlots });
    const batch = new Batch(context.nBatch);
    this.context = context;
    this.#batch = batch;
    this.loop = new StepLoop({
      context: { decode: () => context.decode(batch), logits: (index) => context.logits(index) },
      batch,
      cache: new KvCache(context, { nSlots, nCells: context.nCells, canCut: !model.hasRecurrentState }),
      nSlots,
      nCtx: options.nCtx,
      // A CPU gains nothing from larger steps, and cancellations and newcomers wait for the end of one.
      nBatch: usesGpu ? context.nBatch : context.nUbatch,
      canShift: context.canShift,
      pieces: factory.pieces,
      logprobs: () => factory.logprobs,
      isEog: (token) => factory.isEog(token),
      counters: options.counters,
      reusesCache: options.reusesCache,
      keepsIdle: options.keepsIdle,
    });
  }

  /** Ends its sequences and frees the native memory. */
  [Symbol.dispose](): void {
    this.loop.close();
    this.context[Symbol.dispose]();
    this.#batch[Symbol.dispose]();
  }
}
