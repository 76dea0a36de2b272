/** The C functions that cria calls: prototypes for koffi and their TypeScript signatures, under their exact C names. */
import type { LibraryHandle } from 'koffi';
import type {
  BatchStruct,
  ContextParams,
  ModelParams,
  Pointer,
  QuantizeParams,
  ThreadPoolParams,
} from './structs.ts';

/** Functions of libllama. */
export interface LlamaFunctions {
  llama_version(): string;
  llama_print_system_info(): string;
  llama_backend_init(): void;
  llama_supports_gpu_offload(): boolean;
  llama_max_parallel_sequences(): number;

  llama_model_default_params(): ModelParams;
  llama_model_load_from_splits(paths: readonly string[], count: number, params: ModelParams): Pointer | null;
  llama_model_free(model: Pointer): void;
  llama_model_get_vocab(model: Pointer): Pointer;
  llama_model_n_ctx_train(model: Pointer): number;
  llama_model_n_embd(model: Pointer): number;
  llama_model_n_embd_out(model: Pointer): number;
  llama_model_n_cls_out(model: Pointer): number;
  llama_model_n_layer(model: Pointer): number;
  llama_model_n_head(model: Pointer): number;
  llama_model_n_head_kv(model: Pointer): number;
  llama_model_size(model: Pointer): number;
  llama_model_has_encoder(model: Pointer): boolean;
  llama_model_has_decoder(model: Pointer): boolean;
  llama_model_is_recurrent(model: Pointer): boolean;
  llama_model_is_hybrid(model: Pointer): boolean;
  llama_model_is_diffusion(model: Pointer): boolean;
  llama_model_meta_val_str(model: Pointer, key: string, buffer: Uint8Array, size: number): number;
  llama_adapter_lora_init(model: Pointer, path: string): Pointer | null;
  llama_set_adapters_lora(context: Pointer, adapters: Pointer[], count: number, scales: Float32Array): number;

  llama_model_quantize_default_params(): QuantizeParams;
  /** 0 = done. */
  llama_model_quantize(source: string, target: string, params: QuantizeParams): number;

  llama_context_default_params(): ContextParams;
  llama_init_from_model(model: Pointer, params: ContextParams): Pointer | null;
  llama_free(context: Pointer): void;
  llama_n_ctx(context: Pointer): number;
  llama_n_batch(context: Pointer): number;
  llama_n_ubatch(context: Pointer): number;
  llama_n_seq_max(context: Pointer): number;
  llama_attach_threadpool(context: Pointer, pool: Pointer, batchPool: Pointer): void;
  llama_detach_threadpool(context: Pointer): void;
  llama_decode(context: Pointer, batch: BatchStruct): number;
  llama_encode(context: Pointer, batch: BatchStruct): number;
  llama_pooling_type(context: Pointer): number;
  llama_get_embeddings_seq(context: Pointer, seqId: number): Pointer | null;
  llama_get_logits_ith(context: Pointer, index: number): Pointer | null;
  llama_get_memory(context: Pointer): Pointer | null;
  llama_memory_clear(memory: Pointer, data: boolean): void;
  llama_memory_seq_rm(memory: Pointer, seqId: number, p0: number, p1: number): boolean;
  llama_memory_seq_cp(memory: Pointer, source: number, target: number, p0: number, p1: number): void;
  llama_memory_seq_add(memory: Pointer, seqId: number, p0: number, p1: number, delta: number): void;
  llama_memory_seq_pos_max(memory: Pointer, seqId: number): number;
  llama_memory_can_shift(memory: Pointer): boolean;

  llama_vocab_type(vocab: Pointer): number;
  llama_vocab_n_tokens(vocab: Pointer): number;
  llama_vocab_get_text(vocab: Pointer, token: number): string;
  llama_vocab_get_attr(vocab: Pointer, token: number): number;
  llama_vocab_is_eog(vocab: Pointer, token: number): boolean;
  llama_vocab_bos(vocab: Pointer): number;
  llama_vocab_eos(vocab: Pointer): number;
  llama_vocab_sep(vocab: Pointer): number;
  llama_vocab_get_add_bos(vocab: Pointer): boolean;
  llama_vocab_get_add_eos(vocab: Pointer): boolean;
  llama_vocab_get_add_sep(vocab: Pointer): boolean;
  llama_vocab_get_suppress_tokens(vocab: Pointer, count: Int32Array): Pointer | null;
  llama_tokenize(
    vocab: Pointer,
    text: Uint8Array,
    textLength: number,
    tokens: Int32Array,
    capacity: number,
    addSpecial: boolean,
    parseSpecial: boolean,
  ): number;
  llama_token_to_piece(
    vocab: Pointer,
    token: number,
    buffer: Uint8Array,
    length: number,
    lstrip: number,
    special: boolean,
  ): number;
  llama_detokenize(
    vocab: Pointer,
    tokens: Int32Array,
    tokenCount: number,
    text: Uint8Array,
    capacity: number,
    removeSpecial: boolean,
    unparseSpecial: boolean,
  ): number;

