/** A context: KV cache and compute buffers of one model. */
import koffi from 'koffi';
import { CriaError } from '../errors.ts';
import type { Batch } from './batch.ts';
import { Handle } from './handle.ts';
import type { Model } from './model.ts';
import type { Pointer } from './structs.ts';
import type { ThreadPool } from './thread-pool.ts';

export interface ContextOptions {
  /** Cells of the KV cache, shared by all sequences. */
  readonly nCells: number;
  readonly nSeqMax: number;
  readonly nBatch: number;
  readonly nUbatch: number;
  /** -1 automatic, 0 off, 1 on. */
  readonly flashAttention: -1 | 0 | 1;
  /** GGML type name: f16, q8_0 … */
  readonly kvCacheType: string;
  readonly threadPool: ThreadPool;
  readonly adapters: readonly Pointer[];
}

/** ggml.h: `enum ggml_type`, those that a KV cache may have, with bits a value. */
export const kvCacheTypes: Readonly<Record<string, { readonly id: number; readonly bitsPerValue: number }>> =
  {
    f32: { id: 0, bitsPerValue: 32 },
    f16: { id: 1, bitsPerValue: 16 },
    bf16: { id: 30, bitsPerValue: 16 },
    q8_0: { id: 8, bitsPerValue: 8.5 },
    q5_1: { id: 7, bitsPerValue: 6 },
    q5_0: { id: 6, bitsPerValue: 5.5 },
    q4_1: { id: 3, bitsPerValue: 5 },
    q4_0: { id: 2, bitsPerValue: 4.5 },
    iq4_nl: { id: 20, bitsPerValue: 4.5 },
  };

export class Context extends Handle {
  readonly model: Model;
  readonly nCells: number;
  readonly nBatch: number;
  readonly nUbatch: number;
  readonly #memory: Pointer;
  readonly #threadPool: ThreadPool;
  /** Views over llama.cpp's output rows by address: the same few rows come back at every step. */
  readonly #rows = new Map<Pointer, Float32Array>();

  private constructor(model: Model, pointer: Pointer, memory: Pointer, threadPool: ThreadPool) {
    super(pointer, model);
    this.model = model;
    this.#memory = memory;
    this.#threadPool = threadPool;
    const { llama } = model.library;
    this.nCells = llama.llama_n_ctx(pointer);
    this.nBatch = llama.llama_n_batch(pointer);
    this.nUbatch = llama.llama_n_ubatch(pointer);
  }

  /** Throws `load_failed`. The thread pool must outlive the context. */
  static create(model: Model, options: ContextOptions): Context {
    const { llama } = model.library;
    const type = kvCacheTypes[options.kvCacheType];
    if (type === undefined)
      throw new CriaError('load_failed', `unknown type of KV cache: ${options.kvCacheType}`);
    const { threadPool } = options;
    const pointer = llama.llama_init_from_model(model.pointer, {
      ...llama.llama_context_default_params(),
      n_ctx: options.nCells,
      n_batch: options.nBatch,
      n_ubatch: Math.min(options.nUbatch, options.nBatch),
      n_seq_max: options.nSeqMax,
      // One row of logits a sequence and step; the default would reserve one a token of the batch.
      n_outputs_max: options.nSeqMax,
      n_threads: threadPool.nThreads,
      n_threads_batch: threadPool.nThreads,
      flash_attn_type: options.flashAttention,
      type_k: type.id,
      type_v: type.id,
      kv_unified: true,
      no_perf: true,
    });
    if (pointer === null)
      throw new CriaError('load_failed', `llama.cpp could not make a context of ${options.nCells} tokens`);
    const memory = llama.llama_get_memory(pointer);
    if (memory === null) {
      llama.llama_free(pointer);
      throw new CriaError('load_failed', 'the model keeps no context: it cannot generate text');
    }
    llama.llama_attach_threadpool(pointer, threadPool.pointer, threadPool.pointer);
    const context = new Context(model, pointer, memory, threadPool);
    if (options.adapters.length > 0) {
      const scales = new Float32Array(options.adapters.length).fill(1);
      const code = llama.llama_set_adapters_lora(
        pointer,
        [...options.adapters],
        options.adapters.length,
        scales,
      );
      if (code !== 0) {
        context[Symbol.dispose]();
        throw new CriaError('load_failed', 'the adapter does not fit the model');
      }
    }
    return context;
  }

  /**
   * llama.h: `llama_decode`. 0 = done, 1 = no room in the KV cache for the batch, 2 = aborted, below 0 = failed.
   * Synchronous: it returns when the logits are there.
   */
  decode(batch: Batch): number {
    return this.model.library.llama.llama_decode(this.pointer, batch.struct);
  }

  /** Float32Array // [nVocab], valid until the next decode; `index` is that of the token in the batch. May be written to. */
  logits(index: number): Float32Array {
    const pointer = this.model.library.llama.llama_get_logits_ith(this.pointer, index);
    if (pointer === null) throw new Error(`no logits for token ${index} of the batch`);
    let row = this.#rows.get(pointer);
    if (row === undefined) {
      if (this.#rows.size >= 256) this.#rows.clear();
      row = new Float32Array(koffi.view(pointer, this.model.vocab.nTokens * 4));
      this.#rows.set(pointer, row);
    }
    return row;
  }

  /** Whether positions can be moved, so that a full context can drop its older half. */
  get canShift(): boolean {
    return this.model.library.llama.llama_memory_can_shift(this.#memory);
  }

  clear(): void {
    this.model.library.llama.llama_memory_clear(this.#memory, false);
  }

  /** Removes the positions [p0, p1) of a sequence (p1 -1 = to the end); false = this kind of memory cannot. */
  removeRange(seqId: number, p0: number, p1: number): boolean {
    return this.model.library.llama.llama_memory_seq_rm(this.#memory, seqId, p0, p1);
  }

  /** Lets `target` share the positions [p0, p1) of `source`; takes no memory. */
  shareRange(source: number, target: number, p0: number, p1: number): void {
    this.model.library.llama.llama_memory_seq_cp(this.#memory, source, target, p0, p1);
  }

  /** Moves the positions [p0, p1) by `delta`, for every sequence that shares them. */
  moveRange(seqId: number, p0: number, p1: number, delta: number): void {
    this.model.library.llama.llama_memory_seq_add(this.#memory, seqId, p0, p1, delta);
  }

  protected override free(pointer: Pointer): void {
    const { llama } = this.model.library;
    if (!this.#threadPool.isDisposed) llama.llama_detach_threadpool(pointer);
    llama.llama_free(pointer);
  }
}
