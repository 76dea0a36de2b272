import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../log.ts';
import { createLibraryChooser, parseDevices } from './library-choice.ts';

const probeEntryPath = path.join(import.meta.dirname, 'testdata/fake-probe.mjs');

function chooser(...gpuCandidates: string[]) {
  return createLibraryChooser({
    gpuCandidates,
    fallbackDir: 'cpu',
    probeEntryPath,
    env: {},
    log: silentLogger,
    timeoutMs: 60_000,
  });
}

afterEach(() => {
  vi.useRealTimers();
});

describe('createLibraryChooser', () => {
  it.each<[string[], string, number]>([
    [[], 'cpu', 0],
    [['gpu'], 'gpu', 1],
    [['crash', 'gpu'], 'gpu', 1],
    [['only-cpu'], 'cpu', 0],
    [['crash', 'garbage', 'flood'], 'cpu', 0],
  ])('of %j takes %s', async (candidates, libraryDir, nGpus) => {
    const choice = await chooser(...candidates)();
    expect(choice.libraryDir).toBe(libraryDir);
    expect(choice.gpus.length).toBe(nGpus);
  });

  it('asks once', async () => {
    const choose = chooser('gpu');
    expect(await choose()).toBe(await choose());
  });

  it('goes on when a probe hangs', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const choice = chooser('hang')();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await choice).toEqual({ libraryDir: 'cpu', gpus: [] });
  });
});

describe('parseDevices', () => {
  const device = { name: 'CUDA0', type: 'gpu', totalBytes: 2, freeBytes: 1 };
  it.each<[string, unknown]>([
    [JSON.stringify({ devices: [device] }), [device]],
    [`noise\n{not json\n${JSON.stringify({ devices: [] })}\n`, []],
    [`${JSON.stringify({ devices: [device] })}\ntrailing noise`, [device]],
    ['', undefined],
    ['{"devices":[{"name":"x"}]}', undefined],
    [JSON.stringify({ devices: [{ ...device, freeBytes: -1 }] }), undefined],
    ['[]', undefined],
  ])('reads %j', (output, expected) => {
    expect(parseDevices(output)).toEqual(expected);
  });
});
