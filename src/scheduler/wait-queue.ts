/** The requests that wait for one model, first come first served; who gives up leaves at once. */
import { cancelledError } from '../errors.ts';
import type { AcquireRequest, Lease } from './types.ts';

/** A request in the queue. Both functions take it out first. */
export interface Waiter {
  readonly request: AcquireRequest;
  grant(lease: Lease): void;
  fail(error: unknown): void;
}

export class WaitQueue implements Iterable<Waiter> {
  #waiters: Waiter[] = [];

  get size(): number {
    return this.#waiters.length;
  }

  get head(): Waiter | undefined {
    return this.#waiters[0];
  }

  /** A snapshot: granting or failing while iterating is allowed. */
  [Symbol.iterator](): Iterator<Waiter> {
    return [...this.#waiters].values();
  }

  /** Adds a request at the end. `settle` gets its lease or its error; `onLeave` hears when its signal took it out. */
  add(
    request: AcquireRequest,
    settle: { readonly resolve: (lease: Lease) => void; readonly reject: (error: unknown) => void },
    onLeave: () => void,
  ): Waiter {
    const { signal } = request;
    const leave = (): void => {
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
      signal.removeEventListener('abort', onAbort);
    };
    const onAbort = (): void => {
      waiter.fail(cancelledError());
      onLeave();
    };
    const waiter: Waiter = {
      request,
      grant: (lease) => {
        leave();
        settle.resolve(lease);
      },
      fail: (error) => {
        leave();
        settle.reject(error);
      },
    };
    this.#waiters.push(waiter);
    signal.addEventListener('abort', onAbort, { once: true });
    return waiter;
  }

  includes(waiter: Waiter): boolean {
    return this.#waiters.includes(waiter);
  }
}
