/** A context that turns whole sequences into vectors instead of predicting tokens. */
import koffi from 'koffi';
import { CriaError } from '../errors.ts';
import type { Batch } from './batch.ts';
import { kvCacheTypes } from './context.ts';
import { Handle } from './handle.ts';
import type { Model } from './model.ts';
import type { Pointer } from './structs.ts';
import type { ThreadPool } from './thread-pool.ts';

/** llama.h: `enum llama_pooling_type`. */
export const poolingTypes = ['none', 'mean', 'cls', 'last', 'rank'] as const;
export type Pooling = Exclude<(typeof poolingTypes)[number], 'none'>;

export interface EmbeddingContextOptions {
  /** Most tokens of one batch. A batch is one micro-batch: pooling and attention to both sides need a sequence in one piece. */
  readonly nBatch: number;
  /** Cells of the KV cache, where the model has one: at least `nBatch`, the most tokens of a sequence that comes in several batches. */
  readonly nCells: number;
  readonly nSeqMax: number;
  /** Undefined = what the model's metadata say. */
  readonly pooling: Pooling | undefined;
  /** -1 automatic, 0 off, 1 on. */
  readonly flashAttention: -1 | 0 | 1;
  /** GGML type name: f16, q8_0 … */
  readonly kvCacheType: string;
  readonly threadPool: ThreadPool;
  readonly adapters: readonly Pointer[];
}

export class EmbeddingContext extends Handle {
  readonly model: Model;
  readonly pooling: Pooling;
  /** Numbers of one output: the length of the vector, or the number of scores of a reranker. */
  readonly nOutput: number;
  readonly nBatch: number;
  readonly nSeqMax: number;
  /** Undefined for encoders, which remember nothing. */
  readonly #memory: Pointer | undefined;
  readonly #threadPool: ThreadPool;
  readonly #outputType: ReturnType<typeof koffi.array>;

  private constructor(model: Model, pointer: Pointer, pooling: Pooling, threadPool: ThreadPool) {
    super(pointer, model);
    const { llama } = model.library;
    this.model = model;
    this.pooling = pooling;
    this.nOutput =
      pooling === 'rank'
        ? Math.max(1, llama.llama_model_n_cls_out(model.pointer))
        : llama.llama_model_n_embd_out(model.pointer);
    this.nBatch = llama.llama_n_ubatch(pointer);
    this.nSeqMax = llama.llama_n_seq_max(pointer);
    this.#memory = llama.llama_get_memory(pointer) ?? undefined;
    this.#threadPool = threadPool;
    this.#outputType = koffi.array('float', this.nOutput, 'Typed');
  }

  /** Throws `load_failed`. The thread pool must outlive the context. */
  static create(model: Model, options: EmbeddingContextOptions): EmbeddingContext {
    const { llama } = model.library;
    const type = kvCacheTypes[options.kvCacheType];
    if (type === undefined)
      throw new CriaError('load_failed', `unknown type of KV cache: ${options.kvCacheType}`);
    const { threadPool, adapters } = options;
    const pointer = llama.llama_init_from_model(model.pointer, {
      ...llama.llama_context_default_params(),
      n_ctx: options.nCells,
      n_batch: options.nBatch,
      n_ubatch: options.nBatch,
      n_seq_max: options.nSeqMax,
      n_threads: threadPool.nThreads,
      n_threads_batch: threadPool.nThreads,
      flash_attn_type: options.flashAttention,
      type_k: type.id,
      type_v: type.id,
      ...(options.pooling === undefined ? {} : { pooling_type: poolingTypes.indexOf(options.pooling) }),
      embeddings: true,
      kv_unified: true,
      no_perf: true,
    });
    if (pointer === null)
      throw new CriaError('load_failed', 'llama.cpp could not make a context for embeddings');
    const pooling = poolingTypes[llama.llama_pooling_type(pointer)];
    if (pooling === undefined || pooling === 'none') {
      llama.llama_free(pointer);
      throw new CriaError('load_failed', 'the model names a kind of pooling that llama.cpp does not have');
    }
    llama.llama_attach_threadpool(pointer, threadPool.pointer, threadPool.pointer);
    const context = new EmbeddingContext(model, pointer, pooling, threadPool);
    if (adapters.length > 0) {
      const scales = new Float32Array(adapters.length).fill(1);
      if (llama.llama_set_adapters_lora(pointer, [...adapters], adapters.length, scales) !== 0) {
        context[Symbol.dispose]();
        throw new CriaError('load_failed', 'the adapter does not fit the model');
      }
    }
    return context;
  }

  /** What was computed can be gone on with: false for encoders. */
  get hasMemory(): boolean {
    return this.#memory !== undefined;
  }

  /**
   * Computes the outputs of all sequences of the batch; each must be there from its first token to its last. 0 = done, else
   * failed (llama.h: `llama_decode`, `llama_encode`). Nothing of the batch before is remembered, unless this one `continues` it.
   */
  compute(batch: Batch, { continues = false } = {}): number {
    const { llama } = this.model.library;
    if (this.#memory === undefined) return llama.llama_encode(this.pointer, batch.struct);
    if (!continues) llama.llama_memory_clear(this.#memory, false);
    return llama.llama_decode(this.pointer, batch.struct);
  }

  /** Float32Array // [nOutput], a copy. `seqId` was in the batch computed last. */
  output(seqId: number): Float32Array {
    const pointer = this.model.library.llama.llama_get_embeddings_seq(this.pointer, seqId);
    if (pointer === null) throw new Error(`no output for sequence ${seqId} of the batch`);
    return koffi.decode(pointer, this.#outputType) as Float32Array; // what the hint 'Typed' makes of floats
  }

  protected override free(pointer: Pointer): void {
    const { llama } = this.model.library;
    if (!this.#threadPool.isDisposed) llama.llama_detach_threadpool(pointer);
    llama.llama_free(pointer);
  }
}
