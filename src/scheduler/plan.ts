/** Decides how a model would be loaded now: context, slots, size of the KV cache, batch, layers on the GPU. */
import type { LoadSpec } from '../protocol/messages.ts';
import type { LibraryChoice } from '../runner/library-choice.ts';
import type { ResolvedModel } from '../types/model.ts';
import type { RunnerOptions } from '../types/runner-options.ts';
import { computeBytes, type FreeMemory, kvBytesPerCell } from './memory.ts';
import type { SchedulerSettings } from './settings.ts';

const GiB = 2 ** 30;
const minNCtx = 4;
/** An image alone takes hundreds of tokens. */
const minNCtxVision = 2048;
const maxNCtx = 2 ** 31 - 1;
const maxUbatch = 512;
/** Short texts are packed into one batch. */
const minEmbeddingBatch = 512;
const maxEmbeddingBatch = 2048;
/** What is longer takes memory that few need: whoever does asks for the context. */
const maxAutomaticEncoderBatch = 4096;
/** Requests whose inputs may share batches; they cost no memory. */
const embeddingSlots = 32;
/** llama.cpp pads the cache to a multiple of this (llama_kv_cache: n_pad). */
const cellPadding = 256;
/** Part of the memory left beside the weights that the KV cache may take for the sake of more slots. */
const comfortableKvShare = 1 / 4;
/** Part of the free memory that a model may take beside others. */
const comfortableShare = 0.8;
/** Part of the free GPU memory that is planned with. */
const gpuShare = 0.9;

/** Models whose state cannot be shared between sequences or that were seen to go wrong with several (Ollama, sched.go). */
const singleSlotArchitectures = new Set([
  'mllama',
  'qwen3vl',
  'qwen3vlmoe',
  'qwen35',
  'qwen35moe',
  'qwen3next',
  'lfm2',
  'lfm2moe',
  'nemotron_h',
  'nemotron_h_moe',
  'nemotron_h_omni',
]);

export interface PlanInput {
  readonly model: ResolvedModel;
  readonly options: RunnerOptions;
  readonly settings: SchedulerSettings;
  readonly library: LibraryChoice;
  readonly free: FreeMemory;
  /** After a load ran out of memory: take the least that works. */
  readonly isFrugal?: boolean;
  /** Load for embeddings what could complete text; models that only embed are loaded for that in any case. */
  readonly isEmbedding?: boolean;
}

export interface LoadPlan {
  readonly spec: LoadSpec & { readonly nCells: number };
  readonly isCtxAutomatic: boolean;
  /** Estimated, all memory together. */
  readonly needBytes: number;
  /** True when the model may be loaded beside others. */
  readonly fits: boolean;
}

/**
 * Slots share one KV cache, so more of them do not multiply memory: the cache gets as many cells as a quarter of the memory
 * beside the weights allows, at least one full context and at most one for each slot. The automatic number of slots follows
 * from that: 8 when each gets a full context, 4 when there are two full contexts to share, 2 when there is one, else 1.
 * Embeddings need one batch at a time, with an output row for each of its tokens, and a cache for one text of a full context where
 * attention is causal: it may come in several batches.
 */
export function planLoad(input: PlanInput): LoadPlan {
  const { model, options, settings, library, free } = input;
  const { gguf } = model;
  const isEmbedding = input.isEmbedding === true || isEmbeddingOnly(model);
  const context = chooseContext(input);
  const { nCtx } = context;
  const wantsGpu = free.gpuBytes !== undefined && options.nGpuLayers !== 0;
  const poolBytes = wantsGpu ? (free.gpuBytes ?? 0) : free.hostBytes;
  const cellBytes = kvBytesPerCell(gguf, settings.kvCacheType);
  const isCausal = gguf.isCausal !== false;
  const batchOf = (nSlots: number) =>
    chooseBatch({ ...context, nSlots, isEmbedding, isCausal, wanted: options.nBatch });
  const computeOf = (nCells: number, nSlots: number) =>
    computeBytes(gguf, {
      nCells,
      nSlots: isEmbedding ? batchOf(nSlots).nUbatch : nSlots,
      nUbatch: batchOf(nSlots).nUbatch,
      hasFlashAttention: settings.flashAttention !== 0,
    });

  const besideBytes = poolBytes - gguf.sizeBytes - computeOf(nCtx, 1);
  const nCellsAffordable =
    input.isFrugal === true ? 0 : Math.max(0, besideBytes * comfortableKvShare) / Math.max(cellBytes, 1);
  const nSlots =
    settings.numParallel > 0
      ? settings.numParallel
      : isEmbedding
        ? embeddingSlots
        : singleSlotArchitectures.has(gguf.architecture)
          ? 1
          : automaticSlots(nCellsAffordable / nCtx);
  const { nBatch, nUbatch } = batchOf(nSlots);
  const nCellsPadded = Math.floor(nCellsAffordable / cellPadding) * cellPadding;
  const nCells = !isEmbedding
    ? clamp(nCellsPadded, nCtx, nCtx * nSlots)
    : isCausal
      ? clamp(nCellsPadded, nUbatch, Math.max(nUbatch, nCtx))
      : nUbatch;

  const kvBytes = cellBytes * nCells;
  const fixedBytes = computeOf(nCells, nSlots);
  const needBytes = gguf.sizeBytes + kvBytes + fixedBytes;
  const isPartial = wantsGpu && (options.nGpuLayers ?? -1) > 0;
  return {
    spec: {
      modelPath: model.modelPath,
      furtherPaths: model.furtherPaths,
      adapterPaths: model.adapterPaths,
      nCtx,
      nSlots,
      nCells,
      nBatch,
      nUbatch,
      nThreads: Math.max(0, options.nThreads ?? 0),
      nGpuLayers: wantsGpu
        ? chooseGpuLayers(options.nGpuLayers ?? -1, {
            nLayers: gguf.nLayers,
            layeredBytes: gguf.sizeBytes + kvBytes,
            fixedBytes,
            poolBytes,
          })
        : 0,
      mainGpu: wantsGpu ? options.mainGpu : undefined,
      // A mapped file loads in a third of the time, and its pages can be given back when memory is short.
      useMmap: options.useMmap ?? true,
      flashAttention: settings.flashAttention,
      kvCacheType: settings.kvCacheType,
      libraryDir: library.libraryDir,
      embedding: isEmbedding,
    },
    isCtxAutomatic: context.isAutomatic,
    needBytes,
    // Whoever splits a model by hand between GPU and host is trusted to know.
    fits: isPartial || needBytes <= poolBytes * comfortableShare,
  };
}

