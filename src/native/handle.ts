/** Base of all owners of native memory: freed exactly once, after the children, and unusable afterwards. */
import type { Pointer } from './structs.ts';

/**
 * A handle holds its parent: disposing the parent first only marks it, the memory goes when the last child has gone.
 * `[Symbol.dispose]` may be called any number of times.
 */
export abstract class Handle implements Disposable {
  #pointer: Pointer | undefined;
  readonly #parent: Handle | undefined;
  #children = 0;
  #isDisposed = false;

  constructor(pointer: Pointer, parent?: Handle) {
    this.#pointer = pointer;
    this.#parent = parent;
    if (parent !== undefined) parent.#children++;
  }

  /** The C pointer. Throws after dispose. */
  get pointer(): Pointer {
    if (this.#isDisposed || this.#pointer === undefined)
      throw new Error(`${this.constructor.name} was used after dispose`);
    return this.#pointer;
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#freeWhenUnused();
  }

  /** Gives the memory back; called once. */
  protected abstract free(pointer: Pointer): void;

  #freeWhenUnused(): void {
    if (!this.#isDisposed || this.#children > 0 || this.#pointer === undefined) return;
    const pointer = this.#pointer;
    this.#pointer = undefined;
    this.free(pointer);
    if (this.#parent !== undefined) {
      this.#parent.#children--;
      this.#parent.#freeWhenUnused();
    }
  }
}
