/** The stages that use cases without a stream share: resolve the model, lease a runner, use it once. */
import { isCriaError } from '../errors.ts';
import type { Runner } from '../runner/types.ts';
import type { JsonValue } from '../types/json.ts';
import type { ResolvedModel } from '../types/model.ts';
import { resolveOptions } from './options.ts';
import type { InferenceDeps } from './run.ts';

/** Fields that every request has. */
export interface ModelRequest {
  /** As the client typed it. */
  readonly model: string;
  /** Request `options`, unvalidated. */
  readonly options: Readonly<Record<string, JsonValue>>;
  /** Milliseconds; Infinity = for ever. */
  readonly keepAliveMs?: number;
}

/** Nanoseconds. */
export interface Durations {
  readonly totalDurationNs: number;
  readonly loadDurationNs: number;
}

export interface RunnerNeeds {
  readonly embedding: boolean;
  readonly needsSlot: boolean;
  /** See `AcquireRequest.takesAnyLoad`. */
  readonly takesAnyLoad?: boolean;
}

/** Leases a runner, uses it and gives it back. A runner that dies is replaced once: nothing of the answer has been seen yet. */
export async function withRunner<T>(
  deps: InferenceDeps,
  model: ResolvedModel,
  request: ModelRequest,
  needs: RunnerNeeds,
  signal: AbortSignal,
  use: (runner: Runner) => Promise<T>,
): Promise<{ readonly value: T; readonly durations: Durations }> {
  const startedAt = performance.now();
  const options = resolveOptions(model.parameters, request.options);
  for (let attempt = 1; ; attempt++) {
    using lease = await deps.scheduler.acquire({
      model,
      options: options.runner,
      keepAliveMs: request.keepAliveMs,
      signal,
      ...needs,
    });
    const readyAt = performance.now();
    try {
      const value = await use(lease.runner);
      const durations = {
        totalDurationNs: toNs(performance.now() - startedAt),
        loadDurationNs: toNs(readyAt - startedAt),
      };
      return { value, durations };
    } catch (error) {
      if (!isCriaError(error, 'runner_died') || attempt > 1 || signal.aborted) throw error;
      deps.warn('the runner died; trying once more', { model: model.displayName });
    }
  }
}

function toNs(ms: number): number {
  return Math.round(ms * 1e6);
}
