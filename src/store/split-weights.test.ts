/** Models whose weights are several layers. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { splitGguf } from '../gguf/testdata/split-model.ts';
import { tinyModel } from '../gguf/testdata/tiny-model.ts';
import { writeGguf } from '../gguf/writer.ts';
import { type TestStore, temporaryStore } from './testdata/test-store.ts';

let test: TestStore;
let parts: Buffer[];
let whole: Buffer;
beforeEach(async () => {
  test = await temporaryStore();
  const folder = await mkdtemp(path.join(path.dirname(test.root), 'parts-'));
  const file = path.join(folder, 'm.gguf');
  await writeGguf(file, tinyModel());
  whole = await readFile(file);
  parts = await Promise.all((await splitGguf(file, folder, { sizes: [1, 1] })).map((part) => readFile(part)));
  await rm(folder, { recursive: true });
});
afterEach(() => test.remove());

async function add(name: string, weights: readonly Buffer[]): Promise<void> {
  await test.addModel(name, {
    gguf: null,
    layers: weights.map((bytes) => ['model', bytes] as const),
  });
}

/** Part `index`, from 0. */
function at(index: number): Buffer {
  return parts[index] ?? Buffer.alloc(0);
}

describe('weights in several layers', () => {
  it('are one model', async () => {
    await add('split', parts);
    await add('whole', [whole]);
    const split = await test.store.resolver.resolve('split');
    const one = await test.store.resolver.resolve('whole');
    expect(split.furtherPaths).toHaveLength(2);
    expect(one.furtherPaths).toEqual([]);
    const { sizeBytes, ...facts } = split.gguf;
    expect(one.gguf).toMatchObject(facts);
    expect(sizeBytes).toBe(parts.reduce((sum, part) => sum + part.length, 0));
    expect(split.capabilities).toEqual(one.capabilities);
  });

  it.each<[string, () => Buffer[], RegExp]>([
    ['a part alone', () => [at(0)], /file 1 of 1 is part 1 of 3/],
    ['a missing part', () => [at(0), at(2)], /file 1 of 2 is part 1 of 3/],
    ['a wrong order', () => [at(0), at(2), at(1)], /file 2 of 3 is part 3 of 3/],
    ['a part twice', () => [at(0), at(1), at(1)], /file 3 of 3 is part 2 of 3/],
    ['something else among them', () => [whole, at(1), at(2)], /file 1 of 3 is not a part/],
    ['a damaged part', () => [at(0), at(1).subarray(0, 100), at(2)], /invalid GGUF/],
  ])('are refused with %s before native code sees one', async (_name, weights, message) => {
    await add('m', weights());
    await expect(test.store.resolver.resolve('m')).rejects.toMatchObject({
      code: 'invalid_gguf',
      message: expect.stringMatching(message),
    });
    expect(await test.store.catalog.list()).toHaveLength(1); // it can be seen and deleted
  });

  it('that are no parts: the last one counts, as for Ollama', async () => {
    await add('m', [at(0), whole]);
    const model = await test.store.resolver.resolve('m');
    expect(model.furtherPaths).toEqual([]);
    expect(model.gguf.sizeBytes).toBe(whole.length);
  });
});
