/** Loads models, one at a time and in the order they were asked for, making room first. */
import { cancelledError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { LibraryChoice } from '../runner/library-choice.ts';
import type { StartRunner } from '../runner/types.ts';
import type { MemoryInfo } from '../util/system-memory.ts';
import { chooseVictim } from './eviction.ts';
import { freeMemory } from './memory.ts';
import { isOutOfMemory } from './out-of-memory.ts';
import { type LoadPlan, planLoad } from './plan.ts';
import { Resident } from './resident.ts';
import type { SchedulerSettings } from './settings.ts';
import type { AcquireRequest } from './types.ts';
import type { WaitQueue } from './wait-queue.ts';

/** A model that somebody wants or that is in memory. */
export interface ModelEntry {
  readonly key: string;
  readonly modelPath: string;
  readonly queue: WaitQueue;
  resident: Resident | undefined;
}

export interface LoaderDeps {
  readonly startRunner: StartRunner;
  readonly settings: SchedulerSettings;
  readonly library: () => Promise<LibraryChoice>;
  readonly memory: () => MemoryInfo;
  readonly now: () => number;
  readonly log: Logger;
}

/** What the loader asks of the scheduler, which owns the entries. */
export interface LoaderHost {
  /** All models in memory, those that are loading or going too. */
  residents(): readonly Resident[];
  /** Whether a waiting request of the entry would be served by this load. */
  isWanted(entry: ModelEntry, plan: LoadPlan, library: LibraryChoice): boolean;
  /** The entry's resident has been loaded. */
  loaded(entry: ModelEntry, resident: Resident): void;
  /** The load has failed or was given up (`cancelled`); the entry has no resident any more. */
  failed(
    entry: ModelEntry,
    plan: LoadPlan | undefined,
    library: LibraryChoice | undefined,
    error: unknown,
  ): void;
  evict(resident: Resident): void;
  /** An eviction was called off: the resident takes requests again. */
  spared(resident: Resident): void;
}

interface CurrentLoad {
  readonly entry: ModelEntry;
  readonly abort: AbortController;
  /** Set when there is room and the runner starts. */
  plan?: LoadPlan;
}

export class Loader {
  readonly #deps: LoaderDeps;
  readonly #host: LoaderHost;
  readonly #queue: ModelEntry[] = [];
  #running: Promise<void> | undefined;
  #wake: () => void = () => {};
  /** Of the load in progress. */
  #current: CurrentLoad | undefined;
  #library: LibraryChoice | undefined;

  constructor(deps: LoaderDeps, host: LoaderHost) {
    this.#deps = deps;
    this.#host = host;
  }

  /** Undefined until the first load has asked for it. */
  get library(): LibraryChoice | undefined {
    return this.#library;
  }

  /** Puts the entry into the order of loads; does no harm when its load is in progress already. */
  request(entry: ModelEntry): void {
    if (this.#queue.includes(entry)) return;
    this.#queue.push(entry);
    this.#running ??= this.#run();
  }

  /** Something changed: a model became idle or is gone, or a waiting request of an entry left. */
  reconsider(): void {
    const current = this.#current;
    if (current?.plan !== undefined && this.#library !== undefined) {
      const isWanted = this.#host.isWanted(current.entry, current.plan, this.#library);
      if (!isWanted) current.abort.abort();
    }
    this.#wake();
  }

  /** Gives up what is in progress and resolves when nothing is. The queues of the entries must be empty. */
  async close(): Promise<void> {
    this.#queue.length = 0;
    this.#current?.abort.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    // The caller stores the promise first: the loop clears it when it ends, which may be at once.
    await Promise.resolve();
    for (let entry = this.#queue.shift(); entry !== undefined; entry = this.#queue.shift()) {
      if (entry.queue.size === 0 || entry.resident !== undefined) continue;
      await this.#load(entry);
    }
    this.#running = undefined;
  }

  /** Never rejects: failures go to the host. */
  async #load(entry: ModelEntry): Promise<void> {
    const abort = new AbortController();
    const current: CurrentLoad = { entry, abort };
    this.#current = current;
    let resident: Resident;
    try {
      this.#library ??= await this.#deps.library();
      resident = await this.#loadWithRetry(entry, this.#library, abort.signal, (plan) => {
        current.plan = plan;
      });
    } catch (error) {
      this.#current = undefined;
      entry.resident = undefined;
      this.#host.failed(entry, current.plan, this.#library, error);
      return;
    }
    this.#current = undefined;
    this.#host.loaded(entry, resident);
  }

  /** Out of memory: once more with the smallest plan and without other models beside it. */
  async #loadWithRetry(
    entry: ModelEntry,
    library: LibraryChoice,
    signal: AbortSignal,
    onPlan: (plan: LoadPlan) => void,
  ): Promise<Resident> {
    try {
      return await this.#loadOnce(entry, library, false, signal, onPlan);
    } catch (error) {
      const tried = entry.resident;
      entry.resident = undefined;
      if (tried === undefined || signal.aborted || !isOutOfMemory(error)) throw error;
      if (isSmallest(tried.plan) && this.#host.residents().length === 0) throw error;
      this.#deps.log.warn('out of memory while loading, trying once more with less', {
        model: tried.model.displayName,
        error,
      });
      return await this.#loadOnce(entry, library, true, signal, onPlan);
    }
  }

  async #loadOnce(
    entry: ModelEntry,
    library: LibraryChoice,
    isFrugal: boolean,
    signal: AbortSignal,
    onPlan: (plan: LoadPlan) => void,
  ): Promise<Resident> {
    const { settings, now, log } = this.#deps;
    const { request, plan } = await this.#makeRoom(entry, library, isFrugal, signal);
    onPlan(plan);
    const keepAliveMs = request.keepAliveMs ?? settings.defaultKeepAliveMs;
    const resident = new Resident({ model: request.model, plan, keepAliveMs, now });
    entry.resident = resident;
    const startedAt = now();
    const { nCtx, nSlots, nCells } = plan.spec;
    const model = request.model.displayName;
    log.info('loading model', { model, nCtx, nSlots, nCells, estimatedBytes: plan.needBytes });
    const runner = await this.#deps.startRunner(plan.spec, { signal });
    resident.setLoaded(runner);
    log.info('model loaded', {
      model,
      pid: runner.info.pid,
      sizeBytes: runner.info.sizeBytes,
      ms: now() - startedAt,
    });
    return resident;
  }

  /** Evicts until the model of the first waiting request fits; plans anew after every change. */
  async #makeRoom(
    entry: ModelEntry,
    library: LibraryChoice,
    isFrugal: boolean,
    signal: AbortSignal,
  ): Promise<{ request: AcquireRequest; plan: LoadPlan }> {
    const { settings } = this.#deps;
    const maxLoaded =
      settings.maxLoadedModels > 0 ? settings.maxLoadedModels : 3 * Math.max(1, library.gpus.length);
    let chosen: Resident | undefined;
    const choose = (victim: Resident | undefined): void => {
      if (chosen === victim) return;
      const spared = chosen;
      chosen = victim;
      if (victim !== undefined) victim.isEvicting = true;
      if (spared !== undefined) {
        spared.isEvicting = false;
        this.#host.spared(spared);
      }
    };
    try {
      for (;;) {
        const request = entry.queue.head?.request;
        if (signal.aborted || request === undefined) throw cancelledError();
        const others = this.#host.residents();
        const plan = planLoad({
          model: request.model,
          options: request.options,
          settings,
          library,
          free: freeMemory(this.#deps.memory(), library, others),
          isFrugal,
          isEmbedding: request.embedding ?? false,
        });
        const hasRoom = !isFrugal && others.length < maxLoaded && plan.fits;
        if (others.length === 0 || hasRoom) return { request, plan };
        const isGoing = others.some(({ state }) => state === 'unloading');
        const victim = isGoing ? undefined : chooseVictim(others);
        choose(victim);
        if (victim?.isIdle === true) {
          chosen = undefined;
          this.#host.evict(victim);
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      choose(undefined);
    }
  }
}

/** True when the frugal plan could not ask for less. */
function isSmallest({ spec, isCtxAutomatic }: LoadPlan): boolean {
  return spec.nCells === spec.nCtx && !(isCtxAutomatic && spec.nCtx > 4096);
}
