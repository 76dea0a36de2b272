/** Ctrl-C outside the REPL: the command gets the chance to stop what it does and to tidy the terminal. */
import type { World } from './context.ts';

/** The user pressed Ctrl-C; nothing more is to be said about it. */
export class InterruptedError extends Error {
  constructor() {
    super('interrupted');
    this.name = 'InterruptedError';
  }
}

/** Runs `work` with a signal that the first interrupt fires, with an `InterruptedError` as its reason. */
export async function withInterrupt<T>(
  world: Pick<World, 'onInterrupt'>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const forget = world.onInterrupt(() => controller.abort(new InterruptedError()));
  try {
    return await work(controller.signal);
  } finally {
    forget();
  }
}
