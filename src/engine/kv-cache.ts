/** What the KV cache holds: which tokens each slot has computed, and how many cells that takes when slots share some. */
import { commonPrefixLength, TokenList } from './token-list.ts';

/** The part of a native context that the cache drives; see `native/context.ts`. */
export interface CacheMemory {
  clear(): void;
  removeRange(seqId: number, p0: number, p1: number): boolean;
  shareRange(source: number, target: number, p0: number, p1: number): void;
  moveRange(seqId: number, p0: number, p1: number, delta: number): void;
}

interface Entry {
  /** The tokens at the positions [0, length) of the slot. */
  readonly tokens: TokenList;
  /** The cell of each of them. */
  readonly cells: TokenList;
  /** Positions from here on hold values computed under another context (after a shift): good to go on with, not to reuse. */
  nExact: number;
}

/**
 * Mirrors the unified cache of llama.cpp, which tells nobody how full it is. Cells are numbered here in an order of our
 * own; what counts is which slots share one. The id of a slot is its sequence id in llama.cpp.
 */
export class KvCache {
  readonly nCells: number;
  readonly #memory: CacheMemory;
  readonly #entries: readonly Entry[];
  /** Slots that use each cell. */
  readonly #users: Uint16Array;
  /** The cells nobody uses are free[0, nFree). */
  readonly #free: Int32Array;
  #nFree: number;
  /** Tokens can be removed from the end of a sequence (false for recurrent models). */
  readonly canCut: boolean;

