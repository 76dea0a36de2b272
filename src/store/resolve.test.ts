import { rm, stat, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { text, uint32 } from '../gguf/testdata/tiny-model.ts';
import { digestOf } from './digest.ts';
import { parseModelName } from './name.ts';
import { type TestStore, temporaryStore } from './testdata/test-store.ts';

let test: TestStore;
beforeEach(async () => {
  test = await temporaryStore();
});
afterEach(() => test.remove());

const resolve = (name: string) => test.store.resolver.resolve(name);

describe('resolve', () => {
  it('gives everything that a request needs', async () => {
    await test.addModel('me/full', {
      gguf: { 'tokenizer.chat_template': text('{{ messages }}{{ tools }}') },
      config: {
        model_format: 'gguf',
        model_family: 'llama',
        model_families: ['llama'],
        model_type: '1.2K',
        file_type: 'F32',
        renderer: 'r',
        parser: 'p',
        requires: '0.14.0',
        rootfs: { type: 'layers' },
      },
      layers: [
        ['system', 'You are a llama.'],
        ['params', '{"temperature":0.5,"stop":["a","b"]}'],
        ['messages', '[{"role":"user","content":"hi","images":[]}]'],
        ['license', 'MIT'],
        ['license', 'Apache'],
        ['embed', 'obsolete'],
      ],
      from: 'base:latest',
    });
    const model = await resolve('me/full');
    const path = test.store.paths.blob(
      digestOf(await test.gguf({ 'tokenizer.chat_template': text('{{ messages }}{{ tools }}') })),
    );
    expect(model).toMatchObject({
      displayName: 'me/full:latest',
      fullName: 'registry.ollama.ai/me/full:latest',
      modelPath: path,
      adapterPaths: [],
      projectorPaths: [],
      template: undefined,
      chatTemplate: { language: 'jinja', source: '{{ messages }}{{ tools }}' },
      system: 'You are a llama.',
      parameters: { temperature: 0.5, stop: ['a', 'b'] },
      messages: [{ role: 'user', content: 'hi' }],
      licenses: ['MIT', 'Apache'],
      renderer: 'r',
      parser: 'p',
      requires: '0.14.0',
      capabilities: ['completion', 'tools'],
      details: {
        parentModel: 'base:latest',
        family: 'llama',
        quantizationLevel: 'F32',
        contextLength: 128,
        embeddingLength: 32,
      },
    });
    expect(model.manifestDigest).toMatch(/^[0-9a-f]{64}$/);
    expect(model.gguf.nLayers).toBe(1);
  });

  it('reads stores as Ollama left them: legacy names, prompt layers, no families, no config', async () => {
    await test.addModel('old', {
      config: null,
      layers: [
        ['prompt', 'TEMPLATE'],
        ['application/vnd.example.unknown', 'x'],
      ],
    });
    expect(await resolve('old')).toMatchObject({
      template: 'TEMPLATE',
      details: { family: '', families: null },
    });
    await test.addModel('nofamilies', { config: { model_format: 'gguf', model_families: null } });
    expect((await resolve('nofamilies')).details.families).toBeNull();
  });

  it('ignores case and keeps the stored casing', async () => {
    await test.addModel('Foo:V1');
    for (const name of ['foo:v1', 'FOO:V1', 'registry.ollama.ai/LIBRARY/foo:v1'])
      expect((await resolve(name)).displayName).toBe('Foo:V1');
  });

  it('touches only the manifest’s stat when nothing has changed', async () => {
    await test.addModel('a');
    const first = await resolve('A');
    await rm(test.store.paths.blobs, { recursive: true }); // what it does not open cannot be missed
    expect(await resolve('A')).toBe(first);
  });

  it('notices a changed and a deleted manifest', async () => {
    await test.addModel('a', { layers: [['system', 'one']] });
    expect((await resolve('a')).system).toBe('one');
    await test.addModel('a', { layers: [['system', 'two']] });
    expect((await resolve('a')).system).toBe('two');
    await test.store.manifests.remove(parseModelName('a'));
    await expect(resolve('a')).rejects.toMatchObject({
      code: 'model_not_found',
      message: "model 'a' not found",
    });
  });

  it('recovers when a missing blob comes back', async () => {
    await test.addModel('a');
    const weights = test.store.paths.blob(digestOf(await test.gguf()));
    await rm(weights);
    await expect(resolve('a')).rejects.toMatchObject({
      code: 'blob_not_found',
      message: expect.stringContaining('is missing'),
    });
    await writeFile(weights, await test.gguf());
    expect((await resolve('a')).modelPath).toBe(weights);
  });

  it.each([
    ['', 'model_not_found'],
    ['  ', 'model_not_found'],
    ['none', 'model_not_found'],
    ['../x', 'invalid_model_name'],
    ['m:cloud:local', 'bad_request'],
    ['m:cloud', 'forbidden'],
  ])('%j is %s', async (name, code) => {
    await expect(resolve(name)).rejects.toMatchObject({ code });
  });

  it.each([
    ['CVE-2024-8063: block_count 0', { gguf: { 'llama.block_count': uint32(0) } }, 'invalid_gguf'],
    ['CVE-2025-49847: a broken adapter', { layers: [['adapter', 'GGUF'] as const] }, 'invalid_gguf'],
    ['a broken projector', { layers: [['projector', 'GGUF'] as const] }, 'invalid_gguf'],
    ['no weights', { gguf: null, config: { model_format: 'safetensors' } }, 'not_implemented'],
    [
      'a remote model',
      { gguf: null, config: { remote_host: 'https://ollama.com', remote_model: 'm' } },
      'forbidden',
    ],
    ['parameters that are no object', { layers: [['params', '[1]'] as const] }, 'corrupt_store'],
    ['messages that are no list', { layers: [['messages', '{}'] as const] }, 'corrupt_store'],
    ['parameters that are no JSON', { layers: [['params', '{"a":'] as const] }, 'corrupt_store'],
  ])('does not run %s', async (_, spec, code) => {
    await test.addModel('a', spec);
    await expect(resolve('a')).rejects.toMatchObject({ code });
  });

  it('takes a remote model for none when it is wanted locally', async () => {
    await test.addModel('a', { gguf: null, config: { remote_host: 'h', remote_model: 'm' } });
    await expect(resolve('a:local')).rejects.toMatchObject({
      code: 'model_not_found',
      message: "model 'a:local' not found",
    });
  });
});

describe('catalog', () => {
  it('lists what can be described, also models that cannot be run', async () => {
    await test.addModel('good');
    await test.addModel('bad-weights', { gguf: { 'llama.block_count': uint32(0) } });
    await test.addModel('bad-text', { layers: [['params', 'nothing']] });
    await test.store.manifests.write(parseModelName('bad-manifest'), Buffer.from('nothing'));
    for (let i = 0; i < 2; i++)
      expect((await test.store.catalog.list()).map((model) => model.displayName).sort()).toEqual([
        'bad-weights:latest',
        'good:latest',
      ]);
    expect(test.logged.filter((line) => line.includes('unreadable model'))).toHaveLength(2);
  });

  it('describes a model once, however many ask at the same time', async () => {
    await test.addModel('a');
    const [one, two] = await Promise.all([test.store.catalog.list(), test.store.catalog.list()]);
    expect(one[0]).toBe(two[0]);
    expect((await stat(one[0]!.entry.path)).isFile()).toBe(true);
  });
});
