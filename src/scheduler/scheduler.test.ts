import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CriaError, isCriaError } from '../errors.ts';
import { silentLogger } from '../log.ts';
import type { RunnerOptions } from '../types/runner-options.ts';
import { createScheduler } from './scheduler.ts';
import { defaultSettings, type SchedulerSettings } from './settings.ts';
import { FakeStarter, fakeModel, GiB } from './testdata/fakes.ts';
import type { AcquireRequest, Lease, Scheduler } from './types.ts';

const never = new AbortController().signal;
const minute = 60_000;
const start = new Date('2026-01-01T00:00:00Z');
const roomy = { totalBytes: 64 * GiB, availableBytes: 64 * GiB };

beforeEach(() => {
  vi.useFakeTimers({ now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Bench {
  readonly scheduler: Scheduler;
  readonly starter: FakeStarter;
  readonly memory: { totalBytes: number; availableBytes: number };
}

function bench(settings: Partial<SchedulerSettings> = {}): Bench {
  const starter = new FakeStarter();
  const memory = { ...roomy };
  const scheduler = createScheduler({
    startRunner: starter.start,
    settings: { ...defaultSettings, ...settings },
    library: async () => ({ libraryDir: '/lib', gpus: [] }),
    memory: () => memory,
    log: silentLogger,
  });
  return { scheduler, starter, memory };
}

type Ask = Partial<Omit<AcquireRequest, 'model'>>;

function ask(model: string, more: Ask = {}): AcquireRequest {
  return { model: fakeModel(model), options: {}, needsSlot: true, signal: never, ...more };
}

/** Lets everything happen that needs no time. */
async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

/** A promise whose outcome can be looked at. */
interface Watched {
  lease?: Lease;
  error?: CriaError;
  readonly done: Promise<void>;
}

function watch(promise: Promise<Lease>): Watched {
  const watched: Watched = {
    done: promise.then(
      (lease) => {
        watched.lease = lease;
      },
      (error) => {
        if (!isCriaError(error)) throw error;
        watched.error = error;
      },
    ),
  };
  return watched;
}

function stateOf({ lease, error }: Watched): string {
  return lease !== undefined ? 'granted' : (error?.code ?? 'waiting');
}

function loadedNames(scheduler: Scheduler): string[] {
  return scheduler.residents().map(({ model }) => model.displayName.replace(':latest', ''));
}

/** Loads a model and leaves it idle. */
async function load(scheduler: Scheduler, model: string, more: Ask = {}): Promise<void> {
  (await scheduler.acquire(ask(model, more))).release();
}

describe('loading', () => {
  it('loads a model once and serves all that wait for it', async () => {
    const { scheduler, starter } = bench();
    const leases = await Promise.all([1, 2, 3].map(() => scheduler.acquire(ask('a'))));
    expect(starter.paths).toEqual(['/blobs/a']);
    expect(new Set(leases.map(({ runner }) => runner)).size).toBe(1);
    for (const lease of leases) lease.release();
    await load(scheduler, 'a');
    expect(starter.starts.length).toBe(1);
  });

  it('loads one model at a time, in order, and serves loaded ones meanwhile', async () => {
    const { scheduler, starter } = bench();
    await load(scheduler, 'loaded');
    starter.isHeld = true;
    const b = watch(scheduler.acquire(ask('b')));
    const c = watch(scheduler.acquire(ask('c')));
    await settle();
    expect(starter.paths).toEqual(['/blobs/loaded', '/blobs/b']);
    await load(scheduler, 'loaded');
    starter.starts[1]?.succeed();
    await settle();
    expect([b, c].map(stateOf)).toEqual(['granted', 'waiting']);
    starter.starts[2]?.succeed();
    await settle();
    expect(stateOf(c)).toBe('granted');
  });

  it('passes the plan to the runner', async () => {
    const { scheduler, starter } = bench();
    await load(scheduler, 'a', { options: { nCtx: 1000, nThreads: 3 } });
    expect(starter.starts[0]?.spec).toMatchObject({
      modelPath: '/blobs/a',
      nCtx: 1000,
      nSlots: 8,
      nCells: 8000,
      nThreads: 3,
      libraryDir: '/lib',
      kvCacheType: 'f16',
      embedding: false,
    });
  });

  it('fails all that wait for a load, and tries again for the next', async () => {
    const { scheduler, starter } = bench();
    starter.failures.push(new CriaError('load_failed', 'broken file'));
    const waiting = [1, 2].map(() => watch(scheduler.acquire(ask('a'))));
    await settle();
    expect(waiting.map(({ error }) => error?.message)).toEqual(['broken file', 'broken file']);
    expect(scheduler.residents()).toEqual([]);
    await load(scheduler, 'a');
    expect(starter.starts.length).toBe(2);
  });

  it('does not fail those who want it loaded in another way', async () => {
    const { scheduler, starter } = bench();
    starter.failures.push(new CriaError('load_failed', 'too large'));
    const large = watch(scheduler.acquire(ask('a', { options: { nCtx: 100_000 } })));
    const small = watch(scheduler.acquire(ask('a', { options: { nCtx: 1000 } })));
    await settle();
    expect([large, small].map(stateOf)).toEqual(['load_failed', 'granted']);
    expect(starter.starts[1]?.spec.nCtx).toBe(1000);
  });

  it('goes on with the next model after a failure', async () => {
    const { scheduler, starter } = bench();
    starter.failures.push(new CriaError('load_failed', 'broken file'));
    const a = watch(scheduler.acquire(ask('a')));
    const b = watch(scheduler.acquire(ask('b')));
    await settle();
    expect([a, b].map(stateOf)).toEqual(['load_failed', 'granted']);
  });

  describe('out of memory', () => {
    const outOfMemory = () => new CriaError('load_failed', 'ggml: failed to allocate CPU buffer');

    it('tries once more with less, without other models', async () => {
      const { scheduler, starter } = bench();
      await load(scheduler, 'other');
      starter.failures.push(outOfMemory());
      await load(scheduler, 'a');
      expect(starter.paths).toEqual(['/blobs/other', '/blobs/a', '/blobs/a']);
      expect(starter.starts[1]?.spec).toMatchObject({ nSlots: 8, nCells: 8 * 4096 });
      expect(starter.starts[2]?.spec).toMatchObject({ nSlots: 1, nCells: 4096 });
      expect(loadedNames(scheduler)).toEqual(['a']);
    });

    it('fails the second time', async () => {
      const { scheduler, starter } = bench();
      starter.failures.push(outOfMemory(), outOfMemory());
      const a = watch(scheduler.acquire(ask('a')));
      await settle();
      expect(stateOf(a)).toBe('load_failed');
      expect(starter.starts.length).toBe(2);
    });

    it('fails at once when there is nothing to save', async () => {
      const { scheduler, starter } = bench({ numParallel: 1 });
      starter.failures.push(outOfMemory());
      const a = watch(scheduler.acquire(ask('a')));
      await settle();
      expect(stateOf(a)).toBe('load_failed');
      expect(starter.starts.length).toBe(1);
    });
  });
});

describe('slots and queue', () => {
  it('grants slots first come first served', async () => {
    const { scheduler } = bench({ numParallel: 2 });
    const requests = [1, 2, 3, 4].map(() => watch(scheduler.acquire(ask('a'))));
    await settle();
    expect(requests.map(stateOf)).toEqual(['granted', 'granted', 'waiting', 'waiting']);
    requests[1]?.lease?.release();
    requests[1]?.lease?.release();
    await settle();
    expect(requests.map(stateOf)).toEqual(['granted', 'granted', 'granted', 'waiting']);
    {
      using lease = requests[0]?.lease;
      expect(lease).toBeDefined();
    }
    await settle();
    expect(requests.map(stateOf)).toEqual(['granted', 'granted', 'granted', 'granted']);
  });

  it('lets those pass that need no slot', async () => {
    const { scheduler } = bench({ numParallel: 1 });
    const busy = await scheduler.acquire(ask('a'));
    const waiting = watch(scheduler.acquire(ask('a')));
    const counting = watch(scheduler.acquire(ask('a', { needsSlot: false })));
    await settle();
    expect([waiting, counting].map(stateOf)).toEqual(['waiting', 'granted']);
    counting.lease?.release();
    await settle();
    expect(stateOf(waiting)).toBe('waiting');
    busy.release();
    await settle();
    expect(stateOf(waiting)).toBe('granted');
  });

  it('refuses what the queue of a loaded model cannot hold', async () => {
    const { scheduler } = bench({ numParallel: 1, maxQueue: 2 });
    await scheduler.acquire(ask('a'));
    const waiting = [1, 2, 3].map(() => watch(scheduler.acquire(ask('a'))));
    await settle();
    expect(waiting.map(stateOf)).toEqual(['waiting', 'waiting', 'server_busy']);
    expect(waiting[2]?.error?.message).toBe(
      'server busy, please try again.  maximum pending requests exceeded',
    );
    expect(stateOf(watch(scheduler.acquire(ask('b'))))).toBe('waiting');
  });

  it('does not count the request that a load is for', async () => {
    const { scheduler, starter } = bench({ maxQueue: 1 });
    starter.isHeld = true;
    const waiting = [1, 2, 3].map(() => watch(scheduler.acquire(ask('a'))));
    await settle();
    expect(waiting.map(stateOf)).toEqual(['waiting', 'waiting', 'server_busy']);
  });

  it('serves without a queue when a slot is free', async () => {
    const { scheduler } = bench({ numParallel: 1, maxQueue: 0 });
    const lease = await scheduler.acquire(ask('a'));
    expect(await refused(scheduler)).toBe('server_busy');
    lease.release();
    await load(scheduler, 'a');
  });
});

async function refused(scheduler: Scheduler): Promise<string> {
  const watched = watch(scheduler.acquire(ask('a')));
  await watched.done;
  return stateOf(watched);
}

describe('cancelling', () => {
  it('refuses a request that is cancelled already', async () => {
    const { scheduler, starter } = bench();
    const request = watch(scheduler.acquire(ask('a', { signal: AbortSignal.abort() })));
    await settle();
    expect(stateOf(request)).toBe('cancelled');
    expect(starter.starts).toEqual([]);
  });

  it('frees the place in the queue for a slot', async () => {
    const { scheduler } = bench({ numParallel: 1, maxQueue: 1 });
    const busy = await scheduler.acquire(ask('a'));
    const abort = new AbortController();
    const first = watch(scheduler.acquire(ask('a', { signal: abort.signal })));
    abort.abort();
    const second = watch(scheduler.acquire(ask('a')));
    await settle();
    expect([first, second].map(stateOf)).toEqual(['cancelled', 'waiting']);
    busy.release();
    await settle();
    expect(stateOf(second)).toBe('granted');
  });

  it('gives up a load that nobody waits for, and a new request gets a new one', async () => {
    const { scheduler, starter } = bench();
    starter.isHeld = true;
    const abort = new AbortController();
    const first = watch(scheduler.acquire(ask('a', { signal: abort.signal })));
    await settle();
    abort.abort();
    const second = watch(scheduler.acquire(ask('a')));
    await settle();
    expect(starter.starts[0]?.signal.aborted).toBe(true);
    expect(stateOf(first)).toBe('cancelled');
    starter.starts[1]?.succeed();
    await settle();
    expect(stateOf(second)).toBe('granted');
  });

  it('goes on with a load that another still waits for', async () => {
    const { scheduler, starter } = bench();
    starter.isHeld = true;
    const abort = new AbortController();
    watch(scheduler.acquire(ask('a', { signal: abort.signal })));
    const second = watch(scheduler.acquire(ask('a')));
    await settle();
    abort.abort();
    starter.starts[0]?.succeed();
    await settle();
    expect(stateOf(second)).toBe('granted');
    expect(starter.starts.length).toBe(1);
  });

  it('gives up a load that only serves one who left, though others wait for another', async () => {
    const { scheduler, starter } = bench();
    starter.isHeld = true;
    const abort = new AbortController();
    watch(scheduler.acquire(ask('a', { signal: abort.signal, options: { nCtx: 8192 } })));
    const second = watch(scheduler.acquire(ask('a', { options: { nCtx: 1024 } })));
    await settle();
    abort.abort();
    await settle();
    expect(starter.starts[0]?.signal.aborted).toBe(true);
    starter.starts[1]?.succeed();
    await settle();
    expect(stateOf(second)).toBe('granted');
  });

  it('leaves the queue of loads', async () => {
    const { scheduler, starter } = bench();
    starter.isHeld = true;
    watch(scheduler.acquire(ask('a')));
    const abort = new AbortController();
    const b = watch(scheduler.acquire(ask('b', { signal: abort.signal })));
    const c = watch(scheduler.acquire(ask('c')));
    await settle();
    abort.abort();
    starter.starts[0]?.succeed();
    await settle();
    expect(starter.paths).toEqual(['/blobs/a', '/blobs/c']);
    expect([b, c].map(stateOf)).toEqual(['cancelled', 'waiting']);
  });

  it('stops waiting for room, and the model to be evicted goes on', async () => {
    const { scheduler, starter } = bench({ maxLoadedModels: 1, numParallel: 2 });
    const busy = await scheduler.acquire(ask('a'));
    const abort = new AbortController();
    const b = watch(scheduler.acquire(ask('b', { signal: abort.signal })));
    await settle();
    const blocked = watch(scheduler.acquire(ask('a')));
    await settle();
    expect([b, blocked].map(stateOf)).toEqual(['waiting', 'waiting']);
    abort.abort();
    await settle();
    expect([b, blocked].map(stateOf)).toEqual(['cancelled', 'granted']);
    expect(busy.runner.isAlive).toBe(true);
    expect(starter.paths).toEqual(['/blobs/a']);
  });

  it('lets a later request of the same model take the place of one that gave up the wait for room', async () => {
    const { scheduler } = bench({ maxLoadedModels: 1 });
    const busy = await scheduler.acquire(ask('a'));
    const abort = new AbortController();
    watch(scheduler.acquire(ask('b', { signal: abort.signal })));
    await settle();
    abort.abort();
    const again = watch(scheduler.acquire(ask('b')));
    await settle();
    busy.release();
    await settle();
    expect(stateOf(again)).toBe('granted');
    expect(loadedNames(scheduler)).toEqual(['b']);
  });

  it('leaves no listener behind', async () => {
    const { scheduler } = bench();
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');
    await load(scheduler, 'a', { signal });
    await load(scheduler, 'a', { signal });
    expect(add.mock.calls.length).toBe(2);
    expect(remove.mock.calls.length).toBe(2);
  });
});

describe('keep-alive', () => {
  interface Case {
    readonly name: string;
    readonly uses: readonly (number | undefined)[];
    readonly defaultMs?: number;
    /** Still there after this time, gone one millisecond later; Infinity = never. */
    readonly staysMs: number;
  }
  it.each<Case>([
    { name: 'the default', uses: [undefined], staysMs: 5 * minute - 1 },
    { name: 'another default', uses: [undefined], defaultMs: 1000, staysMs: 999 },
    { name: 'the request', uses: [10_000], staysMs: 9999 },
    { name: 'an earlier request', uses: [10_000, undefined], staysMs: 9999 },
    { name: 'the last request', uses: [10_000, 20_000], staysMs: 19_999 },
    { name: 'for ever', uses: [Number.POSITIVE_INFINITY], staysMs: Number.POSITIVE_INFINITY },
    {
      name: 'no longer for ever',
      uses: [Number.POSITIVE_INFINITY, 1000],
      staysMs: 999,
    },
    {
      name: 'longer than timers can be',
      uses: [100 * 24 * 60 * minute],
      staysMs: 100 * 24 * 60 * minute - 1,
    },
    { name: 'zero', uses: [0], staysMs: -1 },
    { name: 'a default of zero', uses: [undefined], defaultMs: 0, staysMs: -1 },
  ])('stays as long as $name says', async ({ uses, defaultMs, staysMs }) => {
    const { scheduler } = bench(defaultMs === undefined ? {} : { defaultKeepAliveMs: defaultMs });
    for (const keepAliveMs of uses) await load(scheduler, 'a', { keepAliveMs });
    await settle();
    if (staysMs === Number.POSITIVE_INFINITY) {
      await vi.advanceTimersByTimeAsync(365 * 24 * 60 * minute);
      expect(loadedNames(scheduler)).toEqual(['a']);
      return;
    }
    if (staysMs >= 0) {
      await vi.advanceTimersByTimeAsync(staysMs);
      expect(loadedNames(scheduler)).toEqual(['a']);
      await vi.advanceTimersByTimeAsync(1);
    }
    await settle();
    expect(loadedNames(scheduler)).toEqual([]);
  });

  it('counts from the end of the last use', async () => {
    const { scheduler } = bench();
    const lease = await scheduler.acquire(ask('a', { keepAliveMs: 1000 }));
    const other = await scheduler.acquire(ask('a'));
    await vi.advanceTimersByTimeAsync(5000);
    other.release();
    await vi.advanceTimersByTimeAsync(5000);
    lease.release();
    await vi.advanceTimersByTimeAsync(999);
    expect(loadedNames(scheduler)).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(1);
    expect(loadedNames(scheduler)).toEqual([]);
  });

  it('tells when the model will go', async () => {
    const { scheduler, starter } = bench();
    const leftMs = () => (scheduler.residents()[0]?.expiresAt.getTime() ?? 0) - Date.now();
    starter.isHeld = true;
    const loading = scheduler.acquire(ask('a', { keepAliveMs: 10_000 }));
    await settle();
    expect(scheduler.residents()[0]).toMatchObject({ isLoading: true, nCtx: 0, sizeBytes: 0 });
    expect(leftMs()).toBe(10_000);
    starter.starts[0]?.succeed();
    const lease = await loading;
    expect(scheduler.residents()[0]).toMatchObject({
      isLoading: false,
      nCtx: 4096,
      nSlots: 8,
      sizeBytes: GiB,
      sizeVramBytes: 0,
    });
    await vi.advanceTimersByTimeAsync(3000);
    expect(leftMs()).toBe(10_000);
    lease.release();
    await vi.advanceTimersByTimeAsync(3000);
    expect(leftMs()).toBe(7000);
    await load(scheduler, 'a', { keepAliveMs: Number.POSITIVE_INFINITY });
    expect(leftMs()).toBe(9_223_372_036_854);
    expect(scheduler.residents()[0]?.expiresAt.getUTCFullYear()).toBe(2318);
  });

  it('shows a model until its process has ended', async () => {
    const { scheduler, starter } = bench();
    await load(scheduler, 'a');
    const { runner } = starter.starts[0] ?? {};
    if (runner === undefined) throw new Error('not started');
    runner.holdsExit = true;
    scheduler.unload('/blobs/a');
    await vi.advanceTimersByTimeAsync(10);
    expect(scheduler.residents()[0]?.expiresAt.getTime()).toBeLessThan(Date.now());
    const next = watch(scheduler.acquire(ask('a')));
    await settle();
    expect(starter.starts.length).toBe(1);
    runner.exit();
    await settle();
    expect(stateOf(next)).toBe('granted');
    expect(starter.starts.length).toBe(2);
  });
});

describe('unload', () => {
  it('does nothing for a model that is not there', () => {
    const { scheduler } = bench();
    scheduler.unload('/blobs/a');
    expect(scheduler.residents()).toEqual([]);
  });

  it.each([undefined, Number.POSITIVE_INFINITY])(
    'unloads an idle model now (keep-alive %s)',
    async (keepAliveMs) => {
      const { scheduler } = bench();
      await load(scheduler, 'a', { keepAliveMs });
      await load(scheduler, 'b');
      scheduler.unload('/blobs/a');
      await settle();
      expect(loadedNames(scheduler)).toEqual(['b']);
    },
  );

  it('waits for those who use it or wait for it', async () => {
    const { scheduler, starter } = bench({ numParallel: 1 });
    const busy = await scheduler.acquire(ask('a'));
    const waiting = watch(scheduler.acquire(ask('a')));
    scheduler.unload('/blobs/a');
    await settle();
    busy.release();
    await settle();
    expect(stateOf(waiting)).toBe('granted');
    expect(waiting.lease?.runner).toBe(busy.runner);
    waiting.lease?.release();
    await settle();
    expect(scheduler.residents()).toEqual([]);
    expect(starter.starts.length).toBe(1);
  });

  it('waits for a load', async () => {
    const { scheduler, starter } = bench();
    starter.isHeld = true;
    const loading = watch(scheduler.acquire(ask('a')));
    await settle();
    scheduler.unload('/blobs/a');
    starter.starts[0]?.succeed();
    await settle();
    expect(stateOf(loading)).toBe('granted');
    loading.lease?.release();
    await settle();
    expect(scheduler.residents()).toEqual([]);
  });
});

describe('eviction', () => {
  it.each<[string, Partial<SchedulerSettings>, readonly [string, number | undefined][], string[]]>([
    [
      'three by default',
      {},
      [
        ['a', undefined],
        ['b', undefined],
        ['c', undefined],
      ],
      ['b', 'c', 'new'],
    ],
    ['a given number', { maxLoadedModels: 1 }, [['a', undefined]], ['new']],
    [
      'the shortest keep-alive goes',
      { maxLoadedModels: 2 },
      [
        ['a', 10_000],
        ['b', 5000],
      ],
      ['a', 'new'],
    ],
    [
      'for ever goes last',
      { maxLoadedModels: 2 },
      [
        ['a', Number.POSITIVE_INFINITY],
        ['b', 10_000],
      ],
      ['a', 'new'],
    ],
    [
      'even for ever goes',
      { maxLoadedModels: 2 },
      [
        ['a', Number.POSITIVE_INFINITY],
        ['b', Number.POSITIVE_INFINITY],
      ],
      ['b', 'new'],
    ],
  ])('keeps %s', async (_, settings, loaded, remaining) => {
    const { scheduler } = bench(settings);
    for (const [name, keepAliveMs] of loaded) {
      await load(scheduler, name, { keepAliveMs });
      await vi.advanceTimersByTimeAsync(1);
    }
    await load(scheduler, 'new');
    expect(loadedNames(scheduler)).toEqual(remaining);
  });

  it('makes room when memory is short', async () => {
    const { scheduler, memory } = bench();
    await load(scheduler, 'a');
    memory.availableBytes = 1.5 * GiB;
    await load(scheduler, 'b');
    expect(loadedNames(scheduler)).toEqual(['b']);
  });

  it('counts what loaded models need, even if the kernel calls it available', async () => {
    const { scheduler, memory } = bench();
    memory.totalBytes = 2.2 * GiB;
    await load(scheduler, 'a');
    await load(scheduler, 'b');
    expect(loadedNames(scheduler)).toEqual(['b']);
  });

  it('loads the only model whatever its size', async () => {
    const { scheduler, memory, starter } = bench();
    memory.availableBytes = GiB / 2;
    await load(scheduler, 'a');
    expect(starter.starts[0]?.spec).toMatchObject({ nSlots: 1, nCells: 4096 });
  });

  it('waits for the process to end before it loads', async () => {
    const { scheduler, starter } = bench({ maxLoadedModels: 1 });
    await load(scheduler, 'a');
    const { runner } = starter.starts[0] ?? {};
    if (runner === undefined) throw new Error('not started');
    runner.holdsExit = true;
    watch(scheduler.acquire(ask('b')));
    await settle();
    expect(starter.paths).toEqual(['/blobs/a']);
    runner.exit();
    await settle();
    expect(starter.paths).toEqual(['/blobs/a', '/blobs/b']);
  });

  it('evicts no other model while one is going', async () => {
    const { scheduler, starter } = bench({ maxLoadedModels: 2 });
    await load(scheduler, 'a', { keepAliveMs: 1000 });
    await load(scheduler, 'b');
    const { runner } = starter.starts[0] ?? {};
    if (runner === undefined) throw new Error('not started');
    runner.holdsExit = true;
    const c = watch(scheduler.acquire(ask('c')));
    await settle();
    await load(scheduler, 'b');
    await settle();
    expect(starter.paths).toEqual(['/blobs/a', '/blobs/b']);
    runner.exit();
    await settle();
    expect(stateOf(c)).toBe('granted');
    expect(loadedNames(scheduler)).toEqual(['b', 'c']);
  });

  it('waits until a busy model is idle, and holds back its new requests meanwhile', async () => {
    const { scheduler, starter } = bench({ maxLoadedModels: 1 });
    const busy = await scheduler.acquire(ask('a'));
    const b = watch(scheduler.acquire(ask('b')));
    await settle();
    const late = watch(scheduler.acquire(ask('a')));
    await settle();
    expect([b, late].map(stateOf)).toEqual(['waiting', 'waiting']);
    busy.release();
    await settle();
    expect([b, late].map(stateOf)).toEqual(['granted', 'waiting']);
    b.lease?.release();
    await settle();
    expect(stateOf(late)).toBe('granted');
    expect(starter.paths).toEqual(['/blobs/a', '/blobs/b', '/blobs/a']);
  });

  it('takes another model if that is idle earlier, and the first goes on', async () => {
    const { scheduler } = bench({ maxLoadedModels: 2 });
    const a = await scheduler.acquire(ask('a', { keepAliveMs: 1000 }));
    const b = await scheduler.acquire(ask('b'));
    const c = watch(scheduler.acquire(ask('c')));
    await settle();
    const late = watch(scheduler.acquire(ask('a')));
    await settle();
    expect(stateOf(late)).toBe('waiting');
    b.release();
    await settle();
    expect([c, late].map(stateOf)).toEqual(['granted', 'granted']);
    expect(a.runner.isAlive).toBe(true);
    expect(loadedNames(scheduler).toSorted()).toEqual(['a', 'c']);
  });

  it('serves loaded models while a load waits for room', async () => {
    const { scheduler } = bench({ maxLoadedModels: 2 });
    await scheduler.acquire(ask('a', { keepAliveMs: 1000 }));
    await scheduler.acquire(ask('b'));
    const c = watch(scheduler.acquire(ask('c')));
    await settle();
    const other = watch(scheduler.acquire(ask('b')));
    await settle();
    expect([c, other].map(stateOf)).toEqual(['waiting', 'granted']);
  });
});

describe('reload', () => {
  const large: RunnerOptions = { nCtx: 8192 };
  const small: RunnerOptions = { nCtx: 1024 };

  it('replaces an idle runner', async () => {
    const { scheduler, starter } = bench();
    await load(scheduler, 'a', { options: small });
    await load(scheduler, 'a', { options: large });
    expect(starter.starts.map(({ spec }) => spec.nCtx)).toEqual([1024, 8192]);
    expect(starter.starts[0]?.runner.isAlive).toBe(false);
  });

  it('waits for the leases of the old one, and keeps the order of those who wait', async () => {
    const { scheduler, starter } = bench();
    const old = await scheduler.acquire(ask('a', { options: small }));
    const next = watch(scheduler.acquire(ask('a', { options: large })));
    const after = watch(scheduler.acquire(ask('a', { options: small })));
    await settle();
    expect([next, after].map(stateOf)).toEqual(['waiting', 'waiting']);
    expect(old.runner.isAlive).toBe(true);
    old.release();
    await settle();
    expect([next, after].map(stateOf)).toEqual(['granted', 'waiting']);
    expect(next.lease?.runner.info.nCtx).toBe(8192);
    next.lease?.release();
    await settle();
    expect(after.lease?.runner.info.nCtx).toBe(1024);
    expect(starter.starts.length).toBe(3);
  });

  it('forgets about it when the one who wanted it leaves', async () => {
    const { scheduler, starter } = bench();
    const old = await scheduler.acquire(ask('a', { options: small }));
    const abort = new AbortController();
    watch(scheduler.acquire(ask('a', { options: large, signal: abort.signal })));
    const after = watch(scheduler.acquire(ask('a', { options: small })));
    await settle();
    abort.abort();
    await settle();
    expect(stateOf(after)).toBe('granted');
    expect(after.lease?.runner).toBe(old.runner);
    expect(starter.starts.length).toBe(1);
  });
});

describe('death of a runner', () => {
  it('removes the model at once and loads it anew for those who wait', async () => {
    const { scheduler, starter } = bench({ numParallel: 1 });
    const old = await scheduler.acquire(ask('a'));
    const waiting = watch(scheduler.acquire(ask('a')));
    await load(scheduler, 'b');
    starter.starts[0]?.runner.exit(false);
    await settle();
    expect(stateOf(waiting)).toBe('granted');
    expect(waiting.lease?.runner).not.toBe(old.runner);
    expect(starter.paths).toEqual(['/blobs/a', '/blobs/b', '/blobs/a']);
    // The lease of the dead runner does not free a slot of the new one.
    const third = watch(scheduler.acquire(ask('a')));
    old.release();
    await settle();
    expect(stateOf(third)).toBe('waiting');
  });

  it('leaves nothing when nobody waits', async () => {
    const { scheduler, starter } = bench();
    const lease = await scheduler.acquire(ask('a'));
    starter.starts[0]?.runner.exit(false);
    await settle();
    expect(scheduler.residents()).toEqual([]);
    lease.release();
    await vi.advanceTimersByTimeAsync(10 * minute);
    await load(scheduler, 'a');
    expect(loadedNames(scheduler)).toEqual(['a']);
  });

  it('does not grant a runner that has died but whose end is not reported yet', async () => {
    const { scheduler, starter } = bench();
    await load(scheduler, 'a');
    const { runner } = starter.starts[0] ?? {};
    if (runner === undefined) throw new Error('not started');
    runner.isAlive = false;
    const next = watch(scheduler.acquire(ask('a')));
    await settle();
    expect(stateOf(next)).toBe('waiting');
    runner.exit(false);
    await settle();
    expect(stateOf(next)).toBe('granted');
    expect(next.lease?.runner.isAlive).toBe(true);
  });

  it('for lack of memory unloads the others when they are idle', async () => {
    const { scheduler, starter } = bench();
    await scheduler.acquire(ask('a'));
    await load(scheduler, 'b', { keepAliveMs: Number.POSITIVE_INFINITY });
    const busy = await scheduler.acquire(ask('c'));
    starter.starts[0]?.runner.exit(false, 'CUDA error: out of memory');
    await settle();
    expect(loadedNames(scheduler)).toEqual(['c']);
    busy.release();
    await settle();
    expect(loadedNames(scheduler)).toEqual([]);
  });

  it('makes the room that a load waits for', async () => {
    const { scheduler, starter } = bench({ maxLoadedModels: 1 });
    await scheduler.acquire(ask('a'));
    const b = watch(scheduler.acquire(ask('b')));
    await settle();
    starter.starts[0]?.runner.exit(false);
    await settle();
    expect(stateOf(b)).toBe('granted');
  });
});

describe('close', () => {
  it('ends runners, loads and waits, and refuses what comes', async () => {
    const { scheduler, starter } = bench({ numParallel: 1 });
    const busy = await scheduler.acquire(ask('a'));
    const waiting = watch(scheduler.acquire(ask('a')));
    starter.isHeld = true;
    const loading = watch(scheduler.acquire(ask('b')));
    const queued = watch(scheduler.acquire(ask('c')));
    await settle();
    await scheduler.close();
    expect([waiting, loading, queued].map(stateOf)).toEqual(['server_busy', 'server_busy', 'server_busy']);
    expect(busy.runner.isAlive).toBe(false);
    expect(starter.starts[1]?.signal.aborted).toBe(true);
    expect(starter.starts.length).toBe(2);
    expect(scheduler.residents()).toEqual([]);
    expect(await refused(scheduler)).toBe('server_busy');
    busy.release();
    await scheduler.close();
  });

  it('ends a load that succeeds in the same moment', async () => {
    const { scheduler, starter } = bench();
    starter.isHeld = true;
    const loading = watch(scheduler.acquire(ask('a')));
    await settle();
    starter.starts[0]?.succeed();
    await scheduler.close();
    expect(starter.starts[0]?.runner.isAlive).toBe(false);
    expect(stateOf(loading)).toBe('server_busy');
  });
});
