/** Waiting for something that does not know the waiter's signal. */
import { cancelledError } from '../errors.ts';

/** As `promise`, or rejects with `cancelled` when the signal fires first; the promise goes on by itself then. */
export async function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw cancelledError();
  let stop = (): void => {};
  const fired = new Promise<never>((_resolve, reject) => {
    const onAbort = (): void => reject(cancelledError());
    signal.addEventListener('abort', onAbort, { once: true });
    stop = () => signal.removeEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([promise, fired]);
  } finally {
    stop();
  }
}
