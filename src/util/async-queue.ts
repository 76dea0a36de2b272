/** A queue from a producer that must never wait to a consumer that iterates. */

export interface AsyncQueueOptions<T> {
  /** From this many waiting items on, a new one is joined to the last where `merge` can. */
  readonly limit: number;
  /** Joins `next` to `last` and returns the joined item; undefined when the two must stay apart. */
  readonly merge: (last: T, next: T) => T | undefined;
}

interface Waiter<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Items come out in the order they went in, then the end or the error. A waiting `next()` is resolved by `push` itself,
 * so an item costs one promise and no timer.
 */
export class AsyncQueue<T> {
  readonly #options: AsyncQueueOptions<T> | undefined;
  #items: T[] = [];
  /** Items before this index have been taken. */
  #head = 0;
  readonly #waiters: Waiter<T>[] = [];
  #isEnded = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(options?: AsyncQueueOptions<T>) {
    this.#options = options;
  }

  /** Number of items that nobody has taken yet. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Adds an item; one that comes after the end is dropped. */
  push(item: T): void {
    if (this.#isEnded) return;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      waiter.resolve({ value: item, done: false });
      return;
    }
    if (this.#options !== undefined && this.size >= this.#options.limit && this.size > 0) {
      const last = this.#items.length - 1;
      // The index is valid because size > 0; an item may itself be undefined, hence no check.
      const merged = this.#options.merge(this.#items[last] as T, item);
      if (merged !== undefined) {
        this.#items[last] = merged;
        return;
      }
    }
    this.#items.push(item);
  }

  /** No more items; those waiting can still be taken. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve({ value: undefined, done: true });
  }

  /** Like `end`, but the consumer then meets `error` (once). */
  fail(error: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const first = this.#waiters.shift();
    if (first === undefined) this.#failure = { error };
    else first.reject(error);
    for (const waiter of this.#waiters.splice(0)) waiter.resolve({ value: undefined, done: true });
  }

  /** Drops what nobody has taken yet. */
  clear(): void {
    this.#items = [];
    this.#head = 0;
    this.#failure = undefined;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.size > 0) return Promise.resolve({ value: this.#take(), done: false });
    if (this.#failure !== undefined) {
      const { error } = this.#failure;
      this.#failure = undefined;
      return Promise.reject(error);
    }
    if (this.#isEnded) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  #take(): T {
    const item = this.#items[this.#head] as T; // callers have checked size > 0
    this.#head += 1;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head >= 1024) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
