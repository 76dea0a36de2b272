/** Decides which models are in memory and who may use them: residency, waiting, keep-alive, reload. */
import { CriaError, cancelledError, isCriaError } from '../errors.ts';
import type { LibraryChoice } from '../runner/library-choice.ts';
import type { Runner } from '../runner/types.ts';
import type { ResolvedModel } from '../types/model.ts';
import { Loader, type LoaderDeps, type ModelEntry } from './loader.ts';
import { tellsOfMemory } from './out-of-memory.ts';
import { isEmbeddingOnly, type LoadPlan } from './plan.ts';
import { type LoadedWith, reloadReason } from './reload.ts';
import type { Resident } from './resident.ts';
import type { AcquireRequest, Lease, ResidentModel, Scheduler } from './types.ts';
import { WaitQueue } from './wait-queue.ts';

export type SchedulerDeps = Omit<LoaderDeps, 'now'> & {
  /** Milliseconds since 1970; default `Date.now`. */
  readonly now?: () => number;
};

/** A scheduler with nothing loaded. */
export function createScheduler(deps: SchedulerDeps): Scheduler {
  return new ModelScheduler({ now: Date.now, ...deps });
}

/**
 * Each model has one queue, for its load as well as for its slots. `#serve` is the one place that grants: it runs whenever
 * something about the model changed (a request came or left, a lease was released, the load ended, the runner is gone).
 */
class ModelScheduler implements Scheduler {
  readonly #deps: LoaderDeps;
  readonly #loader: Loader;
  /** By `keyOf`. An entry exists while somebody waits or something is in memory. */
  readonly #entries = new Map<string, ModelEntry>();
  #isClosed = false;

