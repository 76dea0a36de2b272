/** A loaded model that embeds or scores whole texts: many sequences in one batch, whichever requests they belong to. */
import { CriaError, type SerializedError, toCriaError } from '../errors.ts';
import { Batch } from '../native/batch.ts';
import { EmbeddingContext, type Pooling } from '../native/embedding-context.ts';
import { type Device, Library } from '../native/library.ts';
import { Model } from '../native/model.ts';
import { ThreadPool } from '../native/thread-pool.ts';
import type {
  EmbeddingInfo,
  EmbedResult,
  EmbedWork,
  EngineStats,
  LoadedInfo,
  LoadSpec,
  TokenizeRequest,
  TokenizeResult,
} from '../protocol/messages.ts';
import { type EmbedLimits, prepareInput } from './embed-input.ts';
import { EmbedQueue, type PackedInput } from './embed-queue.ts';
import { LongInput } from './long-input.ts';
import { estimateSizeBytes, vramTaken } from './memory-size.ts';
import { SegmentBatch } from './segments.ts';
import { newCounters } from './stats.ts';
import { detokenizeIds, tokenizeText } from './text-tokens.ts';
import { threadsFor } from './threads.ts';
import { useWordPiece } from './word-piece.ts';

/** llama.h: `LLAMA_MAX_SEQ`. */
const maxSequences = 256;
/**
 * Tokens that are packed into one batch on a CPU. Every token attends to the whole batch before the mask takes the other
 * sequences out, so that attention costs the square of this, while larger products of matrices stop to pay at a few hundred rows.
 */
const cpuPackTokens = 512;
/** Models with a state of their own for each sequence keep memory for all of them. */
const maxRecurrentSequences = 16;

export interface EmbeddingEngineOptions {
  readonly onResult: (id: number, result: EmbedResult) => void;
  readonly onError: (id: number, error: SerializedError) => void;
  /** 0 to 1 while the weights are loaded. */
  readonly onProgress?: (fraction: number) => void;
}

export class EmbeddingEngine implements Disposable {
  readonly info: Omit<LoadedInfo, 'pid'> & { readonly embedding: EmbeddingInfo };
  readonly #options: EmbeddingEngineOptions;
  readonly #model: Model;
  readonly #pool: ThreadPool;
  readonly #context: EmbeddingContext;
  readonly #batch: Batch;
  /** Takes the place of the batch where pairs are scored. */
  readonly #segments: SegmentBatch | undefined;
  readonly #queue: EmbedQueue;
  readonly #limits: EmbedLimits;
  readonly #nPackTokens: number;
  readonly #counters = newCounters();
  /** A text of several batches, which follow each other without others between. */
  #long: LongInput | undefined;
  #nextStep: NodeJS.Immediate | undefined;
  #isClosed = false;