  constructor(memory: CacheMemory, options: { nSlots: number; nCells: number; canCut: boolean }) {
    this.#memory = memory;
    this.nCells = options.nCells;
    this.canCut = options.canCut;
    this.#entries = Array.from({ length: options.nSlots }, () => ({
      tokens: new TokenList(),
      cells: new TokenList(),
      nExact: 0,
    }));
    this.#users = new Uint16Array(options.nCells);
    this.#free = Int32Array.from({ length: options.nCells }, (_, i) => options.nCells - 1 - i);
    this.#nFree = options.nCells;
  }

  get nFree(): number {
    return this.#nFree;
  }
  get nUsed(): number {
    return this.nCells - this.#nFree;
  }

  /** Tokens computed for the slot: [0, length) is in the cache. */
  length(idSlot: number): number {
    return this.#entry(idSlot).tokens.length;
  }

  /** How many of the slot's leading tokens equal those of `tokens` and may be reused for them, at most `limit`. */
  reusablePrefix(idSlot: number, tokens: Int32Array, limit: number): number {
    const entry = this.#entry(idSlot);
    const length = commonPrefixLength(entry.tokens.view(), tokens, Math.min(limit, entry.nExact));
    // A state cannot be rewound: it serves only as a whole.
    return this.canCut || length === entry.tokens.length ? length : 0;
  }

  /** Cells that would become free if the slot were cleared. */
  nOwnCells(idSlot: number): number {
    let count = 0;
    for (const cell of this.#entry(idSlot).cells.view()) if (this.#users[cell] === 1) count++;
    return count;
  }

  /** Notes tokens that a decode has just computed for the slot. */
  append(idSlot: number, tokens: Int32Array): void {
    if (tokens.length > this.#nFree) throw new Error('more tokens computed than cells were free');
    const entry = this.#entry(idSlot);
    const isExact = entry.nExact === entry.tokens.length;
    entry.tokens.append(tokens);
    for (let i = 0; i < tokens.length; i++) {
      const cell = this.#free[--this.#nFree]!; // nFree was checked above
      this.#users[cell] = 1;
      entry.cells.push(cell);
    }
    if (isExact) entry.nExact = entry.tokens.length;
  }

  /** Cuts the slot to its first `length` tokens; where the model cannot do that, to none. Returns the length it has now. */
  truncate(idSlot: number, length: number): number {
    const entry = this.#entry(idSlot);
    if (length >= entry.tokens.length) return entry.tokens.length;
    if (length > 0 && this.canCut && this.#memory.removeRange(idSlot, length, -1)) {
      this.#forget(entry, length);
      return length;
    }
    this.#memory.removeRange(idSlot, -1, -1);
    this.#forget(entry, 0);
    return 0;
  }

  /** Removes from native memory whatever a failed decode may have left behind the slot's known tokens. */
  dropUnknown(idSlot: number): void {
    const { length } = this.#entry(idSlot).tokens;
    if (length > 0 && this.#memory.removeRange(idSlot, length, -1)) return;
    this.truncate(idSlot, 0);
    this.#memory.removeRange(idSlot, -1, -1);
  }

  /** Gives `target` the first `length` tokens of `source`, in the same cells. Whatever `target` held is dropped. */
  share(source: number, target: number, length: number): void {
    const from = this.#entry(source);
    const to = this.#entry(target);
    if (length > from.nExact || (!this.canCut && length !== from.tokens.length))
      throw new Error('these tokens cannot be shared');
    this.truncate(target, 0);
    if (length === 0) return;
    this.#memory.shareRange(source, target, 0, this.canCut ? length : -1);
    to.tokens.append(from.tokens.view(0, length));
    to.cells.append(from.cells.view(0, length));
    for (const cell of to.cells.view()) this.#users[cell]!++; // cells are in range
    to.nExact = length;
  }

  /** The slots that share one of this slot's cells from position `start` on. */
  sharersFrom(idSlot: number, start: number): number[] {
    const mine = new Set<number>();
    for (const cell of this.#entry(idSlot).cells.view(start)) if (this.#users[cell]! > 1) mine.add(cell);
    if (mine.size === 0) return [];
    const sharers: number[] = [];
    for (const [other, entry] of this.#entries.entries()) {
      if (other !== idSlot && entry.cells.view().some((cell) => mine.has(cell))) sharers.push(other);
    }
    return sharers;
  }

  /**
   * Drops `count` tokens after the first `nKeep` and moves the later ones down. No other slot may share the cells from
   * `nKeep` on, since a cell has one position.
   */
  dropMiddle(idSlot: number, nKeep: number, count: number): void {
    const entry = this.#entry(idSlot);
    const { length } = entry.tokens;
    this.#memory.removeRange(idSlot, nKeep, nKeep + count);
    this.#memory.moveRange(idSlot, nKeep + count, length, -count);
    for (const cell of entry.cells.view(nKeep, nKeep + count)) this.#release(cell);
    entry.tokens.remove(nKeep, count);
    entry.cells.remove(nKeep, count);
    entry.nExact = Math.min(entry.nExact, nKeep);
  }

  /** Forgets what cannot be reused by another prompt. */
  keepExact(idSlot: number): void {
    this.truncate(idSlot, this.#entry(idSlot).nExact);
  }

  clear(): void {
    this.#memory.clear();
    for (const entry of this.#entries) this.#forget(entry, 0);
  }

  /** Throws when the books don't balance; for tests and for idle moments. */
  checkIntegrity(): void {
    const users = new Uint16Array(this.nCells);
    for (const { tokens, cells, nExact } of this.#entries) {
      if (tokens.length !== cells.length || nExact > tokens.length)
        throw new Error('KV cache: lengths differ');
      for (const cell of cells.view()) users[cell]!++; // cells are in range
    }
    let used = 0;
    for (let cell = 0; cell < this.nCells; cell++) {
      if (users[cell] !== this.#users[cell]) throw new Error(`KV cache: cell ${cell} is counted wrongly`);
      if (users[cell] !== 0) used++;
    }
    if (used !== this.nUsed) throw new Error('KV cache: used and free cells do not add up');
  }

  #entry(idSlot: number): Entry {
    const entry = this.#entries[idSlot];
    if (entry === undefined) throw new RangeError(`no slot ${idSlot}`);
    return entry;
  }

  #forget(entry: Entry, length: number): void {
    for (const cell of entry.cells.view(length)) this.#release(cell);
    entry.tokens.truncate(length);
    entry.cells.truncate(length);
    entry.nExact = Math.min(entry.nExact, length);
  }

  #release(cell: number): void {
    if (--this.#users[cell]! === 0) this.#free[this.#nFree++] = cell; // cells are in range
  }
}
