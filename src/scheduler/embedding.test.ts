/** How models are loaded for embeddings, and beside what. */
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../log.ts';
import type { ResolvedModel } from '../types/model.ts';
import { planLoad } from './plan.ts';
import { createScheduler } from './scheduler.ts';
import { defaultSettings } from './settings.ts';
import { FakeStarter, fakeModel, GiB } from './testdata/fakes.ts';
import type { AcquireRequest, Scheduler } from './types.ts';

const never = new AbortController().signal;
const library = { libraryDir: '/lib', gpus: [] };

function bench(): { scheduler: Scheduler; starter: FakeStarter } {
  const starter = new FakeStarter();
  const scheduler = createScheduler({
    startRunner: starter.start,
    settings: defaultSettings,
    library: async () => library,
    memory: () => ({ totalBytes: 64 * GiB, availableBytes: 64 * GiB }),
    log: silentLogger,
  });
  return { scheduler, starter };
}

const textModel = fakeModel('a');
const vectorModel = fakeModel('v', {}, { capabilities: ['embedding'] });

async function load(
  scheduler: Scheduler,
  model: ResolvedModel,
  more: Partial<AcquireRequest> = {},
): Promise<void> {
  const request = {
    model,
    options: {},
    needsSlot: true,
    keepAliveMs: Number.POSITIVE_INFINITY,
    signal: never,
    ...more,
  };
  (await scheduler.acquire(request)).release();
}

describe('residency', () => {
  it('loads a model that completes text once for each use, and keeps both', async () => {
    const { scheduler, starter } = bench();
    for (const embedding of [false, true, true, false]) await load(scheduler, textModel, { embedding });
    expect(starter.starts.map(({ spec }) => [spec.modelPath, spec.embedding])).toEqual([
      ['/blobs/a', false],
      ['/blobs/a', true],
    ]);
    expect(scheduler.residents()).toHaveLength(2);
    await scheduler.close();
  });

  it('loads an embedding model once, whatever it is asked for', async () => {
    const { scheduler, starter } = bench();
    for (const embedding of [true, false]) await load(scheduler, vectorModel, { embedding });
    expect(starter.starts.map(({ spec }) => spec.embedding)).toEqual([true]);
    await scheduler.close();
  });

  it('unloads both', async () => {
    const { scheduler } = bench();
    for (const embedding of [false, true]) await load(scheduler, textModel, { embedding });
    scheduler.unload('/blobs/a');
    await new Promise(setImmediate);
    expect(scheduler.residents()).toEqual([]);
  });

  it('does not load again for work that any load can do', async () => {
    const { scheduler, starter } = bench();
    await load(scheduler, textModel, { options: { nCtx: 1000 } });
    await load(scheduler, textModel, { needsSlot: false, takesAnyLoad: true });
    await load(scheduler, textModel, { needsSlot: false, takesAnyLoad: true, options: { nCtx: 2000 } });
    expect(starter.starts).toHaveLength(1);
    await load(scheduler, textModel, { options: { nCtx: 2000 } });
    expect(starter.starts).toHaveLength(2);
    await scheduler.close();
  });
});

describe('plan', () => {
  const settings = defaultSettings;
  const free = { hostBytes: 64 * GiB, gpuBytes: undefined };
  const base = { options: {}, settings, library, free };

  it.each<[string, Parameters<typeof planLoad>[0], object]>([
    [
      'an embedding model',
      { ...base, model: vectorModel },
      { embedding: true, nUbatch: 2048, nCells: 4096, nSlots: 32 },
    ],
    [
      'by request',
      { ...base, model: textModel, isEmbedding: true },
      { embedding: true, nUbatch: 2048, nCells: 4096 },
    ],
    [
      'an encoder, which remembers nothing',
      { ...base, model: fakeModel('v', { isCausal: false }, { capabilities: ['embedding'] }) },
      { nUbatch: 4096, nCells: 4096 },
    ],
    [
      'little memory: a short cache',
      { ...base, model: vectorModel, isFrugal: true },
      { nUbatch: 2048, nCells: 2048 },
    ],
    ['a model that completes text', { ...base, model: textModel }, { embedding: false }],
    [
      'a short context: batches hold several texts all the same',
      { ...base, model: fakeModel('v', { nCtxTrain: 256 }, { capabilities: ['embedding'] }) },
      { nCtx: 256, nUbatch: 512, nCells: 512 },
    ],
    [
      'as many requests at once as the user says',
      { ...base, model: vectorModel, settings: { ...settings, numParallel: 2 } },
      { nSlots: 2 },
    ],
  ])('%s', (_, input, expected) => {
    expect(planLoad(input).spec).toMatchObject(expected);
  });

  it('counts an output row for each token of a batch', () => {
    const { gguf } = vectorModel;
    expect(planLoad({ ...base, model: vectorModel }).needBytes).toBeGreaterThan(
      gguf.sizeBytes + 2048 * gguf.nVocab * 4,
    );
  });
});
