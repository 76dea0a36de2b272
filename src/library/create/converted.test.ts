/** Creating models of safetensors folders, and quantizing. */
import { cp, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CriaError } from '../../errors.ts';
import { readGgufHeader } from '../../gguf/reader.ts';
import type { Quantize } from '../context.ts';
import { type TestLibrary, temporaryLibrary } from '../testdata/test-library.ts';
import type { Progress } from '../types.ts';

const models = path.resolve(import.meta.dirname, '../../convert/testdata/models');

let test: TestLibrary;
afterEach(() => test.remove());

/** Uploads a folder of the converter's tests; returns what a create request names. */
async function uploadFolder(name: string): Promise<Record<string, string>> {
  const root = path.join(models, name);
  const names = (await readdir(root)).filter((file) => /\.(?:json|safetensors|model)$/.test(file));
  return Object.fromEntries(
    await Promise.all(
      names.map(async (file) => [file, await test.upload(await readFile(path.join(root, file)))] as const),
    ),
  );
}

async function create(request: Parameters<TestLibrary['library']['create']>[0]): Promise<Progress[]> {
  const lines: Progress[] = [];
  const { signal } = new AbortController();
  for await (const line of test.library.create(request, { signal })) lines.push(line);
  return lines;
}

/** Names the tensors of the source and copies it: what matters here is what is said about it. */
const copyInstead: Quantize = async function* (job) {
  yield 'token_embd.weight';
  await cp(job.source, job.target);
  yield 'output_norm.weight';
};

async function blobNames(): Promise<string[]> {
  return (await readdir(test.store.paths.blobs)).toSorted();
}

describe('a folder of safetensors', () => {
  it('becomes a model', async () => {
    test = await temporaryLibrary();
    const lines = await create({
      model: 'new',
      files: await uploadFolder('qwen3'),
      licenses: [],
      system: 'Hi',
    });
    expect(lines.map(({ status }) => status.replace(/sha256:.*/, '…'))).toEqual([
      'converting model',
      'creating new layer …',
      'creating new layer …',
      'writing manifest',
      'success',
    ]);
    const shown = await test.library.show({ model: 'new', system: '', verbose: false, options: {} });
    expect(shown.details).toMatchObject({ format: 'gguf', family: 'qwen3', quantizationLevel: 'BF16' });
    expect(shown.modelInfo).toMatchObject({ 'qwen3.block_count': 2, 'tokenizer.ggml.pre': 'qwen2' });
  });

  it('brings the sampling that its makers recommend; what the request says counts more', async () => {
    test = await temporaryLibrary();
    const files = await uploadFolder('qwen3');
    const generation = { temperature: 0.6, top_k: 20, top_p: 0.95, do_sample: true };
    const withConfig = {
      ...files,
      'generation_config.json': await test.upload(Buffer.from(JSON.stringify(generation))),
    };
    await create({ model: 'new', files: withConfig, licenses: [], parameters: { top_k: 5 } });
    expect((await test.store.resolver.resolve('new')).parameters).toEqual({
      temperature: 0.6,
      top_k: 5,
      top_p: 0.95,
    });
  });

  it('may have an adapter, which is converted before anything is quantized', async () => {
    test = await temporaryLibrary({ quantize: copyInstead });
    const lines = await create({
      model: 'new',
      files: await uploadFolder('llama'),
      adapters: await uploadFolder('../adapters/llama'),
      licenses: [],
      quantize: 'q8_0',
    });
    const statuses = lines.map(({ status }) => status.replace(/sha256:.*/, '…'));
    expect([...new Set(statuses)]).toEqual([
      'converting model',
      'converting adapter',
      'quantizing BF16 model to Q8_0',
      'verifying conversion',
      'creating new layer …',
      'writing manifest',
      'success',
    ]);
    const model = await test.store.resolver.resolve('new');
    expect(model.adapterPaths).toHaveLength(1);
    const adapter = await readGgufHeader(model.adapterPaths[0] ?? '');
    expect(adapter.tensors.map(({ name }) => name)).toContain('blk.0.attn_q.weight.lora_a');
  });

  it('refuses the adapter of another model and leaves nothing behind', async () => {
    test = await temporaryLibrary();
    await create({ model: 'base', files: await uploadFolder('qwen3'), licenses: [] });
    const adapters = await uploadFolder('../adapters/gemma3');
    const before = await blobNames();
    await expect(create({ model: 'new', from: 'base', adapters, licenses: [] })).rejects.toMatchObject({
      code: 'bad_request',
      message: 'the base model has no module "layers.2.mlp.down_proj"',
    });
    expect(await blobNames()).toEqual(before);
  });

  it.each(['f16', 'F32', 'bf16'])('is converted to %s in one go', async (quantize) => {
    test = await temporaryLibrary();
    const lines = await create({ model: 'new', files: await uploadFolder('qwen3'), licenses: [], quantize });
    expect(lines.some(({ status }) => status.startsWith('quantizing'))).toBe(false);
    const shown = await test.library.show({ model: 'new', system: '', verbose: false, options: {} });
    expect(shown.details.quantizationLevel).toBe(quantize.toUpperCase());
  });

  it('leaves nothing behind when it cannot be converted', async () => {
    test = await temporaryLibrary();
    const files = await uploadFolder('qwen3');
    const config = { architectures: ['FooForCausalLM'] };
    const broken = { ...files, 'config.json': await test.upload(Buffer.from(JSON.stringify(config))) };
    const before = await blobNames();
    await expect(create({ model: 'new', files: broken, licenses: [] })).rejects.toMatchObject({
      code: 'conversion_failed',
      message: 'unsupported architecture "FooForCausalLM"',
    });
    expect(await blobNames()).toEqual(before);
  });
});

