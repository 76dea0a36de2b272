/** The last tokens of a sequence, counted: what repetition penalties may touch. */

export class RecentTokens {
  readonly #ring: Int32Array;
  #next = 0;
  #isFull = false;
  readonly #counts = new Map<number, number>();

  /** Looks back on `length` tokens. */
  constructor(length: number) {
    this.#ring = new Int32Array(length);
  }

  get capacity(): number {
    return this.#ring.length;
  }

  push(token: number): void {
    if (this.#ring.length === 0) return;
    if (this.#isFull) {
      const oldest = this.#ring[this.#next]!; // in range
      const count = (this.#counts.get(oldest) ?? 1) - 1;
      if (count === 0) this.#counts.delete(oldest);
      else this.#counts.set(oldest, count);
    }
    this.#ring[this.#next] = token;
    this.#counts.set(token, (this.#counts.get(token) ?? 0) + 1);
    this.#next = (this.#next + 1) % this.#ring.length;
    if (this.#next === 0) this.#isFull = true;
  }

  /** Each different token once. */
  distinct(): Iterable<number> {
    return this.#counts.keys();
  }

  get nDistinct(): number {
    return this.#counts.size;
  }
}