  constructor(deps: LoaderDeps) {
    this.#deps = deps;
    this.#loader = new Loader(deps, {
      residents: () => this.#residents(),
      isWanted: (entry, plan, library) =>
        [...entry.queue].some(({ request }) => this.#reloadReason(plan, request, library) === undefined),
      loaded: (entry, resident) => this.#onLoaded(entry, resident),
      failed: (entry, plan, library, error) => this.#onFailed(entry, plan, library, error),
      evict: (resident) => this.#unload(resident, 'room for another'),
      spared: (resident) => this.#serve(this.#entryOf(resident.model, resident.plan.spec.embedding)),
    });
  }

  async acquire(request: AcquireRequest): Promise<Lease> {
    if (request.signal.aborted) throw cancelledError();
    if (this.#isClosed) throw closedError();
    const entry = this.#entryOf(request.model, request.embedding ?? false);
    return new Promise((resolve, reject) => {
      const waiter = entry.queue.add(request, { resolve, reject }, () => {
        this.#loader.reconsider();
        this.#serve(entry);
      });
      this.#serve(entry);
      if (entry.queue.includes(waiter) && this.#isOverfull(entry)) {
        waiter.fail(
          new CriaError('server_busy', 'server busy, please try again.  maximum pending requests exceeded'),
        );
      }
    });
  }

  unload(modelPath: string): void {
    for (const entry of [...this.#entries.values()]) {
      if (entry.modelPath !== modelPath || entry.resident === undefined) continue;
      entry.resident.keepAliveMs = 0;
      this.#serve(entry);
    }
  }

  residents(): readonly ResidentModel[] {
    return this.#residents().map((resident) => resident.describe());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { queue } of this.#entries.values()) {
      for (const waiter of queue) waiter.fail(closedError());
    }
    const ends = this.#residents().map((resident) => {
      if (resident.state === 'loaded') resident.unload();
      return resident.runner?.exited;
    });
    await Promise.all([this.#loader.close(), ...ends]);
    // A load that could not be stopped any more ended in a model that has just become idle.
    await Promise.all(
      this.#residents().map((resident) => {
        resident.unload();
        return resident.runner?.exited;
      }),
    );
  }

  #entryOf(model: ResolvedModel, embedding: boolean): ModelEntry {
    const key = keyOf(model, embedding);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { key, modelPath: model.modelPath, queue: new WaitQueue(), resident: undefined };
      this.#entries.set(key, entry);
    }
    return entry;
  }

  #residents(): readonly Resident[] {
    return [...this.#entries.values()].flatMap(({ resident }) => resident ?? []);
  }

  /** The request for which a model is being loaded is not waiting in the queue, it is being worked on. */
  #isOverfull(entry: ModelEntry): boolean {
    const nInWork = entry.resident?.state === 'loaded' ? 0 : 1;
    return entry.queue.size - nInWork > this.#deps.settings.maxQueue;
  }

  #serve(entry: ModelEntry): void {
    const { resident, queue } = entry;
    if (resident === undefined) {
      if (queue.size > 0) this.#loader.request(entry);
      // A given-up load may still hold an entry whose place another has taken.
      else if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
      return;
    }
    const { runner } = resident;
    // A dead runner is about to be taken out, which calls again.
    if (resident.state !== 'loaded' || runner === undefined || !runner.isAlive) return;
    const reloadReason = resident.isEvicting ? undefined : this.#grant(entry, resident, runner);
    if (!resident.isIdle) return;
    if (resident.isEvicting) this.#loader.reconsider();
    else if (reloadReason === undefined) this.#startExpiry(resident);
    else this.#unload(resident, `other ${reloadReason}`);
  }

  /** Grants what can be granted, in order, up to a request that needs another load: the reason for that is returned. */
  #grant(entry: ModelEntry, resident: Resident, runner: Runner): string | undefined {
    for (const waiter of entry.queue) {
      const { request } = waiter;
      const reason = this.#reloadReason(resident.loadedWith, request, this.#loader.library);
      if (reason !== undefined) return reason;
      // Who needs no slot may pass those who wait for one.
      if (request.needsSlot && !resident.hasFreeSlot) continue;
      if (request.keepAliveMs !== undefined) resident.keepAliveMs = request.keepAliveMs;
      waiter.grant(resident.lease(runner, request.needsSlot, () => this.#serve(entry)));
    }
    return undefined;
  }

  #startExpiry(resident: Resident): void {
    if (resident.keepAliveMs <= 0) {
      this.#unload(resident, 'keep-alive is 0');
      return;
    }
    resident.startExpiry(() => this.#unload(resident, 'keep-alive is over'));
    // An idle model may be what a load waits for.
    this.#loader.reconsider();
  }

  #unload(resident: Resident, reason: string): void {
    this.#deps.log.info('unloading model', { model: resident.model.displayName, reason });
    resident.unload();
  }

  #reloadReason(
    loaded: LoadedWith,
    request: AcquireRequest,
    library: LibraryChoice = { libraryDir: undefined, gpus: [] },
  ): string | undefined {
    const { model, options } = request;
    if (request.takesAnyLoad === true) return undefined;
    return reloadReason(loaded, { model, options, settings: this.#deps.settings, library });
  }

  #onLoaded(entry: ModelEntry, resident: Resident): void {
    void resident.runner?.exited.then((exit) => {
      if (!exit.expected) {
        const { code, signal, lastErrorLine } = exit;
        this.#deps.log.error('runner died', {
          model: resident.model.displayName,
          code,
          signal,
          lastErrorLine,
        });
      }
      this.#onGone(entry, resident);
      if (!exit.expected && tellsOfMemory(exit.lastErrorLine)) this.#unloadAll();
    });
    this.#serve(entry);
  }

  /** What was loaded beside it took the memory: everything goes as soon as it is idle. */
  #unloadAll(): void {
    for (const { modelPath } of [...this.#entries.values()]) this.unload(modelPath);
  }

  #onGone(entry: ModelEntry, resident: Resident): void {
    resident.stopExpiry();
    if (entry.resident === resident) entry.resident = undefined;
    this.#loader.reconsider();
    this.#serve(entry);
  }

  /** Those who waited for this very load get its error; those who want other options get a load of their own. */
  #onFailed(
    entry: ModelEntry,
    plan: LoadPlan | undefined,
    library: LibraryChoice | undefined,
    error: unknown,
  ): void {
    if (!isCriaError(error, 'cancelled')) {
      this.#deps.log.error('loading failed', { model: entry.modelPath, error });
      for (const waiter of entry.queue) {
        const isServed =
          plan === undefined || this.#reloadReason(plan, waiter.request, library) === undefined;
        if (isServed) waiter.fail(error);
      }
    }
    this.#serve(entry);
  }
}

/** What is loaded once: the weights, and for models that complete text whether for that or for embeddings. */
function keyOf(model: ResolvedModel, embedding: boolean): string {
  return embedding && !isEmbeddingOnly(model) ? `${model.modelPath}\0embedding` : model.modelPath;
}

function closedError(): CriaError {
  return new CriaError('server_busy', 'server is shutting down');
}
