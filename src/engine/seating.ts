/** Brings sequences and slots together: who comes in, who waits for a beginning that another computes, who must give way. */
import type { KvCache } from './kv-cache.ts';
import type { Sequence } from './sequence.ts';
import { chooseSeat, longestReusable, Slots } from './slots.ts';
import { commonPrefixLength } from './token-list.ts';

/** Waiting for another prompt to compute a common beginning costs a step; shorter ones are computed again. */
const minSharedTokens = 32;

/** Cells a sequence is to have for its answer when another joins, lest one has to give way again soon. */
const headroom = 16;

export class Seating {
  readonly #cache: KvCache;
  readonly #reusesCache: boolean;
  readonly #keepsIdle: boolean;
  readonly #slots: Slots;
  /** No slot yet, in the order of arrival. A sequence that had to give way comes to the front. */
  #waiting: Sequence[] = [];
  /** With a slot, in the order in which they got it. */
  #active: Sequence[] = [];

  /**
   * `reusesCache` false = every prompt is computed from its first token in an empty cache (one slot only). `keepsIdle` false =
   * what idle slots remember is dropped when a newcomer has taken from it what he can use.
   */
  constructor(cache: KvCache, options: { nSlots: number; reusesCache: boolean; keepsIdle: boolean }) {
    this.#cache = cache;
    this.#reusesCache = options.reusesCache;
    this.#keepsIdle = options.keepsIdle;
    this.#slots = new Slots(options.nSlots);
  }

  get active(): readonly Sequence[] {
    return this.#active;
  }
  get nWaiting(): number {
    return this.#waiting.length;
  }
  get nBusySlots(): number {
    return this.#slots.nBusy;
  }

  add(sequence: Sequence): void {
    this.#waiting.push(sequence);
  }

  find(id: number): Sequence | undefined {
    return [...this.#active, ...this.#waiting].find((sequence) => sequence.id === id);
  }

  /** Takes the sequence out; what it computed stays in its slot for the next prompt. */
  remove(sequence: Sequence): void {
    this.#active = this.#active.filter((other) => other !== sequence);
    this.#waiting = this.#waiting.filter((other) => other !== sequence);
    if (sequence.idSlot !== undefined) {
      this.#cache.keepExact(sequence.idSlot);
      this.#slots.leave(sequence);
    }
    sequence[Symbol.dispose]();
  }

  /** Frees all sequences. */
  close(): void {
    for (const sequence of [...this.#active, ...this.#waiting]) this.remove(sequence);
  }

  /** Gives idle slots to waiting sequences, oldest first. */
  admit(): void {
    const cache = this.#cache;
    for (;;) {
      const [sequence] = this.#waiting;
      // Beside others, one that finds no room waits: they will end and free theirs.
      if (sequence === undefined || (this.#active.length > 0 && !this.#hasRoomFor(sequence))) return;
      const seat = chooseSeat(this.#slots, cache, sequence.tokens.view());
      if (seat === undefined) return;
      this.#waiting.shift();
      this.#slots.sit(seat.idSlot, sequence);
      this.#active.push(sequence);
      if (!this.#reusesCache) cache.clear();
      else if (seat.source === seat.idSlot) cache.truncate(seat.idSlot, seat.nShared);
      else cache.share(seat.source, seat.idSlot, seat.nShared);
      if (!this.#keepsIdle) for (const idSlot of this.#slots.idle()) cache.truncate(idSlot, 0);
      sequence.noteStart(cache.length(seat.idSlot));
      this.#findLeader(sequence, cache.length(seat.idSlot));
    }
  }

  /** Lets followers go on whose common beginning is computed, or will never be. */
  follow(): void {
    const cache = this.#cache;
    for (const sequence of this.#active) {
      const { leader, idSlot } = sequence;
      if (leader === undefined || idSlot === undefined) continue;
      const leaderSlot = leader.sequence.idSlot;
      const isComing =
        leaderSlot !== undefined &&
        !leader.sequence.isGenerating &&
        cache.length(leaderSlot) < leader.nShared;
      if (isComing) continue;
      // It has come that far, or it left its seat: take whatever is best now, then look around again.
      const best = longestReusable(this.#slots, cache, sequence.tokens.view());
      if (best.nShared > cache.length(idSlot)) {
        cache.share(best.idSlot, idSlot, best.nShared);
        sequence.noteCached(best.nShared);
      }
      sequence.leader = undefined;
      this.#findLeader(sequence, cache.length(idSlot));
    }
  }

  /** Clears idle slots, longest unused first, until `count` cells are free. */
  freeCells(count: number): boolean {
    for (const idSlot of this.#slots.idle()) {
      if (this.#cache.nFree >= count) break;
      this.#cache.truncate(idSlot, 0);
    }
    return this.#cache.nFree >= count;
  }

  /** Cuts the idle slots that share cells with the slot from position `start` on; false = a busy one shares some too. */
  unshare(idSlot: number, start: number): boolean {
    for (const other of this.#cache.sharersFrom(idSlot, start)) {
      if (this.#slots.sequenceAt(other) !== undefined) return false;
      this.#cache.truncate(other, start);
    }
    return true;
  }

  /** Sends the youngest sequence back to wait, its cells freed; false = there is only one, which must go on. */
  suspendYoungest(): boolean {
    const sequence = this.#active.at(-1);
    if (sequence?.idSlot === undefined || this.#active.length === 1) return false;
    this.#active.pop();
    this.#cache.truncate(sequence.idSlot, 0);
    sequence.leader = undefined;
    this.#slots.leave(sequence);
    this.#waiting.unshift(sequence);
    return true;
  }

  /** Throws when slots and sequences disagree. */
  checkIntegrity(): void {
    this.#slots.checkIntegrity();
    if (this.#slots.nBusy !== this.#active.length) throw new Error('a slot is held by nobody');
  }

  /** Whether the cells that are free, or would be without idle caches, are enough beside what is under way. */
  #hasRoomFor(sequence: Sequence): boolean {
    const tokens = sequence.tokens.view();
    let room = this.#cache.nFree;
    for (const idSlot of this.#slots.idle()) room += this.#cache.nOwnCells(idSlot);
    let nShared = 0;
    for (const { idSlot, tokens: others, leader } of this.#active) {
      const nComputed = idSlot === undefined ? 0 : this.#cache.length(idSlot);
      room -= others.length - Math.max(nComputed, leader?.nShared ?? 0) + headroom;
      nShared = Math.max(nShared, commonPrefixLength(others.view(), tokens, tokens.length - 1));
    }
    return room >= tokens.length - nShared + headroom;
  }

  /**
   * Looks for an older prompt in progress that will compute more of this one's beginning than is computed yet. Only older
   * ones lead, so nobody ends up waiting for himself.
   */
  #findLeader(sequence: Sequence, nCached: number): void {
    if (!this.#reusesCache || !this.#cache.canCut) return;
    const tokens = sequence.tokens.view();
    let best = nCached + minSharedTokens - 1;
    for (const other of this.#active) {
      if (other === sequence) return;
      if (other.isGenerating) continue;
      const nShared = commonPrefixLength(other.tokens.view(), tokens, tokens.length - 1);
      if (nShared <= best) continue;
      best = nShared;
      sequence.leader = { sequence: other, nShared };
    }
  }
}