  llama_sampler_chain_init(params: { no_perf: boolean }): Pointer;
  llama_sampler_chain_add(chain: Pointer, sampler: Pointer): void;
  llama_sampler_apply(sampler: Pointer, candidates: Pointer): void;
  llama_sampler_accept(sampler: Pointer, token: number): void;
  llama_sampler_reset(sampler: Pointer): void;
  llama_sampler_clone(sampler: Pointer): Pointer;
  llama_sampler_free(sampler: Pointer): void;
  llama_sampler_init_greedy(): Pointer;
  llama_sampler_init_dist(seed: number): Pointer;
  llama_sampler_init_top_k(k: number): Pointer;
  llama_sampler_init_top_p(p: number, minKeep: number): Pointer;
  llama_sampler_init_min_p(p: number, minKeep: number): Pointer;
  llama_sampler_init_typical(p: number, minKeep: number): Pointer;
  llama_sampler_init_temp(temperature: number): Pointer;
  llama_sampler_init_xtc(probability: number, threshold: number, minKeep: number, seed: number): Pointer;
  llama_sampler_init_top_n_sigma(n: number): Pointer;
  llama_sampler_init_mirostat(nVocab: number, seed: number, tau: number, eta: number, m: number): Pointer;
  llama_sampler_init_mirostat_v2(seed: number, tau: number, eta: number): Pointer;
  llama_sampler_init_grammar(vocab: Pointer, grammar: string, root: string): Pointer | null;
  llama_sampler_init_penalties(
    nVocab: number,
    lastN: number,
    repeat: number,
    frequency: number,
    presence: number,
  ): Pointer;
  llama_sampler_init_dry(
    vocab: Pointer,
    multiplier: number,
    base: number,
    allowedLength: number,
    lastN: number,
    breakers: string[],
    breakerCount: number,
  ): Pointer;
}

/** Functions of libggml and libggml-base. */
export interface GgmlFunctions {
  ggml_backend_load_all_from_path(folder: string): void;
  ggml_backend_reg_by_name(name: string): Pointer | null;
  ggml_backend_dev_count(): number;
  ggml_backend_dev_get(index: number): Pointer;
}
export interface GgmlBaseFunctions {
  ggml_threadpool_params_default(threads: number): ThreadPoolParams;
  ggml_backend_reg_get_proc_address(reg: Pointer, name: string): Pointer | null;
  ggml_backend_dev_name(device: Pointer): string;
  ggml_backend_dev_description(device: Pointer): string;
  ggml_backend_dev_memory(device: Pointer, free: BigUint64Array, total: BigUint64Array): void;
  ggml_backend_dev_type(device: Pointer): number;
  ggml_get_type_traits(type: number): Pointer;
  gguf_init_from_file(path: string, params: { no_alloc: boolean; ctx: Pointer | null }): Pointer | null;
  gguf_free(file: Pointer): void;
  gguf_get_data_offset(file: Pointer): number | bigint;
  /** -1 = there is none. */
  gguf_find_tensor(file: Pointer, name: string): number | bigint;
  gguf_get_tensor_offset(file: Pointer, tensor: number | bigint): number | bigint;
  gguf_get_tensor_size(file: Pointer, tensor: number | bigint): number | bigint;
  gguf_get_tensor_type(file: Pointer, tensor: number | bigint): number;
}