/** The context of one slot: as asked for, else by the memory of the GPUs, never beyond what the model was trained on. */
export function chooseContext(
  input: Pick<PlanInput, 'model' | 'options' | 'settings' | 'library' | 'isFrugal'>,
): { readonly nCtx: number; readonly isAutomatic: boolean } {
  const { model, options, settings, library } = input;
  const usual = model.gguf.nCtxInput ?? (settings.defaultNCtx > 0 ? settings.defaultNCtx : undefined);
  const wanted = options.nCtx ?? usual;
  const gpuBytes = library.gpus.reduce((sum, gpu) => sum + gpu.totalBytes, 0);
  const automatic = input.isFrugal === true ? 4096 : automaticContext(gpuBytes);
  const least = model.capabilities.includes('vision') ? minNCtxVision : minNCtx;
  const most = model.gguf.nCtxTrain > 0 ? model.gguf.nCtxTrain : maxNCtx;
  return {
    nCtx: Math.min(Math.max(Math.trunc(wanted ?? automatic), least), Math.max(most, minNCtx)),
    isAutomatic: options.nCtx === undefined,
  };
}

function automaticContext(gpuBytes: number): number {
  if (gpuBytes >= 47 * GiB) return 262_144;
  if (gpuBytes >= 23 * GiB) return 32_768;
  return 4096;
}

function automaticSlots(nContexts: number): number {
  if (nContexts >= 8) return 8;
  if (nContexts >= 2) return 4;
  return nContexts >= 1 ? 2 : 1;
}

/** Long contexts come with long prompts, which larger batches evaluate with fewer steps. */
export function chooseBatch(input: {
  readonly nCtx: number;
  readonly nSlots: number;
  readonly isAutomatic: boolean;
  readonly isEmbedding: boolean;
  readonly isCausal: boolean;
  readonly wanted: number | undefined;
}): { readonly nBatch: number; readonly nUbatch: number } {
  const { nCtx, nSlots, isAutomatic, isEmbedding, isCausal } = input;
  if (isEmbedding) {
    // Attention to both sides needs the whole text in one micro-batch.
    const most = isCausal ? maxEmbeddingBatch : isAutomatic ? maxAutomaticEncoderBatch : nCtx;
    const nBatch = Math.max(1, Math.trunc(input.wanted ?? Math.max(minEmbeddingBatch, Math.min(nCtx, most))));
    return { nBatch, nUbatch: nBatch };
  }
  const wanted = input.wanted ?? (nCtx <= 4096 ? 512 : nCtx <= 32_768 ? 1024 : 2048);
  // Every slot must find room for its next token; more than a context is never evaluated at once.
  const nBatch = Math.max(Math.min(Math.trunc(wanted), nCtx), nSlots);
  return { nBatch, nUbatch: Math.min(nBatch, maxUbatch) };
}

/** As many layers as fit; -1 = all. `layeredBytes`: what is spread evenly over the layers and the output. */
function chooseGpuLayers(
  wanted: number,
  size: {
    readonly nLayers: number;
    readonly layeredBytes: number;
    readonly fixedBytes: number;
    readonly poolBytes: number;
  },
): number {
  if (wanted >= 0) return wanted;
  const usableBytes = size.poolBytes * gpuShare - size.fixedBytes;
  if (size.layeredBytes <= usableBytes) return -1;
  const layerBytes = size.layeredBytes / (size.nLayers + 1);
  return clamp(Math.floor(usableBytes / layerBytes), 0, size.nLayers);
}

export function isEmbeddingOnly(model: ResolvedModel): boolean {
  return model.capabilities.includes('embedding') && !model.capabilities.includes('completion');
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
