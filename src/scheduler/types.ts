/** The scheduler's face to inference and library: leases of loaded models. */
import type { Runner } from '../runner/types.ts';
import type { ResolvedModel } from '../types/model.ts';
import type { RunnerOptions } from '../types/runner-options.ts';

export interface AcquireRequest {
  readonly model: ResolvedModel;
  readonly options: RunnerOptions;
  /** Milliseconds; Infinity = for ever, 0 = unload when idle, undefined = keep the resident's, or the default. */
  readonly keepAliveMs?: number | undefined;
  /**
   * True for generations: the lease also stands for one slot, and waits in the model's bounded queue for it.
   * False for loading alone and for counting tokens.
   */
  readonly needsSlot: boolean;
  /**
   * True to compute embeddings; default false. A context of llama.cpp does one or the other, so a model that completes text is loaded
   * a second time for it (its weights are mapped, and so shared). Models that only embed are always loaded for that.
   */
  readonly embedding?: boolean;
  /** True for work that any runner of the model can do, whatever options it was loaded with: it never causes a reload. */
  readonly takesAnyLoad?: boolean;
  readonly signal: AbortSignal;
}

/** The right to use a loaded model until `release`; release exactly once (further calls do nothing). */
export interface Lease {
  readonly runner: Runner;
  release(): void;
  [Symbol.dispose](): void;
}

/** A model in memory, as `ps` shows it. */
export interface ResidentModel {
  readonly model: ResolvedModel;
  readonly sizeBytes: number;
  readonly sizeVramBytes: number;
  /** Context length of one slot; 0 while loading. */
  readonly nCtx: number;
  readonly nSlots: number;
  readonly expiresAt: Date;
  readonly isLoading: boolean;
}

export interface Scheduler {
  /**
   * Gets the model loaded (evicting idle ones, reloading when runner options differ) and waits for a slot if one is
   * needed. Throws `server_busy` when the queue is full, `load_failed`, `cancelled`.
   */
  acquire(request: AcquireRequest): Promise<Lease>;
  /** Unloads as soon as idle; does nothing when the model isn't loaded. */
  unload(modelPath: string): void;
  residents(): readonly ResidentModel[];
  /** Refuses new work and ends all runners. */
  close(): Promise<void>;
}
