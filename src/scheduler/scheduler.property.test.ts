/** Whatever happens in whatever order: slots are never overbooked, loads never overlap, nobody is forgotten. */
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CriaError } from '../errors.ts';
import { silentLogger } from '../log.ts';
import { createScheduler } from './scheduler.ts';
import { defaultSettings } from './settings.ts';
import { FakeStarter, fakeModel, GiB } from './testdata/fakes.ts';
import type { Lease } from './types.ts';

const nModels = 4;
const maxLoadedModels = 2;
const numParallel = 2;

type Step =
  | {
      readonly type: 'acquire';
      readonly model: number;
      readonly nCtx: number | undefined;
      readonly needsSlot: boolean;
    }
  | { readonly type: 'release' | 'cancel' | 'die' | 'loaded' | 'loadFails'; readonly index: number }
  | { readonly type: 'unload'; readonly model: number }
  | { readonly type: 'wait'; readonly ms: number };

const index = fc.nat(20);
const model = fc.nat(nModels - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('acquire' as const),
      model,
      nCtx: fc.constantFrom(undefined, undefined, 1024, 8192),
      needsSlot: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('release' as const), index }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('loaded' as const), index }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom('cancel' as const, 'die' as const, 'loadFails' as const),
      index,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('unload' as const), model }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.constantFrom(0, 1000, 400_000) }),
  },
);

interface Request {
  readonly abort: AbortController;
  readonly needsSlot: boolean;
  state: 'waiting' | 'granted' | 'released' | 'failed';
  lease?: Lease;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function pick<T>(items: readonly T[], i: number): T | undefined {
  return items.length === 0 ? undefined : items[i % items.length];
}

it('keeps its promises', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const starter = new FakeStarter();
      starter.isHeld = true;
      const scheduler = createScheduler({
        startRunner: starter.start,
        settings: { ...defaultSettings, numParallel, maxLoadedModels },
        library: async () => ({ libraryDir: undefined, gpus: [] }),
        memory: () => ({ totalBytes: 64 * GiB, availableBytes: 64 * GiB }),
        log: silentLogger,
      });
      const models = Array.from({ length: nModels }, (_, i) => fakeModel(`m${i}`));
      const requests: Request[] = [];
      const settledStarts = new Set<number>();
      const openStarts = () =>
        starter.starts.flatMap(({ signal }, i) => (settledStarts.has(i) || signal.aborted ? [] : [i]));
      const inState = (state: Request['state']) => requests.filter((request) => request.state === state);
      const release = (request: Request | undefined): void => {
        if (request === undefined) return;
        request.state = 'released';
        request.lease?.release();
      };
      const settleStart = (i: number | undefined, isGood: boolean): void => {
        if (i === undefined) return;
        settledStarts.add(i);
        if (isGood) starter.starts[i]?.succeed();
        else starter.starts[i]?.fail(new CriaError('load_failed', 'broken'));
      };
      const take = (now: Step): void => {
        switch (now.type) {
          case 'acquire': {
            const request: Request = {
              abort: new AbortController(),
              needsSlot: now.needsSlot,
              state: 'waiting',
            };
            requests.push(request);
            void scheduler
              .acquire({
                model: models[now.model] ?? fakeModel('none'),
                options: now.nCtx === undefined ? {} : { nCtx: now.nCtx },
                needsSlot: now.needsSlot,
                signal: request.abort.signal,
              })
              .then(
                (lease) => {
                  request.lease = lease;
                  request.state = 'granted';
                },
                () => {
                  request.state = 'failed';
                },
              );
            break;
          }
          case 'release':
            release(pick(inState('granted'), now.index));
            break;
          case 'cancel':
            pick(inState('waiting'), now.index)?.abort.abort();
            break;
          case 'die':
            pick(
              starter.starts.filter(({ runner }, i) => settledStarts.has(i) && runner.isAlive),
              now.index,
            )?.runner.exit(false);
            break;
          case 'loaded':
          case 'loadFails':
            settleStart(pick(openStarts(), now.index), now.type === 'loaded');
            break;
          case 'unload':
            scheduler.unload(models[now.model]?.modelPath ?? '');
            break;
          case 'wait':
            break;
        }
      };
      const check = (): void => {
        expect(openStarts().length).toBeLessThanOrEqual(1);
        expect(scheduler.residents().length).toBeLessThanOrEqual(maxLoadedModels);
        const busy = new Map<unknown, number>();
        for (const { lease, needsSlot } of inState('granted')) {
          if (lease !== undefined && needsSlot) busy.set(lease.runner, (busy.get(lease.runner) ?? 0) + 1);
        }
        for (const nBusy of busy.values()) expect(nBusy).toBeLessThanOrEqual(numParallel);
      };

      for (const now of steps) {
        take(now);
        await vi.advanceTimersByTimeAsync(now.type === 'wait' ? now.ms : 0);
        check();
      }
      // Everybody gets a turn when leases are released and loads succeed.
      for (let round = 0; round < 3 * requests.length + 3 && inState('waiting').length > 0; round++) {
        for (const request of inState('granted')) release(request);
        settleStart(openStarts()[0], true);
        await vi.advanceTimersByTimeAsync(0);
        check();
      }
      expect(inState('waiting')).toEqual([]);
      for (const request of inState('granted')) release(request);
      await vi.advanceTimersByTimeAsync(600_000);
      expect(scheduler.residents()).toEqual([]);
      expect(starter.starts.filter(({ runner }, i) => settledStarts.has(i) && runner.isAlive)).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
