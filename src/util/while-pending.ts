/** Something to do now and then while a promise is pending. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Yields every `everyMs` until the promise settles, then ends, or throws what it was rejected with. */
export async function* whilePending(promise: Promise<unknown>, everyMs: number): AsyncGenerator<void, void> {
  const timer = new AbortController();
  let isSettled = false;
  const settled = promise.finally(() => {
    isSettled = true;
    timer.abort();
  });
  settled.catch(() => {}); // met below
  try {
    for (;;) {
      await sleep(everyMs, undefined, { signal: timer.signal }).catch(() => {}); // woken by the end
      if (isSettled) break;
      yield;
    }
    await settled;
  } finally {
    timer.abort();
  }
}
