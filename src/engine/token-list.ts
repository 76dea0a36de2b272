/** A growing list of token ids without a number object each. */

export class TokenList {
  #items: Int32Array;
  #length = 0;

  constructor(capacity = 256) {
    this.#items = new Int32Array(capacity);
  }

  static from(tokens: ArrayLike<number>): TokenList {
    const list = new TokenList(tokens.length + 256);
    list.append(tokens);
    return list;
  }

  get length(): number {
    return this.#length;
  }

  /** The token at `index`; the caller keeps to [0, length). */
  at(index: number): number {
    return this.#items[index] ?? -1;
  }

  push(token: number): void {
    this.#reserve(this.#length + 1);
    this.#items[this.#length++] = token;
  }

  append(tokens: ArrayLike<number>): void {
    this.#reserve(this.#length + tokens.length);
    this.#items.set(tokens, this.#length);
    this.#length += tokens.length;
  }

  truncate(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  /** Cuts `count` tokens out at `start`. */
  remove(start: number, count: number): void {
    this.#items.copyWithin(start, start + count, this.#length);
    this.#length -= count;
  }

  /** Int32Array // [length], valid until the list changes. */
  view(start = 0, end = this.#length): Int32Array {
    return this.#items.subarray(start, Math.min(end, this.#length));
  }

  #reserve(length: number): void {
    if (length <= this.#items.length) return;
    const items = new Int32Array(Math.max(length, this.#items.length * 2));
    items.set(this.view());
    this.#items = items;
  }
}

/** How many tokens two lists have in common at their start, at most `limit`. */
export function commonPrefixLength(a: Int32Array, b: Int32Array, limit: number): number {
  const end = Math.min(a.length, b.length, limit);
  let i = 0;
  while (i < end && a[i] === b[i]) i++;
  return i;
}
