/** A loaded model that generates: the child process drives it over messages, benchmarks drive it directly. */
import { CriaError, toCriaError } from '../errors.ts';
import { Batch } from '../native/batch.ts';
import { Candidates } from '../native/candidates.ts';
import { Context } from '../native/context.ts';
import { type Device, Library } from '../native/library.ts';
import { Model } from '../native/model.ts';
import type { Pointer } from '../native/structs.ts';
import { ThreadPool } from '../native/thread-pool.ts';
import type {
  EngineStats,
  GenerateWork,
  GrammarSpec,
  LoadedInfo,
  LoadSpec,
  StepEvent,
  TokenizeRequest,
  TokenizeResult,
} from '../protocol/messages.ts';
import { type Attention, chooseAttention } from './attention.ts';
import { PieceCache } from './detokenizer.ts';
import { Grammar } from './grammar.ts';
import { GrammarVocab } from './grammar-vocab.ts';
import { KvCache } from './kv-cache.ts';
import { LogprobReader } from './logprobs.ts';
import { StepLoop } from './loop.ts';
import { estimateSizeBytes, vramTaken } from './memory-size.ts';
import { preparePrompt } from './prompt.ts';
import { SamplerChain, type SamplerScratch } from './sampler-chain.ts';
import { DryPrototypes } from './sampler-makers.ts';
import { limitSampling } from './sampling-limits.ts';
import { Sequence } from './sequence.ts';
import { newCounters } from './stats.ts';
import { detokenizeIds, tokenizeText } from './text-tokens.ts';
import { threadsFor } from './threads.ts';
import { TopK } from './top-k.ts';

/** No answer is longer than this many contexts. */
const maxAnswerContexts = 10;

/** Largest `top_k` that is selected here; beyond it llama.cpp sorts all candidates. */
const maxTopK = 4096;

/** Context shifts keep at least this many tokens free. */
const minCtx = 4;

/** A context with its cache and its step loop. */
interface Lane {
  readonly context: Context;
  readonly batch: Batch;
  readonly loop: StepLoop;
}

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
  readonly #pieces: PieceCache;
  readonly #grammarVocab: GrammarVocab;
  readonly #isEogCache = new Map<number, boolean>();
  readonly #scratch: SamplerScratch;
  #logprobs: LogprobReader | undefined;
  #nextStep: NodeJS.Immediate | undefined;
  #isClosed = false;

  /** Loads the library, the weights and a context. Throws `load_failed`. */
  static async load(spec: LoadSpec, options: EngineOptions): Promise<Engine> {
    const library = Library.load(spec.libraryDir);
    const before = library.devices();
    const model = await Model.load(library, spec.modelPath, {
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
    this.#pieces = new PieceCache(model.vocab);
    this.#grammarVocab = new GrammarVocab(model.vocab);
    this.#pool = ThreadPool.create(
      model.library,
      spec.nThreads > 0 ? spec.nThreads : threadsFor(model.sizeBytes),
    );
    const nVocab = model.vocab.nTokens;
    this.#scratch = {
      candidates: new Candidates(nVocab),
      top: new TopK(Math.min(maxTopK, nVocab), nVocab),
      row: new Float32Array(nVocab),
      masked: new Float32Array(nVocab),
      dry: new DryPrototypes(model),
    };
    this.#adapters = spec.adapterPaths.map((path) => model.loadAdapter(path));
    const devices = model.library.devices();
    this.#gpu = spec.nGpuLayers === 0 ? undefined : devices.find(isGpu);
    this.#attention = chooseAttention(spec, model.sizeBytes, this.#gpu !== undefined);
    const nCtxTrain = model.nCtxTrain > 0 ? model.nCtxTrain : Number.POSITIVE_INFINITY;
    const nCtx = Math.max(minCtx, Math.min(spec.nCtx, nCtxTrain));
    const nCells = Math.max(nCtx, Math.min(spec.nCells ?? Number.POSITIVE_INFINITY, nCtx * spec.nSlots));
    this.#main = this.#makeLane({ nCtx, nCells, nSlots: spec.nSlots, reusesCache: true });
    const sizeVramBytes = vramTaken(devicesBefore, model.library.devices());
    this.info = {
      nCtx,
      nSlots: spec.nSlots,
      nBatch: this.#main.context.nBatch,
      nThreads: this.#pool.nThreads,
      nVocab,
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
      const sequence = this.#makeSequence(id, work);
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
    for (const lane of this.#lanes()) {
      lane.loop.close();
      lane.context[Symbol.dispose]();
      lane.batch[Symbol.dispose]();
    }
    this.#scratch.candidates[Symbol.dispose]();
    this.#scratch.dry[Symbol.dispose]();
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

  #makeSequence(id: number, work: GenerateWork): Sequence {
    const { vocab } = this.#model;
    const { nCtx } = this.info;
    const params = limitSampling(work.sampling, { nVocab: vocab.nTokens, nCtx });
    const prompt = preparePrompt(vocab, work, nCtx);
    // Last, so that nothing can fail between the native parts and their owner.
    const grammar = work.grammar === undefined ? undefined : this.#makeGrammar(work.grammar);
    const sampler = new SamplerChain(this.#model, params, { scratch: this.#scratch, grammar });
    sampler.addPrompt(prompt.tokens);
    const most = maxAnswerContexts * nCtx;
    const nPredict = work.nPredict < 0 ? most : Math.min(work.nPredict, most);
    return new Sequence({ id, work, prompt, sampler, nPredict });
  }

  #makeGrammar(spec: GrammarSpec): Grammar {
    return new Grammar({ model: this.#model, pieces: this.#pieces, vocab: this.#grammarVocab }, spec);
  }

  #secludedLane(): Lane {
    const { nCtx } = this.info;
    this.#secluded ??= this.#makeLane({ nCtx, nCells: nCtx, nSlots: 1, reusesCache: false });
    return this.#secluded;
  }

  #makeLane(options: { nCtx: number; nCells: number; nSlots: number; reusesCache: boolean }): Lane {
    const { nSlots, nCtx } = options;
    const spec = this.#spec;
    const model = this.#model;
    const context = Context.create(model, {
      nCells: options.nCells,
      nSeqMax: nSlots,
      nBatch: spec.nBatch,
      ...this.#attention,
      threadPool: this.#pool,
      adapters: this.#adapters,
    });
    const batch = new Batch(context.nBatch);
    const loop = new StepLoop({
      context: { decode: () => context.decode(batch), logits: (index) => context.logits(index) },
      batch,
      cache: new KvCache(context, {
        nSlots,
        nCells: context.nCells,
        canCut: !model.hasRecurrentState,
      }),
      nSlots,
      nCtx,
      // A CPU gains nothing from larger steps, and cancellations and newcomers wait for the end of one.
      nBatch: this.#gpu !== undefined ? context.nBatch : context.nUbatch,
      canShift: context.canShift,
      pieces: this.#pieces,
      logprobs: () => {
        this.#logprobs ??= new LogprobReader(model.vocab.nTokens, this.#scratch.top, this.#pieces);
        return this.#logprobs;
      },
      isEog: (token) => this.#isEog(token),
      counters: this.#counters,
      reusesCache: options.reusesCache,
    });
    return { context, batch, loop };
  }

  #isEog(token: number): boolean {
    let isEog = this.#isEogCache.get(token);
    if (isEog === undefined) {
      isEog = this.#model.vocab.isEog(token);
      this.#isEogCache.set(token, isEog);
    }
    return isEog;
  }
}

function isGpu(device: Device): boolean {
  return device.kind === 'gpu' || device.kind === 'integratedGpu';
}
