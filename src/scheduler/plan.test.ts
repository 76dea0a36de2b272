import { describe, expect, it } from 'vitest';
import type { LibraryChoice, ProbedDevice } from '../runner/library-choice.ts';
import { type FreeMemory, freeMemory } from './memory.ts';
import { type PlanInput, planLoad } from './plan.ts';
import { defaultSettings } from './settings.ts';
import { fakeModel, GiB } from './testdata/fakes.ts';

const cpu: LibraryChoice = { libraryDir: '/lib/cpu', gpus: [] };

function gpu(totalGiB: number, type = 'gpu'): ProbedDevice {
  return { name: 'CUDA0', type, totalBytes: totalGiB * GiB, freeBytes: totalGiB * GiB };
}

function plan(change: Partial<PlanInput> & { hostGiB?: number; gpuGiB?: number } = {}) {
  const { hostGiB = 64, gpuGiB, ...rest } = change;
  const library = gpuGiB === undefined ? cpu : { libraryDir: '/lib/cuda', gpus: [gpu(gpuGiB)] };
  const free: FreeMemory = {
    hostBytes: hostGiB * GiB,
    gpuBytes: gpuGiB === undefined ? undefined : gpuGiB * GiB,
  };
  return planLoad({
    model: fakeModel('a'),
    options: {},
    settings: defaultSettings,
    library,
    free,
    ...rest,
  });
}

describe('context', () => {
  const trained = (nCtxTrain: number) => fakeModel('a', { nCtxTrain });
  const meantFor = (nCtxInput: number) => fakeModel('a', { nCtxTrain: 512, nCtxInput });
  const vision = fakeModel('a', {}, { capabilities: ['completion', 'vision'] });
  it.each<[string, Parameters<typeof plan>[0], number]>([
    ['automatic', {}, 4096],
    ['asked for', { options: { nCtx: 1000 } }, 1000],
    ['of the settings', { settings: { ...defaultSettings, defaultNCtx: 2000 } }, 2000],
    [
      'asked for before that of the settings',
      { options: { nCtx: 1000 }, settings: { ...defaultSettings, defaultNCtx: 2000 } },
      1000,
    ],
    [
      'what the model is meant for, whatever the settings say',
      { model: meantFor(256), settings: { ...defaultSettings, defaultNCtx: 2000 } },
      256,
    ],
    ['asked for before what the model is meant for', { model: meantFor(256), options: { nCtx: 400 } }, 400],
    ['at least 4', { options: { nCtx: 1 } }, 4],
    ['of a vision model at least 2048', { model: vision, options: { nCtx: 1000 } }, 2048],
    ['at most the trained one', { model: trained(2048), options: { nCtx: 1_000_000 } }, 2048],
    ['automatic, at most the trained one', { model: trained(512) }, 512],
    [
      'as asked for when the trained one is unknown',
      { model: trained(0), options: { nCtx: 100_000 } },
      100_000,
    ],
    ['by GPU memory', { gpuGiB: 24 }, 32_768],
    ['by much GPU memory', { gpuGiB: 80 }, 131_072],
    ['of a small GPU', { gpuGiB: 8 }, 4096],
    ['small when memory ran out', { gpuGiB: 80, isFrugal: true }, 4096],
  ])('is %s', (_, input, nCtx) => {
    expect(plan(input).spec.nCtx).toBe(nCtx);
  });
});

describe('slots and cells', () => {
  // The fake's weights take 1 GiB, computing about 0.15 GiB, one cell 32 KiB, 4096 of them 128 MiB.
  it.each<[string, Parameters<typeof plan>[0], number, number]>([
    ['plenty', {}, 8, 8 * 4096],
    ['enough for several contexts', { hostGiB: 3 }, 4, 15_360],
    ['enough for one and a bit', { hostGiB: 1.9 }, 2, 6144],
    ['hardly enough', { hostGiB: 1.3 }, 1, 4096],
    ['too little', { hostGiB: 0.5 }, 1, 4096],
    ['plenty but running out in practice', { isFrugal: true }, 1, 4096],
    ['plenty for a given number', { settings: { ...defaultSettings, numParallel: 16 } }, 16, 16 * 4096],
    [
      'little for a given number',
      { hostGiB: 1.6, settings: { ...defaultSettings, numParallel: 16 } },
      16,
      4096,
    ],
    [
      'plenty, for a state that cannot be shared',
      { model: fakeModel('a', { architecture: 'lfm2' }) },
      1,
      4096,
    ],
    [
      'little, with a smaller cache type',
      { hostGiB: 1.9, settings: { ...defaultSettings, kvCacheType: 'q4_0' } },
      4,
      16_384,
    ],
  ])('memory: %s', (_, input, nSlots, nCells) => {
    const { spec } = plan(input);
    expect(spec.nSlots).toBe(nSlots);
    expect(spec.nCells).toBeGreaterThanOrEqual(nCells * 0.8);
    expect(spec.nCells).toBeLessThanOrEqual(nCells * 1.2);
    expect(spec.nCells).toBeGreaterThanOrEqual(spec.nCtx);
    expect(spec.nCells).toBeLessThanOrEqual(spec.nCtx * spec.nSlots);
  });
});

