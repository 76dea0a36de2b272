/**
 * The messages between the server process (parent) and a runner process (child, one per loaded model). They travel over
 * Node's IPC channel with `serialization: 'advanced'`, so typed arrays and `Uint8Array` pass as they are.
 *
 * The child sends `ready` when it listens, the parent sends one `load`, then any number of requests. Every request has an
 * id that is unique in the life of the child; its answer carries the same id.
 */
import type { SerializedError } from '../errors.ts';
import type { ChosenLogprob, FinishReason, GenerationStats, Truncation } from '../types/events.ts';
import type { QuietSpan } from '../types/quiet-span.ts';
import type { SamplingParams } from '../types/sampling.ts';

/** Raised with every incompatible change; the parent refuses a child that differs. */
export const protocolVersion = 1;

/** Everything that is fixed for the life of a runner. */
export interface LoadSpec {
  readonly modelPath: string;
  /** The other parts of weights that lie in several files, in their order; default none. */
  readonly furtherPaths?: readonly string[];
  readonly adapterPaths: readonly string[];
  /** Context length of one slot in tokens. */
  readonly nCtx: number;
  readonly nSlots: number;
  /** Cells of the KV cache that all slots share: at least `nCtx`; undefined = `nCtx` × `nSlots`. */
  readonly nCells?: number;
  /** Logical batch: the most tokens of one `llama_decode`. */
  readonly nBatch: number;
  readonly nUbatch: number;
  /** 0 = automatic: the physical cores. */
  readonly nThreads: number;
  /** -1 = all. */
  readonly nGpuLayers: number;
  readonly mainGpu: number | undefined;
  readonly useMmap: boolean;
  /** -1 automatic, 0 off, 1 on. */
  readonly flashAttention: -1 | 0 | 1;
  /** GGML type name of the KV cache: f16, q8_0, q4_0 … */
  readonly kvCacheType: string;
  /** Folder with the shared libraries; undefined = the one that `node-llama-cpp` ships for this platform. */
  readonly libraryDir: string | undefined;
  /**
   * Serve `embed` requests: the context computes embeddings instead of logits. A batch is one micro-batch of `nUbatch` tokens then,
   * `nCells` bounds a single text (of models whose attention is causal) and `nSlots` is how many requests may be given at once.
   */
  readonly embedding: boolean;
}

/** How the outputs of a sequence's tokens become one vector; `rank`: a classifier on top gives scores instead. */
export type Pooling = 'mean' | 'cls' | 'last' | 'rank';

/** What a runner that embeds has found out. */
export interface EmbeddingInfo {
  readonly pooling: Pooling;
  /** Length of a vector, or the number of scores. */
  readonly nOutput: number;
  /** Longest input in tokens: the context length, or for encoders the batch where that is shorter. */
  readonly maxInputTokens: number;
}

/** What the child found out while loading. */
export interface LoadedInfo {
  /** Context length of one slot after clamping to the trained length. */
  readonly nCtx: number;
  readonly nSlots: number;
  readonly nBatch: number;
  readonly nThreads: number;
  readonly nVocab: number;
  readonly nEmbd: number;
  readonly bosToken: number;
  readonly eosToken: number;
  readonly addsBos: boolean;
  readonly addsEos: boolean;
  /** Whether the KV cache can be shifted (context shift). */
  readonly canShift: boolean;
  /** Bytes: weights, KV cache and compute buffers together, and the part of them on GPUs. */
  readonly sizeBytes: number;
  readonly sizeVramBytes: number;
  /** e.g. `CPU`, `CUDA0`. */
  readonly device: string;
  readonly llamaVersion: string;
  /** Of runners that were loaded for embeddings. */
  readonly embedding?: EmbeddingInfo;
  /** Process id of the runner, filled by the parent. */
  readonly pid: number;
}

/** A grammar that constrains the answer. */
export interface GrammarSpec {
  /** GBNF text with a `root` rule. */
  readonly gbnf: string;
  /** When set, the grammar sleeps until the generated text contains one of them. */
  readonly triggers?: readonly GrammarTrigger[];
  /** Where triggers do not count. */
  readonly quiet?: QuietSpan;
}

/** A string that wakes a grammar; it may span tokens. */
export interface GrammarTrigger {
  readonly text: string;
  /** The grammar starts with the string itself (true) or with the text after it. */
  readonly include: boolean;
  /** Counts only where nothing but white space has come before it, or since the quiet span. Default: anywhere. */
  readonly atStart?: boolean;
}