const llama: Record<keyof LlamaFunctions, string> = {
  llama_version: 'const char *llama_version()',
  llama_print_system_info: 'const char *llama_print_system_info()',
  llama_backend_init: 'void llama_backend_init()',
  llama_supports_gpu_offload: 'bool llama_supports_gpu_offload()',
  llama_max_parallel_sequences: 'size_t llama_max_parallel_sequences()',

  llama_model_default_params: 'llama_model_params llama_model_default_params()',
  llama_model_load_from_splits:
    'void *llama_model_load_from_splits(const char **, size_t, llama_model_params)',
  llama_model_free: 'void llama_model_free(void *)',
  llama_model_get_vocab: 'void *llama_model_get_vocab(void *)',
  llama_model_n_ctx_train: 'int32_t llama_model_n_ctx_train(void *)',
  llama_model_n_embd: 'int32_t llama_model_n_embd(void *)',
  llama_model_n_embd_out: 'int32_t llama_model_n_embd_out(void *)',
  llama_model_n_cls_out: 'uint32_t llama_model_n_cls_out(void *)',
  llama_model_n_layer: 'int32_t llama_model_n_layer(void *)',
  llama_model_n_head: 'int32_t llama_model_n_head(void *)',
  llama_model_n_head_kv: 'int32_t llama_model_n_head_kv(void *)',
  llama_model_size: 'uint64_t llama_model_size(void *)',
  llama_model_has_encoder: 'bool llama_model_has_encoder(void *)',
  llama_model_has_decoder: 'bool llama_model_has_decoder(void *)',
  llama_model_is_recurrent: 'bool llama_model_is_recurrent(void *)',
  llama_model_is_hybrid: 'bool llama_model_is_hybrid(void *)',
  llama_model_is_diffusion: 'bool llama_model_is_diffusion(void *)',
  llama_model_meta_val_str: 'int32_t llama_model_meta_val_str(void *, const char *, void *, size_t)',
  llama_adapter_lora_init: 'void *llama_adapter_lora_init(void *, const char *)',
  llama_set_adapters_lora: 'int32_t llama_set_adapters_lora(void *, void **, size_t, float *)',

  llama_model_quantize_default_params: 'llama_model_quantize_params llama_model_quantize_default_params()',
  llama_model_quantize:
    'uint32_t llama_model_quantize(const char *, const char *, const llama_model_quantize_params *)',

  llama_context_default_params: 'llama_context_params llama_context_default_params()',
  llama_init_from_model: 'void *llama_init_from_model(void *, llama_context_params)',
  llama_free: 'void llama_free(void *)',
  llama_n_ctx: 'uint32_t llama_n_ctx(void *)',
  llama_n_batch: 'uint32_t llama_n_batch(void *)',
  llama_n_ubatch: 'uint32_t llama_n_ubatch(void *)',
  llama_n_seq_max: 'uint32_t llama_n_seq_max(void *)',
  llama_attach_threadpool: 'void llama_attach_threadpool(void *, void *, void *)',
  llama_detach_threadpool: 'void llama_detach_threadpool(void *)',
  llama_decode: 'int32_t llama_decode(void *, llama_batch)',
  llama_encode: 'int32_t llama_encode(void *, llama_batch)',
  llama_pooling_type: 'int llama_pooling_type(void *)',
  llama_get_embeddings_seq: 'void *llama_get_embeddings_seq(void *, int32_t)',
  llama_get_logits_ith: 'void *llama_get_logits_ith(void *, int32_t)',
  llama_get_memory: 'void *llama_get_memory(void *)',
  llama_memory_clear: 'void llama_memory_clear(void *, bool)',
  llama_memory_seq_rm: 'bool llama_memory_seq_rm(void *, int32_t, int32_t, int32_t)',
  llama_memory_seq_cp: 'void llama_memory_seq_cp(void *, int32_t, int32_t, int32_t, int32_t)',
  llama_memory_seq_add: 'void llama_memory_seq_add(void *, int32_t, int32_t, int32_t, int32_t)',
  llama_memory_seq_pos_max: 'int32_t llama_memory_seq_pos_max(void *, int32_t)',
  llama_memory_can_shift: 'bool llama_memory_can_shift(void *)',

  llama_vocab_type: 'int32_t llama_vocab_type(void *)',
  llama_vocab_n_tokens: 'int32_t llama_vocab_n_tokens(void *)',
  llama_vocab_get_text: 'const char *llama_vocab_get_text(void *, int32_t)',
  llama_vocab_get_attr: 'int32_t llama_vocab_get_attr(void *, int32_t)',
  llama_vocab_is_eog: 'bool llama_vocab_is_eog(void *, int32_t)',
  llama_vocab_bos: 'int32_t llama_vocab_bos(void *)',
  llama_vocab_eos: 'int32_t llama_vocab_eos(void *)',
  llama_vocab_sep: 'int32_t llama_vocab_sep(void *)',
  llama_vocab_get_add_bos: 'bool llama_vocab_get_add_bos(void *)',
  llama_vocab_get_add_eos: 'bool llama_vocab_get_add_eos(void *)',
  llama_vocab_get_add_sep: 'bool llama_vocab_get_add_sep(void *)',
  llama_vocab_get_suppress_tokens: 'void *llama_vocab_get_suppress_tokens(void *, int32_t *)',
  llama_tokenize: 'int32_t llama_tokenize(void *, void *, int32_t, int32_t *, int32_t, bool, bool)',
  llama_token_to_piece: 'int32_t llama_token_to_piece(void *, int32_t, void *, int32_t, int32_t, bool)',
  llama_detokenize: 'int32_t llama_detokenize(void *, int32_t *, int32_t, void *, int32_t, bool, bool)',

  llama_sampler_chain_init: 'void *llama_sampler_chain_init(llama_sampler_chain_params)',
  llama_sampler_chain_add: 'void llama_sampler_chain_add(void *, void *)',
  llama_sampler_apply: 'void llama_sampler_apply(void *, void *)',
  llama_sampler_accept: 'void llama_sampler_accept(void *, int32_t)',
  llama_sampler_reset: 'void llama_sampler_reset(void *)',
  llama_sampler_clone: 'void *llama_sampler_clone(void *)',
  llama_sampler_free: 'void llama_sampler_free(void *)',
  llama_sampler_init_greedy: 'void *llama_sampler_init_greedy()',
  llama_sampler_init_dist: 'void *llama_sampler_init_dist(uint32_t)',
  llama_sampler_init_top_k: 'void *llama_sampler_init_top_k(int32_t)',
  llama_sampler_init_top_p: 'void *llama_sampler_init_top_p(float, size_t)',
  llama_sampler_init_min_p: 'void *llama_sampler_init_min_p(float, size_t)',
  llama_sampler_init_typical: 'void *llama_sampler_init_typical(float, size_t)',
  llama_sampler_init_temp: 'void *llama_sampler_init_temp(float)',
  llama_sampler_init_xtc: 'void *llama_sampler_init_xtc(float, float, size_t, uint32_t)',
  llama_sampler_init_top_n_sigma: 'void *llama_sampler_init_top_n_sigma(float)',
  llama_sampler_init_mirostat: 'void *llama_sampler_init_mirostat(int32_t, uint32_t, float, float, int32_t)',
  llama_sampler_init_mirostat_v2: 'void *llama_sampler_init_mirostat_v2(uint32_t, float, float)',
  llama_sampler_init_grammar: 'void *llama_sampler_init_grammar(void *, const char *, const char *)',
  llama_sampler_init_penalties: 'void *llama_sampler_init_penalties(int32_t, int32_t, float, float, float)',
  llama_sampler_init_dry:
    'void *llama_sampler_init_dry(void *, float, float, int32_t, int32_t, const char **, size_t)',
};

