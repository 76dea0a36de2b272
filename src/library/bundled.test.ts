import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLogger } from '../log.ts';
import { registerBundledModel } from './bundled.ts';
import { type TestLibrary, temporaryLibrary } from './testdata/test-library.ts';

let test: TestLibrary;
let ggufPath: string;
beforeEach(async () => {
  test = await temporaryLibrary();
  ggufPath = path.join(test.root, '..', 'cria-mini.gguf');
  await writeFile(ggufPath, await test.gguf());
});
afterEach(() => test.remove());

const register = () =>
  registerBundledModel(
    {
      store: test.store,
      library: test.library,
      log: createLogger('debug', (line) => test.logged.push(line)),
    },
    { name: 'cria-mini', ggufPath, contents: { licenses: ['MIT'], parameters: { temperature: 0 } } },
    { signal: new AbortController().signal },
  );
const names = async (): Promise<string[]> => (await test.library.list()).map((model) => model.name);

it('registers the model in an empty store, once', async () => {
  expect(await register()).toBe(true);
  expect(await test.store.resolver.resolve('cria-mini')).toMatchObject({
    licenses: ['MIT'],
    parameters: { temperature: 0 },
    details: { parentModel: 'cria-mini.gguf' },
  });
  expect(await register()).toBe(false);
});

it('never brings a deleted model back', async () => {
  await register();
  await test.library.remove('cria-mini');
  expect(await register()).toBe(false);
  expect(await names()).toEqual([]);
});

it('leaves a store with models alone', async () => {
  await test.addModel('a');
  expect(await register()).toBe(false);
  expect(await names()).toEqual(['a:latest']);
});

it('remembers a model whose marker a crash has prevented', async () => {
  await register();
  await rm(path.join(test.root, '.cria'), { recursive: true });
  expect(await register()).toBe(false);
  await test.library.remove('cria-mini');
  expect(await register()).toBe(false);
});

it('does nothing without the file, and says why when the file is no model', async () => {
  await rm(ggufPath);
  expect(await register()).toBe(false);
  await writeFile(ggufPath, 'GGUF');
  expect(await register()).toBe(false);
  expect(test.logged.some((line) => line.includes('could not register the bundled model'))).toBe(true);
  await writeFile(ggufPath, await test.gguf());
  expect(await register()).toBe(true);
});

it('survives a marker that cannot be read', async () => {
  await register();
  await writeFile(path.join(test.root, '.cria', 'bundled.json'), '{');
  expect(await register()).toBe(false);
});
