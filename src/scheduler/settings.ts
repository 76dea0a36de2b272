/** What the person who runs the server decides about loading and waiting; the environment variables in brackets. */
import type { LoadSpec } from '../protocol/messages.ts';

export interface SchedulerSettings {
  /** Slots of a model (OLLAMA_NUM_PARALLEL); 0 = automatic, by memory. */
  readonly numParallel: number;
  /** Models in memory at once (OLLAMA_MAX_LOADED_MODELS); 0 = automatic: three, or three a GPU. */
  readonly maxLoadedModels: number;
  /** Requests that may wait for one model (OLLAMA_MAX_QUEUE). */
  readonly maxQueue: number;
  /** Of requests that name none (OLLAMA_KEEP_ALIVE); Infinity = for ever, 0 = unload when idle. */
  readonly defaultKeepAliveMs: number;
  /** Context of one slot in tokens, of requests and models that name none (OLLAMA_CONTEXT_LENGTH); 0 = automatic. */
  readonly defaultNCtx: number;
  /** OLLAMA_FLASH_ATTENTION: -1 automatic, 0 off, 1 on. */
  readonly flashAttention: LoadSpec['flashAttention'];
  /** GGML type name (OLLAMA_KV_CACHE_TYPE). */
  readonly kvCacheType: string;
}

export const defaultSettings: SchedulerSettings = {
  numParallel: 0,
  maxLoadedModels: 0,
  maxQueue: 512,
  defaultKeepAliveMs: 5 * 60_000,
  defaultNCtx: 0,
  flashAttention: -1,
  kvCacheType: 'f16',
};
