/** A loaded model that generates: the child process drives it over messages, benchmarks drive it directly. */
import { CriaError, toCriaError } from '../errors.ts';
import { type Device, Library } from '../native/library.ts';
import { Model } from '../native/model.ts';
import type { Pointer } from '../native/structs.ts';
import { ThreadPool } from '../native/thread-pool.ts';
import type {
  EngineStats,
  GenerateWork,
  LoadedInfo,
  LoadSpec,
  StepEvent,
  TokenizeRequest,
  TokenizeResult,
} from '../protocol/messages.ts';
import { type Attention, chooseAttention } from './attention.ts';
import { Lane, type LaneOptions } from './lane.ts';
import { estimateSizeBytes, vramTaken } from './memory-size.ts';
import { SequenceFactory } from './sequence-factory.ts';
import { newCounters } from './stats.ts';
import { detokenizeIds, tokenizeText } from './text-tokens.ts';
import { threadsFor } from './threads.ts';

/** Context shifts keep at least this many tokens free. */
const minCtx = 4;

export interface EngineOptions {
  /** Called after every step that brought news; also for requests that could not start. */
  readonly onEvents: (events: readonly StepEvent[]) => void;
  /** 0 to 1 while the weights are loaded. */
  readonly onProgress?: (fraction: number) => void;
}

export class Engine implements Disposable {
  readonly info: Omit<LoadedInfo, 'pid'>;
  readonly #spec: LoadSpec;
  readonly #onEvents: (events: readonly StepEvent[]) => void;
  readonly #model: Model;
  readonly #pool: ThreadPool;
  readonly #adapters: readonly Pointer[];
  readonly #gpu: Device | undefined;
  readonly #attention: Attention;
  readonly #main: Lane;
  /**
   * Computes the requests that must not depend on what else runs, one at a time from an empty cache: batches of their own
   * would not be enough, since the order of sums in attention follows the places of the cells. Made on first need.
   */
  #secluded: Lane | undefined;
  readonly #counters = newCounters();
  readonly #factory: SequenceFactory;
  #nextStep: NodeJS.Immediate | undefined;
  #isClosed = false;

  /** Loads the library, the weights and a context. Throws `load_failed`. */
  static async load(spec: LoadSpec, options: EngineOptions): Promise<Engine> {
    const library = Library.load(spec.libraryDir);
    const before = library.devices();
    const model = await Model.load(library, spec.modelPath, {
      furtherPaths: spec.furtherPaths,
      nGpuLayers: spec.nGpuLayers,
      mainGpu: spec.mainGpu,
      useMmap: spec.useMmap,
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    });
    try {
      if (!model.hasDecoder || model.hasEncoder || model.isDiffusion)
        throw new CriaError('load_failed', 'this kind of model cannot generate text token by token');
      return new Engine(spec, options, model, before);
    } catch (error) {
      model[Symbol.dispose]();
      throw error;
    }
  }

  private constructor(
    spec: LoadSpec,
    options: EngineOptions,
    model: Model,
    devicesBefore: readonly Device[],
  ) {
    this.#spec = spec;
    this.#onEvents = options.onEvents;
    this.#model = model;
    this.#pool = ThreadPool.create(model.library, threadsFor(model.sizeBytes, spec.nThreads));
    this.#adapters = spec.adapterPaths.map((path) => model.loadAdapter(path));
    const devices = model.library.devices();
    this.#gpu = spec.nGpuLayers === 0 ? undefined : devices.find(isGpu);
    this.#attention = chooseAttention(spec, model.sizeBytes, this.#gpu !== undefined);
    const nCtxTrain = model.nCtxTrain > 0 ? model.nCtxTrain : Number.POSITIVE_INFINITY;
    const nCtx = Math.max(minCtx, Math.min(spec.nCtx, nCtxTrain));
    const nCells = Math.max(nCtx, Math.min(spec.nCells ?? Number.POSITIVE_INFINITY, nCtx * spec.nSlots));
    this.#factory = new SequenceFactory(model, nCtx);
    try {
      this.#main = this.#makeLane({ nCtx, nCells, nSlots: spec.nSlots, reusesCache: true });
    } catch (error) {
      this.#factory[Symbol.dispose]();
      this.#pool[Symbol.dispose]();
      throw error;
    }
    const sizeVramBytes = vramTaken(devicesBefore, model.library.devices());
    this.info = {
      nCtx,
      nSlots: spec.nSlots,
      nBatch: this.#main.context.nBatch,
      nThreads: this.#pool.nThreads,
      nVocab: model.vocab.nTokens,
      nEmbd: model.nEmbd,
      bosToken: model.vocab.bosToken,
      eosToken: model.vocab.eosToken,
      addsBos: model.vocab.addsBos,
      addsEos: model.vocab.addsEos,
      canShift: this.#main.context.canShift,
      sizeBytes: Math.max(
        estimateSizeBytes(model, {
          nCells,
          nUbatch: this.#main.context.nUbatch,
          nSlots: spec.nSlots,
          kvCacheType: this.#attention.kvCacheType,
        }),
        sizeVramBytes,
      ),
      sizeVramBytes,
      device: this.#gpu?.name ?? 'CPU',
      llamaVersion: model.library.llama.llama_version(),
    };
  }