/** One generation. */
export interface GenerateWork {
  /** Text to tokenize (special tokens in it are recognised), or token ids taken as they are. */
  readonly prompt: string | readonly number[];
  /** Token ids put before a text prompt (the `context` field of generate). */
  readonly contextTokens?: readonly number[];
  /** Add BOS as the model's metadata tells (a BOS text that the prompt already begins with is not doubled). */
  readonly addSpecial: boolean;
  readonly sampling: SamplingParams;
  /** Most tokens to generate; -1 = bounded by 10 × nCtx only. */
  readonly nPredict: number;
  readonly stop: readonly string[];
  /** Tokens kept at the start when the prompt is cut or the context shifts; -1 = the whole prompt. */
  readonly nKeep: number;
  /** Cut a prompt that does not fit (Ollama's rule) instead of failing with `context_exceeded`. */
  readonly truncate: boolean;
  /** When the context is full: drop the older half and go on (true) or finish with `length`. */
  readonly shift: boolean;
  readonly grammar?: GrammarSpec;
  /** Number of candidates to report with every token; undefined = no logprobs. */
  readonly topLogprobs?: number;
  /** Return the token ids of prompt and answer with `finish`, without those of a stop string. */
  readonly returnTokens?: boolean;
  /** Decode this sequence in batches of its own, so that the result does not depend on what else runs. */
  readonly deterministic?: boolean;
}

/**
 * One sequence to embed or to score. Special tokens in texts are recognised; what is too long loses its end, special tokens and
 * `tail` excepted.
 */
export type EmbedInput =
  | {
      readonly type: 'text';
      readonly text: string;
      /** Add BOS/EOS, or CLS/SEP, as the model's metadata tells. */
      readonly addSpecial: boolean;
      /** The end of `text` that must stay when it is cut; default ''. */
      readonly tail?: string;
    }
  /** For rerankers: both texts in one sequence with the separators that the model was trained on. */
  | { readonly type: 'pair'; readonly query: string; readonly document: string };

/** Embeds all inputs, or none: the first error ends the request. */
export interface EmbedWork {
  readonly inputs: readonly EmbedInput[];
  /** Cut inputs that are too long instead of failing with `context_exceeded`. */
  readonly truncate: boolean;
}

export interface EmbedResult {
  /** Float32Array // [inputs, nOutput], not normalised */
  readonly vectors: Float32Array;
  /** Of all inputs together, special tokens included. */
  readonly promptTokens: number;
}

/** Special: `addSpecial` adds BOS/EOS as the model's metadata tells, `parseSpecial` recognises special tokens in the text. */
export interface TokenizeRequest {
  readonly text: string;
  readonly addSpecial: boolean;
  readonly parseSpecial: boolean;
  /** Return the bytes of each token as well. */
  readonly withPieces?: boolean;
}

export interface TokenizeResult {
  readonly tokens: readonly number[];
  /** Bytes of each token, which may be a part of a character; special tokens as their text. Only when asked for. */
  readonly pieces?: readonly Uint8Array[];
}

/** Counters since the load; for `ps`, metrics and tests. */
export interface EngineStats {
  readonly slotsBusy: number;
  readonly slotsTotal: number;
  readonly waiting: number;
  readonly kvCellsUsed: number;
  readonly steps: number;
  readonly promptTokensEvaluated: number;
  readonly promptTokensFromCache: number;
  readonly tokensGenerated: number;
}

export type ParentMessage =
  | { readonly type: 'load'; readonly spec: LoadSpec }
  | { readonly type: 'generate'; readonly id: number; readonly work: GenerateWork }
  | { readonly type: 'embed'; readonly id: number; readonly work: EmbedWork }
  | { readonly type: 'tokenize'; readonly id: number; readonly request: TokenizeRequest }
  /** `special`: render special tokens as their text. */
  | {
      readonly type: 'detokenize';
      readonly id: number;
      readonly tokens: readonly number[];
      readonly special: boolean;
    }
  | { readonly type: 'stats'; readonly id: number }
  | { readonly type: 'cancel'; readonly id: number }
  /** Free everything and exit with status 0. */
  | { readonly type: 'unload' };

/** What one engine step brought for one request. */
export type StepEvent =
  | {
      readonly id: number;
      readonly type: 'tokens';
      readonly text: string;
      readonly logprobs?: readonly ChosenLogprob[];
    }
  | {
      readonly id: number;
      readonly type: 'finish';
      readonly reason: FinishReason;
      readonly stats: GenerationStats;
      readonly tokens?: readonly number[];
    }
  /** Before all others, when the prompt had to be cut. */
  | ({ readonly id: number; readonly type: 'truncated' } & Truncation)
  | { readonly id: number; readonly type: 'error'; readonly error: SerializedError };

export type ChildMessage =
  | { readonly type: 'ready'; readonly protocolVersion: number }
  /** 0 to 1. */
  | { readonly type: 'loadProgress'; readonly fraction: number }
  | { readonly type: 'loaded'; readonly info: Omit<LoadedInfo, 'pid'> }
  | { readonly type: 'loadFailed'; readonly error: SerializedError }
  /** One message an engine step, for all sequences that have news. */
  | { readonly type: 'step'; readonly events: readonly StepEvent[] }
  | { readonly type: 'result'; readonly id: number; readonly value: ResultValue }
  | { readonly type: 'failed'; readonly id: number; readonly error: SerializedError };

export type ResultValue =
  | ({ readonly type: 'tokens' } & TokenizeResult)
  | ({ readonly type: 'embeddings' } & EmbedResult)
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'stats'; readonly stats: EngineStats };
