/** A model in memory: who uses it, how long it stays when nobody does. */
import type { Runner } from '../runner/types.ts';
import type { ResolvedModel } from '../types/model.ts';
import type { LoadPlan } from './plan.ts';
import type { LoadedWith } from './reload.ts';
import type { Lease, ResidentModel } from './types.ts';

/** "For ever" as a time: the longest duration that Go can express, 2^63 nanoseconds, about 292 years. */
const foreverMs = 9_223_372_036_854;
/** Timers of Node cannot be longer. */
const longestTimerMs = 2 ** 31 - 1;

export type ResidentState = 'loading' | 'loaded' | 'unloading';

export class Resident {
  readonly model: ResolvedModel;
  readonly plan: LoadPlan;
  /** Infinity = for ever, 0 = until idle. */
  keepAliveMs: number;
  /** Chosen to make room for another model: takes no new requests. */
  isEvicting = false;
  /** For choosing whom to evict; of the injected clock. */
  lastUsedMs: number;

  readonly #now: () => number;
  #state: ResidentState = 'loading';
  #runner: Runner | undefined;
  #nLeases = 0;
  #nSlotsBusy = 0;
  #expiresAtMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: {
    readonly model: ResolvedModel;
    readonly plan: LoadPlan;
    readonly keepAliveMs: number;
    readonly now: () => number;
  }) {
    this.model = options.model;
    this.plan = options.plan;
    this.keepAliveMs = options.keepAliveMs;
    this.#now = options.now;
    this.lastUsedMs = options.now();
  }

  get state(): ResidentState {
    return this.#state;
  }

  /** Undefined while loading. */
  get runner(): Runner | undefined {
    return this.#runner;
  }

  get isIdle(): boolean {
    return this.#state === 'loaded' && this.#nLeases === 0;
  }

  get hasFreeSlot(): boolean {
    return this.#runner !== undefined && this.#nSlotsBusy < this.#runner.info.nSlots;
  }

  get loadedWith(): LoadedWith {
    return { ...this.plan, nThreads: this.#runner?.info.nThreads };
  }

  get sizeBytes(): number {
    return this.#runner?.info.sizeBytes ?? 0;
  }

  get sizeVramBytes(): number {
    return this.#runner?.info.sizeVramBytes ?? 0;
  }

  /** The load is done. */
  setLoaded(runner: Runner): void {
    this.#runner = runner;
    this.#state = 'loaded';
  }

  /** Hands out the right to use the runner; `onRelease` runs once, when it is given back. */
  lease(runner: Runner, needsSlot: boolean, onRelease: () => void): Lease {
    this.stopExpiry();
    this.#nLeases += 1;
    if (needsSlot) this.#nSlotsBusy += 1;
    let isReleased = false;
    const release = (): void => {
      if (isReleased) return;
      isReleased = true;
      this.#nLeases -= 1;
      if (needsSlot) this.#nSlotsBusy -= 1;
      this.lastUsedMs = this.#now();
      onRelease();
    };
    return { runner, release, [Symbol.dispose]: release };
  }

  /** Nobody uses it: calls `onExpire` when the keep-alive time is over. */
  startExpiry(onExpire: () => void): void {
    if (this.#expiresAtMs !== undefined) return;
    this.#expiresAtMs = this.#now() + Math.min(this.keepAliveMs, foreverMs);
    if (this.keepAliveMs !== Number.POSITIVE_INFINITY) this.#arm(this.#expiresAtMs, onExpire);
  }

  stopExpiry(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#expiresAtMs = undefined;
  }

  /** Ends the runner; its `exited` tells when the memory is free. Requests that still use it fail. */
  unload(): void {
    if (this.#state === 'unloading') return;
    this.stopExpiry();
    this.#state = 'unloading';
    this.#expiresAtMs = this.#now();
    // `unload` cannot fail for a process, and its end is awaited through `exited`.
    void this.#runner?.unload();
  }

  /** As `ps` shows it. What is in use, or loading, has its whole time ahead. */
  describe(): ResidentModel {
    const expiresAtMs = this.#expiresAtMs ?? this.#now() + Math.min(this.keepAliveMs, foreverMs);
    return {
      model: this.model,
      sizeBytes: this.sizeBytes,
      sizeVramBytes: this.sizeVramBytes,
      nCtx: this.#runner?.info.nCtx ?? 0,
      nSlots: this.#runner?.info.nSlots ?? 0,
      expiresAt: new Date(expiresAtMs),
      isLoading: this.#state === 'loading',
    };
  }

  /** Long times are waited for in pieces. */
  #arm(expiresAtMs: number, onExpire: () => void): void {
    const remainingMs = expiresAtMs - this.#now();
    const callback = remainingMs > longestTimerMs ? () => this.#arm(expiresAtMs, onExpire) : onExpire;
    this.#timer = setTimeout(callback, Math.min(remainingMs, longestTimerMs));
    this.#timer.unref();
  }
}