  /** Takes a generation in; its events, errors included, come through `onEvents` under `id`. */
  submit(id: number, work: GenerateWork): void {
    try {
      const lane = work.deterministic === true ? this.#secludedLane() : this.#main;
      const sequence = this.#factory.make(id, work);
      lane.loop.submit(sequence);
      const { tokens, nBeforeTruncation: originalTokens } = sequence.prompt;
      if (originalTokens !== undefined)
        this.#onEvents([{ id, type: 'truncated', originalTokens, keptTokens: tokens.length }]);
      this.#schedule();
    } catch (error) {
      this.#onEvents([{ id, type: 'error', error: toCriaError(error).toJSON() }]);
    }
  }

  /** Ends a generation; its slot is free at once. Unknown ids are ignored: it may have just finished. */
  cancel(id: number): void {
    const found = this.#main.loop.cancel(id) || this.#secluded?.loop.cancel(id);
    if (found)
      this.#onEvents([{ id, type: 'error', error: { code: 'cancelled', message: 'request canceled' } }]);
  }

  tokenize(request: TokenizeRequest): TokenizeResult {
    return tokenizeText(this.#model.vocab, request);
  }

  /** Throws `bad_request` for ids that the vocabulary does not have. */
  detokenize(tokens: readonly number[], special: boolean): string {
    return detokenizeIds(this.#model.vocab, tokens, special);
  }

  stats(): EngineStats {
    const lanes = this.#lanes();
    return {
      slotsBusy: lanes.reduce((sum, lane) => sum + lane.loop.nBusySlots, 0),
      slotsTotal: this.info.nSlots,
      waiting: lanes.reduce((sum, lane) => sum + lane.loop.nWaiting, 0),
      kvCellsUsed: this.#main.loop.nCellsUsed,
      ...this.#counters,
    };
  }

  /** Throws when slots and caches don't add up. */
  checkIntegrity(): void {
    for (const lane of this.#lanes()) lane.loop.checkIntegrity();
  }

  /** Ends everything and frees the native memory. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearImmediate(this.#nextStep);
    for (const lane of this.#lanes()) lane[Symbol.dispose]();
    this.#factory[Symbol.dispose]();
    this.#pool[Symbol.dispose]();
    this.#model[Symbol.dispose]();
  }

  #lanes(): Lane[] {
    return this.#secluded === undefined ? [this.#main] : [this.#main, this.#secluded];
  }

  /** One step a turn of the event loop, so that messages are read between steps. */
  #schedule(): void {
    if (this.#nextStep !== undefined || this.#isClosed) return;
    this.#nextStep = setImmediate(() => {
      this.#nextStep = undefined;
      let isBusy = false;
      for (const lane of this.#lanes()) {
        if (!lane.loop.hasWork) continue;
        const events = lane.loop.step();
        if (events.length > 0) this.#onEvents(events);
        if (lane.loop.hasWork) isBusy = true;
      }
      if (isBusy) this.#schedule();
      else this.#onIdle();
    });
  }

  /** Between jobs the books must balance. If they don't, a cache that cannot be trusted is better empty. */
  #onIdle(): void {
    for (const { loop } of this.#lanes()) {
      try {
        loop.checkIntegrity();
      } catch (error) {
        process.stderr.write(`error: ${toCriaError(error).message}; the cache is cleared\n`);
        loop.clearCache();
      }
    }
  }

  #secludedLane(): Lane {
    const { nCtx } = this.info;
    this.#secluded ??= this.#makeLane({ nCtx, nCells: nCtx, nSlots: 1, reusesCache: false });
    return this.#secluded;
  }

  #makeLane(options: Pick<LaneOptions, 'nCtx' | 'nCells' | 'nSlots' | 'reusesCache'>): Lane {
    return new Lane(this.#model, this.#factory, {
      ...options,
      ...this.#attention,
      nBatch: this.#spec.nBatch,
      threadPool: this.#pool,
      adapters: this.#adapters,
      usesGpu: this.#gpu !== undefined,
      counters: this.#counters,
    });
  }
}

function isGpu(device: Device): boolean {
  return device.kind === 'gpu' || device.kind === 'integratedGpu';
}
