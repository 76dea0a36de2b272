/** The options of a loaded model: a change of one of them means a new runner. */

/**
 * Wanted by a request; `undefined` = let the scheduler choose. What is left to it never forces a reload, except that a context
 * smaller than the automatic one, which somebody else asked for, is not kept.
 */
export interface RunnerOptions {
  /** Context length of one slot in tokens. */
  readonly nCtx?: number;
  readonly nBatch?: number;
  /** Layers on the GPU; -1 or undefined = all that fit, 0 = CPU only. */
  readonly nGpuLayers?: number;
  readonly mainGpu?: number;
  readonly useMmap?: boolean;
  /** 0 or undefined = one a physical core. */
  readonly nThreads?: number;
}
