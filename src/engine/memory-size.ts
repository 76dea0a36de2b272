/** How much memory a loaded model takes, for `ps` and for the scheduler's books. */
import { kvCacheTypes } from '../native/context.ts';
import type { Device } from '../native/library.ts';
import type { Model } from '../native/model.ts';

/**
 * Bytes of weights, KV cache and compute buffers. llama.cpp prints the exact sizes but hands them to nobody: the KV cache
 * is computed from the model's shape, the buffers from the batch.
 */
export function estimateSizeBytes(
  model: Model,
  options: { nCells: number; nUbatch: number; nSlots: number; kvCacheType: string },
): number {
  const { nEmbd, nHeads, nHeadsKv, nLayers } = model;
  const arch = model.metadata('general.architecture') ?? '';
  const headDim = (key: string): number => {
    const value = Number(model.metadata(`${arch}.attention.${key}`));
    return Number.isFinite(value) && value > 0 ? value : nHeads > 0 ? nEmbd / nHeads : 0;
  };
  const bits = kvCacheTypes[options.kvCacheType]?.bitsPerValue ?? 16;
  const valuesPerCell = nLayers * nHeadsKv * (headDim('key_length') + headDim('value_length'));
  const kvBytes = (options.nCells * valuesPerCell * bits) / 8;
  const logitBytes = 2 * options.nSlots * model.vocab.nTokens * 4; // the output rows and their compute buffer
  const activationBytes = options.nUbatch * nEmbd * 4 * 16;
  return Math.round(model.sizeBytes + kvBytes + logitBytes + activationBytes);
}

/** Bytes that vanished from the GPUs' free memory between two looks. */
export function vramTaken(before: readonly Device[], after: readonly Device[]): number {
  let taken = 0;
  for (const [i, device] of before.entries()) {
    if (device.kind === 'cpu' || device.kind === 'accelerator') continue;
    taken += Math.max(0, device.freeBytes - (after[i]?.freeBytes ?? device.freeBytes));
  }
  return taken;
}
