/** The C structs of llama.cpp that cross the border, each declared once; `structs.test.ts` compares them with the headers. */
import koffi from 'koffi';

/** A C pointer; null comes back as `null`. */
export type Pointer = bigint;

const pointer = 'void *';

/** llama.h: `struct llama_model_params`. */
export interface ModelParams {
  n_gpu_layers: number;
  split_mode: number;
  load_mode: number;
  main_gpu: number;
  progress_callback: Pointer | null;
  use_extra_bufts: boolean;
  [member: string]: unknown;
}

/** llama.h: `struct llama_context_params`. */
export interface ContextParams {
  n_ctx: number;
  n_batch: number;
  n_ubatch: number;
  n_seq_max: number;
  n_outputs_max: number;
  n_threads: number;
  n_threads_batch: number;
  pooling_type: number;
  flash_attn_type: number;
  type_k: number;
  type_v: number;
  embeddings: boolean;
  offload_kqv: boolean;
  no_perf: boolean;
  kv_unified: boolean;
  [member: string]: unknown;
}

/** llama.h: `struct llama_model_quantize_params`. */
export interface QuantizeParams {
  nthread: number;
  /** `enum llama_ftype`. */
  ftype: number;
  [member: string]: unknown;
}

/** llama.h: `struct llama_batch`. */
export interface BatchStruct {
  n_tokens: number;
  /** One of these two is null. */
  token: Pointer | null;
  embd: Pointer | null;
  pos: Pointer;
  n_seq_id: Pointer;
  seq_id: Pointer;
  logits: Pointer;
}

/** ggml.h: `struct ggml_threadpool_params`. */
export interface ThreadPoolParams {
  n_threads: number;
  poll: number;
  [member: string]: unknown;
}

/** Name of each struct → its members in the order of the header. */
const layouts = {
  llama_model_params: {
    devices: pointer,
    tensor_buft_overrides: pointer,
    n_gpu_layers: 'int32_t',
    split_mode: 'int',
    load_mode: 'int',
    lazy_mode: 'int',
    main_gpu: 'int32_t',
    tensor_split: pointer,
    progress_callback: pointer,
    progress_callback_user_data: pointer,
    kv_overrides: pointer,
    vocab_only: 'bool',
    check_tensors: 'bool',
    use_extra_bufts: 'bool',
    no_host: 'bool',
    no_alloc: 'bool',
    load_mtp: 'bool',
  },
  llama_context_params: {
    n_ctx: 'uint32_t',
    n_batch: 'uint32_t',
    n_ubatch: 'uint32_t',
    n_seq_max: 'uint32_t',
    n_rs_seq: 'uint32_t',
    n_outputs_max: 'uint32_t',
    n_outputs_max_per_seq: 'uint32_t',
    n_threads: 'int32_t',
    n_threads_batch: 'int32_t',
    ctx_type: 'int',
    rope_scaling_type: 'int',
    pooling_type: 'int',
    attention_type: 'int',
    flash_attn_type: 'int',
    rope_freq_base: 'float',
    rope_freq_scale: 'float',
    yarn_ext_factor: 'float',
    yarn_attn_factor: 'float',
    yarn_beta_fast: 'float',
    yarn_beta_slow: 'float',
    yarn_orig_ctx: 'uint32_t',
    defrag_thold: 'float',
    cb_eval: pointer,
    cb_eval_user_data: pointer,
    type_k: 'int',
    type_v: 'int',
    abort_callback: pointer,
    abort_callback_data: pointer,
    embeddings: 'bool',
    offload_kqv: 'bool',
    no_perf: 'bool',
    op_offload: 'bool',
    swa_full: 'bool',
    kv_unified: 'bool',
    samplers: pointer,
    n_samplers: 'size_t',
    ctx_other: pointer,
  },
  llama_batch: {
    n_tokens: 'int32_t',
    token: pointer,
    embd: pointer,
    pos: pointer,
    n_seq_id: pointer,
    seq_id: pointer,
    logits: pointer,
  },
  llama_token_data: { id: 'int32_t', logit: 'float', p: 'float' },
  llama_token_data_array: { data: pointer, size: 'size_t', selected: 'int64_t', sorted: 'bool' },
  llama_sampler_chain_params: { no_perf: 'bool' },
  llama_model_quantize_params: {
    nthread: 'int32_t',
    ftype: 'int',
    output_tensor_type: 'int',
    token_embedding_type: 'int',
    allow_requantize: 'bool',
    quantize_output_tensor: 'bool',
    only_copy: 'bool',
    pure: 'bool',
    keep_split: 'bool',
    dry_run: 'bool',
    imatrix: pointer,
    kv_overrides: pointer,
    tt_overrides: pointer,
    prune_layers: pointer,
    max_buf_size: 'size_t',
  },
  llama_logit_bias: { token: 'int32_t', bias: 'float' },
  gguf_init_params: { no_alloc: 'bool', ctx: pointer },
  ggml_type_traits: {
    type_name: pointer,
    blck_size: 'int64_t',
    blck_size_interleave: 'int64_t',
    type_size: 'size_t',
    is_quantized: 'bool',
    to_float: pointer,
    from_float_ref: pointer,
  },
  ggml_threadpool_params: {
    cpumask: koffi.array('bool', 512), // GGML_MAX_N_THREADS
    n_threads: 'int',
    prio: 'int',
    poll: 'uint32_t',
    strict_cpu: 'bool',
    paused: 'bool',
  },
} as const;

export type StructName = keyof typeof layouts;

/** The koffi types, registered under their C names so that prototypes can use them. */
export const structs = Object.fromEntries(
  Object.entries(layouts).map(([name, members]) => [name, koffi.struct(name, members)]),
) as Record<StructName, ReturnType<typeof koffi.struct>>; // fromEntries forgets the keys

/** Size of a struct and the offset of each member, in bytes, as koffi lays it out. */
export function layoutOf(name: StructName): { size: number; offsets: Record<string, number> } {
  const type = structs[name];
  const offsets = Object.fromEntries(
    Object.keys(layouts[name]).map((key) => [key, koffi.offsetof(type, key)]),
  );
  return { size: koffi.sizeof(type), offsets };
}
