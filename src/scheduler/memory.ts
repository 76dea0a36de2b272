/** What a model will take in memory, estimated from its header, and what is free for it. */
import type { LibraryChoice } from '../runner/library-choice.ts';
import type { GgufSummary } from '../types/model.ts';
import type { MemoryInfo } from '../util/system-memory.ts';

const MiB = 2 ** 20;

/** Bytes an element, by GGML type name (ggml.c: type_traits); blocks of 32 elements with their scales. */
const bytesPerElement: Readonly<Record<string, number>> = {
  f32: 4,
  f16: 2,
  bf16: 2,
  q8_0: 34 / 32,
  q5_1: 24 / 32,
  q5_0: 22 / 32,
  q4_1: 20 / 32,
  q4_0: 18 / 32,
  iq4_nl: 18 / 32,
};

/** The runner process without a model: Node, the libraries, their buffers. */
const processBytes = 64 * MiB;

/** Activations that live at once in one evaluation, in multiples of the embedding length: the feed-forward part leads. */
const activationWidth = 16;

/** Bytes that one cell of the KV cache takes over all layers. */
export function kvBytesPerCell(gguf: GgufSummary, kvCacheType: string): number {
  // Unknown types count as f16: too much rather than too little.
  const elementBytes = bytesPerElement[kvCacheType] ?? 2;
  return gguf.nLayers * gguf.nHeadsKv * (gguf.headDimK + gguf.headDimV) * elementBytes;
}

/** What evaluating a micro-batch takes besides weights and KV cache; measured against what llama.cpp prints when loading. */
export function computeBytes(
  gguf: GgufSummary,
  shape: {
    readonly nCells: number;
    readonly nUbatch: number;
    readonly nSlots: number;
    readonly hasFlashAttention: boolean;
  },
): number {
  const { nCells, nUbatch, nSlots, hasFlashAttention } = shape;
  const activations = nUbatch * activationWidth * gguf.nEmbd * 4;
  // One row of logits a slot: where they are computed and where they are read.
  const logits = 2 * nSlots * gguf.nVocab * 4;
  // The mask, as f16 for flash attention, else as f32 and with it the scores of all heads.
  const attention = nUbatch * nCells * (hasFlashAttention ? 2 : 4 + 4 * gguf.nHeads);
  return processBytes + activations + logits + attention;
}

/** Bytes that one more model may take. */
export interface FreeMemory {
  readonly hostBytes: number;
  /** On all GPUs together; undefined = none in use. */
  readonly gpuBytes: number | undefined;
}

/**
 * Memory that is free in fact and on paper: mapped weights of loaded models count as free to the kernel, but their models
 * need them. GPUs are asked once at the start, so their share is the free memory of then less what our models took.
 */
export function freeMemory(
  host: MemoryInfo,
  library: LibraryChoice,
  loaded: readonly { readonly sizeBytes: number; readonly sizeVramBytes: number }[],
): FreeMemory {
  const vramBytes = loaded.reduce((sum, model) => sum + model.sizeVramBytes, 0);
  const ramBytes = loaded.reduce((sum, model) => sum + model.sizeBytes, 0) - vramBytes;
  const hostBytes = Math.max(0, Math.min(host.availableBytes, host.totalBytes - ramBytes));
  if (library.gpus.length === 0) return { hostBytes, gpuBytes: undefined };
  const reported = library.gpus.reduce(
    // An integrated GPU works in the machine's own memory.
    (sum, gpu) => sum + (gpu.type === 'igpu' ? Math.min(gpu.freeBytes, hostBytes) : gpu.freeBytes),
    0,
  );
  return { hostBytes, gpuBytes: Math.max(0, reported - vramBytes) };
}
