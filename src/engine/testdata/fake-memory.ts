/** llama.cpp's unified KV cache as far as its bookkeeping goes: cells with one position and several owners. */
import type { CacheMemory } from '../kv-cache.ts';

interface Cell {
  token: number;
  position: number;
  readonly owners: Set<number>;
}

export class FakeMemory implements CacheMemory {
  #cells: Cell[] = [];
  /** As a model with recurrent state does. */
  refusesCuts = false;

  get nCells(): number {
    return this.#cells.length;
  }

  /** What a decode does. */
  add(seqId: number, tokens: readonly number[], position: number): void {
    for (const [i, token] of tokens.entries())
      this.#cells.push({ token, position: position + i, owners: new Set([seqId]) });
  }

  /** The tokens of a sequence by position; throws when positions are not 0, 1, 2 … */
  tokensOf(seqId: number): number[] {
    const own = this.#cells.filter(({ owners }) => owners.has(seqId)).sort((a, b) => a.position - b.position);
    for (const [i, { position }] of own.entries()) {
      if (position !== i) throw new Error(`sequence ${seqId} has position ${position} where ${i} should be`);
    }
    return own.map(({ token }) => token);
  }

  clear(): void {
    this.#cells = [];
  }

  removeRange(seqId: number, p0: number, p1: number): boolean {
    if (this.refusesCuts && p0 > 0) return false;
    for (const cell of this.#inRange(seqId, p0, p1)) cell.owners.delete(seqId);
    this.#cells = this.#cells.filter(({ owners }) => owners.size > 0);
    return true;
  }

  shareRange(source: number, target: number, p0: number, p1: number): void {
    for (const cell of this.#inRange(source, p0, p1)) cell.owners.add(target);
  }

  moveRange(seqId: number, p0: number, p1: number, delta: number): void {
    for (const cell of this.#inRange(seqId, p0, p1)) cell.position += delta;
  }

  #inRange(seqId: number, p0: number, p1: number): Cell[] {
    const end = p1 < 0 ? Number.POSITIVE_INFINITY : p1;
    return this.#cells.filter(
      ({ owners, position }) => owners.has(seqId) && position >= p0 && position < end,
    );
  }
}
