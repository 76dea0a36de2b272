/** Tells whether a request can be served by what a model was loaded with. */
import { chooseBatch, chooseContext, type LoadPlan, type PlanInput } from './plan.ts';

/** What is known of a load; `nThreads` is the real number once the runner has told it. */
export interface LoadedWith extends Pick<LoadPlan, 'spec' | 'isCtxAutomatic'> {
  readonly nThreads?: number | undefined;
}

/**
 * The name of the first thing that makes a reload necessary; undefined = none. What a request leaves to the scheduler is
 * satisfied by whatever is loaded, except that a context smaller than the automatic one, which somebody else asked for, is
 * not forced on it, nor such a batch on embeddings.
 */
export function reloadReason(
  loaded: LoadedWith,
  wanted: Pick<PlanInput, 'model' | 'options' | 'settings' | 'library'>,
): string | undefined {
  const { spec } = loaded;
  const { model, options } = wanted;
  // A first part may hold nothing but metadata, and so be the same for two models.
  if (!sameList(model.furtherPaths, spec.furtherPaths ?? [])) return 'parts';
  if (!sameList(model.adapterPaths, spec.adapterPaths)) return 'adapters';
  if (!isContextServed(loaded, wanted)) return 'num_ctx';
  if (!isBatchServed(loaded, wanted)) return 'num_batch';
  if (wanted.library.gpus.length > 0) {
    if ((options.nGpuLayers ?? -1) >= 0 && options.nGpuLayers !== spec.nGpuLayers) return 'num_gpu';
    if (options.mainGpu !== undefined && options.mainGpu !== (spec.mainGpu ?? 0)) return 'main_gpu';
  }
  if (options.useMmap !== undefined && options.useMmap !== spec.useMmap) return 'use_mmap';
  if (!isThreadsServed(loaded, options.nThreads ?? 0)) return 'num_thread';
  return undefined;
}

function isContextServed(
  { spec, isCtxAutomatic }: LoadedWith,
  wanted: Pick<PlanInput, 'model' | 'options' | 'settings' | 'library'>,
): boolean {
  const { nCtx, isAutomatic } = chooseContext(wanted);
  return isAutomatic ? isCtxAutomatic || spec.nCtx >= nCtx : spec.nCtx === nCtx;
}

/** A batch smaller than the automatic one is not forced on those who embed: it bounds their texts. */
function isBatchServed(
  { spec, isCtxAutomatic }: LoadedWith,
  { model, options }: Pick<PlanInput, 'model' | 'options'>,
): boolean {
  if (options.nBatch === undefined && !spec.embedding) return true;
  const { nBatch } = chooseBatch({
    nCtx: spec.nCtx,
    nSlots: spec.nSlots,
    isAutomatic: isCtxAutomatic,
    isEmbedding: spec.embedding,
    isCausal: model.gguf.isCausal !== false,
    wanted: options.nBatch,
  });
  return options.nBatch === undefined ? spec.nBatch >= nBatch : spec.nBatch === nBatch;
}

function isThreadsServed({ spec, nThreads }: LoadedWith, wanted: number): boolean {
  return wanted <= 0 || wanted === spec.nThreads || wanted === nThreads;
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
