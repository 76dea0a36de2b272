/** Attempts with growing pauses between them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cancelledError } from '../errors.ts';
import { PassingFailure, upstreamError } from './failure.ts';

export interface RetryOptions {
  /** Attempts in a row that bring nothing. */
  readonly maxAttempts: number;
  /** The first pause, in ms; each is twice the one before, and varied by half. */
  readonly backoffMs: number;
  readonly signal: AbortSignal;
  /** Called before each pause. */
  readonly onRetry?: (error: PassingFailure, pauseMs: number) => void;
  /** Of [0, 1); default: `Math.random`. */
  readonly random?: () => number;
}

const maxPauseMs = 60_000;

/**
 * Calls `attempt` until it succeeds. A `PassingFailure` is tried again, anything else thrown on at once. `attempt` reports
 * `progressed()` when it got further than those before, which makes its failure the first of a new row: a connection that
 * breaks every few minutes must not end a download of hours.
 */
export async function retry<T>(
  attempt: (progressed: () => void) => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  const { maxAttempts, backoffMs, signal, onRetry, random = Math.random } = options;
  let failures = 0;
  for (;;) {
    if (signal.aborted) throw cancelledError();
    try {
      return await attempt(() => {
        failures = 0;
      });
    } catch (error) {
      if (!(error instanceof PassingFailure)) throw error;
      failures += 1;
      if (failures >= maxAttempts) {
        throw maxAttempts === 1 ? error : upstreamError(`max retries exceeded: ${error.message}`, error);
      }
      const pauseMs = Math.min(backoffMs * 2 ** (failures - 1), maxPauseMs) * (0.5 + random());
      onRetry?.(error, pauseMs);
      await pause(pauseMs, signal);
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    throw signal.aborted ? cancelledError() : error;
  }
}