  /** Loads the library, the weights and a context. Throws `load_failed`. */
  static async load(spec: LoadSpec, options: EmbeddingEngineOptions): Promise<EmbeddingEngine> {
    const library = Library.load(spec.libraryDir);
    const before = library.devices();
    const { onProgress } = options;
    const model = await Model.load(library, spec.modelPath, {
      furtherPaths: spec.furtherPaths,
      nGpuLayers: spec.nGpuLayers,
      mainGpu: spec.mainGpu,
      useMmap: spec.useMmap,
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    try {
      if (model.hasEncoder && model.hasDecoder)
        throw new CriaError('load_failed', 'models with an encoder and a decoder cannot embed');
      useWordPiece(model);
      return new EmbeddingEngine(spec, options, model, before);
    } catch (error) {
      model[Symbol.dispose]();
      throw error;
    }
  }

  private constructor(
    spec: LoadSpec,
    options: EmbeddingEngineOptions,
    model: Model,
    devicesBefore: readonly Device[],
  ) {
    this.#options = options;
    this.#model = model;
    this.#pool = ThreadPool.create(model.library, threadsFor(model.sizeBytes, spec.nThreads));
    const nCtx = model.nCtxTrain > 0 ? Math.min(spec.nCtx, model.nCtxTrain) : spec.nCtx;
    const nSeqMax = Math.min(spec.nUbatch, model.hasRecurrentState ? maxRecurrentSequences : maxSequences);
    this.#context = EmbeddingContext.create(model, {
      nBatch: spec.nUbatch,
      nCells: Math.max(spec.nCells ?? 0, spec.nUbatch),
      nSeqMax,
      pooling: poolingOf(model),
      flashAttention: spec.flashAttention,
      kvCacheType: spec.kvCacheType,
      threadPool: this.#pool,
      adapters: spec.adapterPaths.map((path) => model.loadAdapter(path)),
    });
    const { nBatch, nOutput, pooling } = this.#context;
    this.#batch = new Batch(nBatch);
    this.#segments = pooling === 'rank' ? SegmentBatch.create(model, spec.modelPath, nBatch) : undefined;
    this.#queue = new EmbedQueue(nOutput);
    this.#limits = limitsOf(this.#context, nCtx, spec);
    const devices = model.library.devices();
    const gpu =
      spec.nGpuLayers === 0
        ? undefined
        : devices.find(({ kind }) => kind === 'gpu' || kind === 'integratedGpu');
    this.#nPackTokens = gpu === undefined ? Math.min(nBatch, cpuPackTokens) : nBatch;
    const sizeVramBytes = vramTaken(devicesBefore, devices);
    const sizeBytes = estimateSizeBytes(model, {
      nCells: this.#context.hasMemory ? Math.max(spec.nCells ?? 0, nBatch) : nBatch,
      nUbatch: nBatch,
      // Rows of logits are kept for every token, though nobody reads them.
      nSlots: nBatch,
      kvCacheType: spec.kvCacheType,
    });
    const { vocab } = model;
    this.info = {
      nCtx,
      nSlots: spec.nSlots,
      nBatch,
      nThreads: this.#pool.nThreads,
      nVocab: vocab.nTokens,
      nEmbd: model.nEmbd,
      bosToken: vocab.bosToken,
      eosToken: vocab.eosToken,
      addsBos: vocab.addsBos,
      addsEos: vocab.addsEos,
      canShift: false,
      sizeBytes: Math.max(sizeBytes, sizeVramBytes),
      sizeVramBytes,
      device: gpu?.name ?? 'CPU',
      llamaVersion: model.library.llama.llama_version(),
      embedding: { pooling, nOutput, maxInputTokens: Math.min(this.#limits.nCtx, this.#limits.nBatch) },
    };
  }

  /** Takes a request in; `onResult` or `onError` answers it. */
  submit(id: number, work: EmbedWork): void {
    if (work.inputs.length === 0) {
      this.#options.onResult(id, { vectors: new Float32Array(0), promptTokens: 0 });
      return;
    }
    this.#queue.add(id, work);
    this.#schedule();
  }

  /** Takes a request out before the next batch; it is not answered any more. Unknown ids are ignored: it may have just finished. */
  cancel(id: number): void {
    this.#queue.remove(id);
  }

  tokenize(request: TokenizeRequest): TokenizeResult {
    return tokenizeText(this.#model.vocab, request);
  }

  /** Throws `bad_request` for ids that the vocabulary does not have. */
  detokenize(tokens: readonly number[], special: boolean): string {
    return detokenizeIds(this.#model.vocab, tokens, special);
  }

  stats(): EngineStats {
    const { nJobs } = this.#queue;
    const { nSlots } = this.info;
    return {
      slotsBusy: Math.min(nJobs, nSlots),
      slotsTotal: nSlots,
      waiting: Math.max(0, nJobs - nSlots),
      kvCellsUsed: 0,
      ...this.#counters,
    };
  }

  /** Ends everything and frees the native memory. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearImmediate(this.#nextStep);
    this.#context[Symbol.dispose]();
    this.#batch[Symbol.dispose]();
    this.#segments?.[Symbol.dispose]();
    this.#pool[Symbol.dispose]();
    this.#model[Symbol.dispose]();
  }

  /** One batch a turn of the event loop, so that messages are read between batches. */
  #schedule(): void {
    if (this.#nextStep !== undefined || this.#isClosed) return;
    this.#nextStep = setImmediate(() => {
      this.#nextStep = undefined;
      this.#step();
      if (this.#queue.nJobs > 0) this.#schedule();
    });
  }

  #step(): void {
    if (this.#long !== undefined && this.#queue.has(this.#long.input.job)) {
      this.#attempt([this.#long.input]);
      return;
    }
    this.#long = undefined;
    const { vocab } = this.#model;
    const packed = this.#queue.pack(
      { nTokens: this.#nPackTokens, nSequences: this.#context.nSeqMax },
      (input, { truncate }) => prepareInput(vocab, input, this.#limits, truncate),
      (job, error) => this.#options.onError(job.id, toCriaError(error).toJSON()),
    );
    const [first] = packed;
    if (first === undefined) return;
    if (first.tokens.length > this.#context.nBatch) this.#long = new LongInput(first, this.#context);
    this.#attempt(packed);
  }

  #attempt(packed: readonly PackedInput[]): void {
    try {
      if (this.#long === undefined) this.#compute(packed);
      else this.#computePart(this.#long);
    } catch (error) {
      this.#long = undefined;
      // The batch cannot tell whose input it failed on.
      const failed = toCriaError(error).toJSON();
      for (const { job } of packed) if (this.#queue.remove(job.id)) this.#options.onError(job.id, failed);
    }
  }

  #compute(packed: readonly PackedInput[]): void {
    const segments = this.#segments;
    const batch = segments?.batch ?? this.#batch;
    batch.clear();
    for (const [seqId, input] of packed.entries()) {
      if (segments !== undefined) segments.add(input, seqId);
      else for (const [position, token] of input.tokens.entries()) batch.add(token, position, seqId, true);
    }
    this.#run(batch, false);
    for (const [seqId, input] of packed.entries()) this.#finish(input, this.#context.output(seqId));
  }

  #computePart(long: LongInput): void {
    const batch = this.#batch;
    batch.clear();
    const continues = long.nComputed > 0;
    long.fill(batch);
    this.#run(batch, continues);
    const whole = long.take(this.#context.output(0), batch.length);
    if (whole === undefined) return;
    this.#long = undefined;
    this.#finish(long.input, whole);
  }

  #run(batch: Batch, continues: boolean): void {
    const code = this.#context.compute(batch, { continues });
    if (code !== 0) throw new CriaError('internal', `llama.cpp could not compute the batch (code ${code})`);
    this.#counters.steps++;
    this.#counters.promptTokensEvaluated += batch.length;
  }

  #finish(input: PackedInput, output: Float32Array): void {
    const done = this.#queue.complete(input, output);
    if (done !== undefined)
      this.#options.onResult(done.id, { vectors: done.vectors, promptTokens: done.promptTokens });
  }
}

/** Where attention goes to both sides a text must fit one batch; else the cache can hold the batches before. */
function limitsOf({ model, nBatch, hasMemory }: EmbeddingContext, nCtx: number, spec: LoadSpec): EmbedLimits {
  if (!hasMemory || !isCausal(model)) return { nCtx, nBatch };
  const most = Math.min(nCtx, Math.max(spec.nCells ?? 0, nBatch));
  return { nCtx: most, nBatch: most };
}

function isCausal(model: Model): boolean {
  const architecture = model.metadata('general.architecture') ?? '';
  return model.metadata(`${architecture}.attention.causal`) !== 'false';
}

/**
 * Undefined when the metadata name the kind of pooling. Models that were made to complete text name none: the state of their last
 * token has seen everything; where attention goes to both sides every token has, and the mean says more.
 */
function poolingOf(model: Model): Pooling | undefined {
  const architecture = model.metadata('general.architecture') ?? '';
  const named = model.metadata(`${architecture}.pooling_type`);
  if (named !== undefined && named !== '0') return undefined;
  return isCausal(model) ? 'last' : 'mean';
}
