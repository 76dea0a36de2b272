/** The seats of a context: who sits where, and which seat suits a new prompt. */
import type { KvCache } from './kv-cache.ts';
import type { Sequence } from './sequence.ts';

/** Where a prompt should go, and where the beginning that it need not compute comes from. */
export interface Seat {
  readonly idSlot: number;
  /** Slot whose first `nShared` tokens the prompt begins with; may be `idSlot` itself. */
  readonly source: number;
  readonly nShared: number;
}

export class Slots {
  readonly #sequences: (Sequence | undefined)[];
  /** Tick of the last use; 0 = never. */
  readonly #lastUsed: number[];
  #tick = 0;

  constructor(count: number) {
    this.#sequences = new Array<Sequence | undefined>(count).fill(undefined);
    this.#lastUsed = new Array<number>(count).fill(0);
  }

  get count(): number {
    return this.#sequences.length;
  }
  get nBusy(): number {
    return this.#sequences.filter((sequence) => sequence !== undefined).length;
  }

  sequenceAt(idSlot: number): Sequence | undefined {
    return this.#sequences[idSlot];
  }

  /** Ids of the slots that nobody sits in, the longest unused first. */
  idle(): number[] {
    return [...this.#sequences.keys()]
      .filter((id) => this.#sequences[id] === undefined)
      .sort((a, b) => this.#lastUsed[a]! - this.#lastUsed[b]!); // in range
  }

  sit(idSlot: number, sequence: Sequence): void {
    if (this.#sequences[idSlot] !== undefined) throw new Error(`slot ${idSlot} is taken`);
    this.#sequences[idSlot] = sequence;
    sequence.idSlot = idSlot;
  }

  leave(sequence: Sequence): void {
    if (sequence.idSlot === undefined) return;
    this.#sequences[sequence.idSlot] = undefined;
    this.#lastUsed[sequence.idSlot] = ++this.#tick;
    sequence.idSlot = undefined;
  }

  /** Throws when a sequence and its slot disagree. */
  checkIntegrity(): void {
    for (const [id, sequence] of this.#sequences.entries()) {
      if (sequence !== undefined && sequence.idSlot !== id) throw new Error(`slot ${id} holds a stranger`);
    }
  }
}

/** The slot, busy or idle, that holds the longest beginning of `tokens`; among equals an idle one, then the lowest id. */
export function longestReusable(
  slots: Slots,
  cache: KvCache,
  tokens: Int32Array,
): { readonly idSlot: number; readonly nShared: number } {
  const limit = tokens.length - 1; // the last token is always evaluated: its logits are wanted
  let best = { idSlot: 0, nShared: 0 };
  for (let idSlot = 0; idSlot < slots.count; idSlot++) {
    const nShared = cache.reusablePrefix(idSlot, tokens, limit);
    const isIdler = slots.sequenceAt(idSlot) === undefined && slots.sequenceAt(best.idSlot) !== undefined;
    if (nShared > best.nShared || (nShared === best.nShared && isIdler)) best = { idSlot, nShared };
  }
  return best;
}

/**
 * Finds a seat among the idle slots; undefined = all are taken. The idle slot with the longest common beginning is
 * continued in place when that is most of what it holds; otherwise the longest unused slot is taken and the beginning is
 * shared into it, so that the longer cache stays for its own conversation.
 */
export function chooseSeat(slots: Slots, cache: KvCache, tokens: Int32Array): Seat | undefined {
  const idle = slots.idle();
  const oldest = idle[0];
  if (oldest === undefined) return undefined;
  const best = longestReusable(slots, cache, tokens);
  if (best.nShared === 0) return { idSlot: oldest, source: oldest, nShared: 0 };
  const continues = idle.includes(best.idSlot) && best.nShared * 2 > cache.length(best.idSlot);
  return { idSlot: continues ? best.idSlot : oldest, source: best.idSlot, nShared: best.nShared };
}