describe('quantizing', () => {
  it('reports what Ollama reports', async () => {
    test = await temporaryLibrary({ quantize: copyInstead });
    const lines = await create({
      model: 'new',
      files: await uploadFolder('qwen2'),
      licenses: [],
      quantize: 'q4_K_M',
    });
    const total = lines.find(({ total }) => total !== undefined)?.total ?? 0;
    expect(total).toBeGreaterThan(0);
    const quantizing = { status: 'quantizing F16 model to Q4_K_M', digest: '0000000000000000000', total };
    expect(lines.slice(0, 6)).toMatchObject([
      { status: 'converting model' },
      { ...quantizing, completed: 0 },
      quantizing,
      quantizing,
      { ...quantizing, completed: total },
      { status: 'verifying conversion' },
    ]);
    const completed = lines.flatMap((line) => line.completed ?? []);
    expect(completed).toEqual(completed.toSorted((a, b) => a - b));
  });

  it('makes Q8_0 of 8-bit folders unless something else is asked for', async () => {
    test = await temporaryLibrary({ quantize: copyInstead });
    const files = await uploadFolder('qwen3-fp8');
    const usual = (await create({ model: 'usual', files, licenses: [] })).map(({ status }) => status);
    expect(usual.slice(0, 2)).toEqual(['converting model', 'quantizing BF16 model to Q8_0']);
    const asked = await create({ model: 'asked', files, licenses: [], quantize: 'bf16' });
    expect(asked.map(({ status }) => status).some((status) => status.startsWith('quantizing'))).toBe(false);
  });

  it('takes a stored model and leaves it as it was', async () => {
    const jobs: number[] = [];
    test = await temporaryLibrary({
      quantize: (job, options) => {
        jobs.push(job.fileType);
        return copyInstead(job, options);
      },
    });
    await create({ model: 'base', files: await uploadFolder('llama'), licenses: [], quantize: 'f16' });
    await create({ model: 'small', from: 'base', licenses: [], quantize: 'iq4_nl' });
    await create({ model: 'same', from: 'base', licenses: [], quantize: 'F16' });
    expect(jobs).toEqual([25]);
    const level = async (model: string) =>
      (await test.library.show({ model, system: '', verbose: false, options: {} })).details.quantizationLevel;
    expect([await level('base'), await level('small'), await level('same')]).toEqual([
      'F16',
      'IQ4_NL',
      'F16',
    ]);
  });

  it('leaves nothing behind when it fails', async () => {
    test = await temporaryLibrary({
      quantize: async function* (job) {
        yield 'token_embd.weight';
        await cp(job.source, job.target);
        throw new CriaError('conversion_failed', 'quantizing failed: aborted');
      },
    });
    const files = await uploadFolder('qwen3');
    const before = await blobNames();
    await expect(create({ model: 'new', files, licenses: [], quantize: 'Q8_0' })).rejects.toThrow('aborted');
    expect(await blobNames()).toEqual(before);
  });
});

describe('a source that is not here', () => {
  it('is pulled first', async () => {
    const opened: string[] = [];
    test = await temporaryLibrary({
      registry: {
        open: ({ name }) => {
          opened.push(`${name.model}:${name.tag}`);
          throw new CriaError('upstream', 'pull model manifest: file does not exist');
        },
      },
    });
    await expect(create({ model: 'new', from: 'none', licenses: [] })).rejects.toMatchObject({
      code: 'upstream',
      message: 'pull model manifest: file does not exist',
    });
    expect(opened).toEqual(['none:latest']);
  });

  it('is not pulled when it is here', async () => {
    test = await temporaryLibrary();
    await create({ model: 'base', files: await uploadFolder('qwen3'), licenses: [] });
    const lines = await create({ model: 'new', from: 'base', licenses: [] });
    expect(lines[0]?.status).toMatch(/^using existing layer/);
  });
});
