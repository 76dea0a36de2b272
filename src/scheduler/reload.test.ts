import { describe, expect, it } from 'vitest';
import type { LibraryChoice } from '../runner/library-choice.ts';
import type { RunnerOptions } from '../types/runner-options.ts';
import { planLoad } from './plan.ts';
import { reloadReason } from './reload.ts';
import { defaultSettings } from './settings.ts';
import { fakeModel, GiB } from './testdata/fakes.ts';

const cpu: LibraryChoice = { libraryDir: undefined, gpus: [] };
const gpu: LibraryChoice = {
  libraryDir: undefined,
  gpus: [{ name: 'CUDA0', type: 'gpu', totalBytes: 8 * GiB, freeBytes: 8 * GiB }],
};
const textModel = fakeModel('a', { nCtxTrain: 16_384 });

function reason(
  before: RunnerOptions,
  after: RunnerOptions,
  library = cpu,
  model = textModel,
): string | undefined {
  const plan = planLoad({
    model,
    options: before,
    settings: defaultSettings,
    library,
    free: { hostBytes: 64 * GiB, gpuBytes: library.gpus.length > 0 ? 8 * GiB : undefined },
  });
  return reloadReason(
    { ...plan, nThreads: before.nThreads ?? 8 },
    { model, options: after, settings: defaultSettings, library },
  );
}

describe('reloadReason', () => {
  it.each<[string, RunnerOptions, RunnerOptions, string | undefined]>([
    ['a smaller batch of somebody else', { nBatch: 2 }, {}, 'num_batch'],
    ['a larger one', { nBatch: 4096 }, {}, undefined],
    ['the automatic one', {}, {}, undefined],
    ['the automatic one of a given context', { nCtx: 256 }, { nCtx: 256 }, undefined],
    ['a batch of its own', {}, { nBatch: 128 }, 'num_batch'],
  ])('embedding: %s', (_, before, after, expected) => {
    const embedder = fakeModel('v', { nCtxTrain: 8192, isCausal: false }, { capabilities: ['embedding'] });
    expect(reason(before, after, cpu, embedder)).toBe(expected);
  });

  it.each<[string, RunnerOptions, RunnerOptions, string | undefined]>([
    ['nothing asked for', {}, {}, undefined],
    ['another context', { nCtx: 1024 }, { nCtx: 2048 }, 'num_ctx'],
    ['the same context', { nCtx: 1024 }, { nCtx: 1024 }, undefined],
    ['the same after clamping', { nCtx: 16_384 }, { nCtx: 99_999 }, undefined],
    ['a context after an automatic one', {}, { nCtx: 2048 }, 'num_ctx'],
    ['the context that was chosen automatically', {}, { nCtx: 4096 }, undefined],
    ['automatic after a larger one', { nCtx: 8192 }, {}, undefined],
    ['automatic after a smaller one', { nCtx: 1024 }, {}, 'num_ctx'],
    ['another batch', {}, { nBatch: 256 }, 'num_batch'],
    ['the same batch', {}, { nBatch: 512 }, undefined],
    ['the same batch after clamping', { nCtx: 64 }, { nCtx: 64, nBatch: 999 }, undefined],
    ['automatic batch', { nBatch: 256 }, {}, undefined],
    ['threads', {}, { nThreads: 4 }, 'num_thread'],
    ['the threads that were chosen automatically', {}, { nThreads: 8 }, undefined],
    ['automatic threads', { nThreads: 4 }, { nThreads: 0 }, undefined],
    ['no mapping', {}, { useMmap: false }, 'use_mmap'],
    ['the same mapping', {}, { useMmap: true }, undefined],
    ['automatic mapping', { useMmap: false }, {}, undefined],
    ['GPU layers without a GPU', {}, { nGpuLayers: 3, mainGpu: 1 }, undefined],
  ])('%s', (_, before, after, expected) => {
    expect(reason(before, after)).toBe(expected);
  });

  it.each<[string, RunnerOptions, RunnerOptions, string | undefined]>([
    ['another number of layers', { nGpuLayers: 3 }, { nGpuLayers: 4 }, 'num_gpu'],
    ['the same number', { nGpuLayers: 3 }, { nGpuLayers: 3 }, undefined],
    ['automatic', { nGpuLayers: 3 }, { nGpuLayers: -1 }, undefined],
    ['no GPU any more', {}, { nGpuLayers: 0 }, 'num_gpu'],
    ['another GPU', {}, { mainGpu: 1 }, 'main_gpu'],
    ['the first GPU', {}, { mainGpu: 0 }, undefined],
  ])('on a GPU: %s', (_, before, after, expected) => {
    expect(reason(before, after, gpu)).toBe(expected);
  });

  it('sees other parts of a split model', () => {
    const input = { options: {}, settings: defaultSettings, library: cpu };
    const free = { hostBytes: 64 * GiB, gpuBytes: undefined };
    const split = (...furtherPaths: string[]) => fakeModel('a', {}, { furtherPaths });
    const plan = planLoad({ ...input, model: split('/blobs/2'), free });
    expect(reloadReason(plan, { ...input, model: split('/blobs/2') })).toBeUndefined();
    expect(reloadReason(plan, { ...input, model: split('/blobs/3') })).toBe('parts');
    expect(reloadReason(plan, { ...input, model: split() })).toBe('parts');
  });

  it('sees other adapters', () => {
    const plan = planLoad({
      model: textModel,
      options: {},
      settings: defaultSettings,
      library: cpu,
      free: { hostBytes: 64 * GiB, gpuBytes: undefined },
    });
    const adapted = fakeModel('a', {}, { adapterPaths: ['/blobs/lora'] });
    const wanted = { options: {}, settings: defaultSettings, library: cpu };
    expect(reloadReason(plan, { ...wanted, model: adapted })).toBe('adapters');
    expect(reloadReason(plan, { ...wanted, model: textModel })).toBeUndefined();
  });
});