describe('batch', () => {
  const embedding = fakeModel('a', { nCtxTrain: 8192 }, { capabilities: ['embedding'] });
  const encoder = fakeModel('a', { nCtxTrain: 8192, isCausal: false }, { capabilities: ['embedding'] });
  it.each<[string, Parameters<typeof plan>[0], number, number]>([
    ['short context', {}, 512, 512],
    ['longer context', { options: { nCtx: 32_768 } }, 1024, 512],
    ['long context', { options: { nCtx: 65_536 } }, 2048, 512],
    ['tiny context', { options: { nCtx: 16 } }, 16, 16],
    ['as asked for', { options: { nBatch: 128 } }, 128, 128],
    ['a token for each slot', { options: { nBatch: 1 } }, 8, 8],
    ['embedding: texts in parts', { model: embedding }, 2048, 2048],
    ['encoder: whole texts', { model: encoder }, 4096, 4096],
    ['encoder: longer ones if asked for', { model: encoder, options: { nCtx: 8192 } }, 8192, 8192],
    ['encoder: room for several short texts', { model: encoder, options: { nCtx: 64 } }, 512, 512],
    ['embedding: as asked for', { model: embedding, options: { nBatch: 4096 } }, 4096, 4096],
  ])('%s', (_, input, nBatch, nUbatch) => {
    expect(plan(input).spec).toMatchObject({ nBatch, nUbatch });
  });
});

describe('placement', () => {
  const large = fakeModel('a', { sizeBytes: 30 * GiB, nLayers: 32 });
  it.each<[string, Parameters<typeof plan>[0], number]>([
    ['no GPU', {}, 0],
    ['no GPU, whatever was asked for', { options: { nGpuLayers: 33 } }, 0],
    ['all layers fit', { gpuGiB: 24 }, -1],
    ['as asked for', { gpuGiB: 24, options: { nGpuLayers: 7 } }, 7],
    ['none wanted', { gpuGiB: 24, options: { nGpuLayers: 0 } }, 0],
    ['some fit', { gpuGiB: 16, model: large, options: { nCtx: 4096 } }, 15],
    ['none fit', { gpuGiB: 0.25, model: large, options: { nCtx: 4096 } }, 0],
  ])('%s', (_, input, nGpuLayers) => {
    expect(plan(input).spec.nGpuLayers).toBe(nGpuLayers);
  });

  it('maps weights unless told not to', () => {
    expect(plan().spec.useMmap).toBe(true);
    expect(plan({ options: { useMmap: false } }).spec.useMmap).toBe(false);
  });

  it.each<[string, Parameters<typeof plan>[0], boolean]>([
    ['fits', {}, true],
    ['does not fit', { hostGiB: 1.2 }, false],
    ['fits the host though not the GPU', { gpuGiB: 0.5, options: { nGpuLayers: 0 } }, true],
    ['does not fit the GPU', { gpuGiB: 1.5 }, false],
    ['is split by hand', { gpuGiB: 1.5, options: { nGpuLayers: 3 } }, true],
  ])('tells whether it %s', (_, input, fits) => {
    expect(plan(input).fits).toBe(fits);
  });
});

describe('freeMemory', () => {
  const host = { totalBytes: 16 * GiB, availableBytes: 12 * GiB };
  const loaded = { sizeBytes: 6 * GiB, sizeVramBytes: 2 * GiB };
  it.each<[string, readonly ProbedDevice[], readonly (typeof loaded)[], FreeMemory]>([
    ['an idle machine', [], [], { hostBytes: 12 * GiB, gpuBytes: undefined }],
    ['what the kernel says', [], [loaded], { hostBytes: 12 * GiB, gpuBytes: undefined }],
    ['what models need', [], [loaded, loaded], { hostBytes: 8 * GiB, gpuBytes: undefined }],
    ['more than there is', [], Array(9).fill(loaded), { hostBytes: 0, gpuBytes: undefined }],
    ['GPUs', [gpu(8), gpu(4)], [loaded], { hostBytes: 12 * GiB, gpuBytes: 10 * GiB }],
    ['an integrated GPU', [gpu(32, 'igpu')], [], { hostBytes: 12 * GiB, gpuBytes: 12 * GiB }],
  ])('counts %s', (_, gpus, models, expected) => {
    expect(freeMemory(host, { libraryDir: undefined, gpus }, models)).toEqual(expected);
  });
});