const ggml: Record<keyof GgmlFunctions, string> = {
  ggml_backend_load_all_from_path: 'void ggml_backend_load_all_from_path(const char *)',
  ggml_backend_reg_by_name: 'void *ggml_backend_reg_by_name(const char *)',
  ggml_backend_dev_count: 'size_t ggml_backend_dev_count()',
  ggml_backend_dev_get: 'void *ggml_backend_dev_get(size_t)',
};

const ggmlBase: Record<keyof GgmlBaseFunctions, string> = {
  ggml_threadpool_params_default: 'ggml_threadpool_params ggml_threadpool_params_default(int)',
  ggml_backend_reg_get_proc_address: 'void *ggml_backend_reg_get_proc_address(void *, const char *)',
  ggml_backend_dev_name: 'const char *ggml_backend_dev_name(void *)',
  ggml_backend_dev_description: 'const char *ggml_backend_dev_description(void *)',
  ggml_backend_dev_memory: 'void ggml_backend_dev_memory(void *, _Out_ size_t *, _Out_ size_t *)',
  ggml_backend_dev_type: 'int ggml_backend_dev_type(void *)',
  ggml_get_type_traits: 'void *ggml_get_type_traits(int)',
  gguf_init_from_file: 'void *gguf_init_from_file(const char *, gguf_init_params)',
  gguf_free: 'void gguf_free(void *)',
  gguf_get_data_offset: 'size_t gguf_get_data_offset(void *)',
  gguf_find_tensor: 'int64_t gguf_find_tensor(void *, const char *)',
  gguf_get_tensor_offset: 'size_t gguf_get_tensor_offset(void *, int64_t)',
  gguf_get_tensor_size: 'size_t gguf_get_tensor_size(void *, int64_t)',
  gguf_get_tensor_type: 'int gguf_get_tensor_type(void *, int64_t)',
};

/** Looks every function up; throws (koffi's error) when one is missing. */
export function bindLlama(library: LibraryHandle): LlamaFunctions {
  return bind<LlamaFunctions>(library, llama);
}
export function bindGgml(library: LibraryHandle): GgmlFunctions {
  return bind<GgmlFunctions>(library, ggml);
}
export function bindGgmlBase(library: LibraryHandle): GgmlBaseFunctions {
  return bind<GgmlBaseFunctions>(library, ggmlBase);
}

function bind<T>(library: LibraryHandle, prototypes: Record<string, string>): T {
  const functions = Object.entries(prototypes).map(([name, prototype]) => [name, library.func(prototype)]);
  // koffi's functions are untyped: the interfaces above state what the prototypes beside them mean.
  return Object.fromEntries(functions) as T;
}
