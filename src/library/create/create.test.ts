import { open, readdir, readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rawGguf } from '../../gguf/testdata/raw-header.ts';
import { ggufBytes, text, tinyAdapter, uint32 } from '../../gguf/testdata/tiny-model.ts';
import { digestOf } from '../../store/digest.ts';
import { parseModelName } from '../../store/name.ts';
import { bundledTemplates } from '../../template/gotmpl/bundled/index.ts';
import { type TestLibrary, temporaryLibrary } from '../testdata/test-library.ts';
import type { CreateRequest } from '../types.ts';

let test: TestLibrary;
beforeEach(async () => {
  test = await temporaryLibrary();
});
afterEach(() => test.remove());

const manifestOf = async (name: string) =>
  JSON.parse(await readFile(test.store.paths.manifest(parseModelName(name)), 'utf8'));
const blobText = (digest: string): Promise<string> =>
  readFile(test.store.paths.blob(digest as ReturnType<typeof digestOf>), 'utf8'); // the test read it from a manifest
const kinds = async (name: string): Promise<string[]> =>
  (await manifestOf(name)).layers.map((layer: { mediaType: string }) => layer.mediaType.split('.').at(-1));
const blobNames = (): Promise<string[]> => readdir(test.store.paths.blobs);
const uploadTiny = async (changes = {}): Promise<string> => test.upload(await test.gguf(changes));

describe('from uploaded files', () => {
  it('makes a model, status by status', async () => {
    const digest = await uploadTiny({ 'general.file_type': uint32(7) });
    const statuses = await test.create({
      files: { 'tiny.gguf': digest },
      system: 'You are <small>.',
      template: '{{ .Prompt }}',
      licenses: ['MIT', 'Apache'],
      parameters: { temperature: 0.5, stop: ['<|end|>'], num_ctx: 64 },
      messages: [{ role: 'user', content: 'hi' }],
    });
    const texts = ['{{ .Prompt }}', 'You are <small>.', 'MIT', 'Apache'].map((t) => digestOf(Buffer.from(t)));
    const params = digestOf(Buffer.from('{"num_ctx":64,"stop":["\\u003c|end|\\u003e"],"temperature":0.5}\n'));
    const messages = digestOf(Buffer.from('[{"role":"user","content":"hi"}]\n'));
    expect(statuses).toEqual([
      'parsing GGUF',
      `using existing layer ${digest}`,
      ...[...texts, params, messages].map((d) => `creating new layer ${d}`),
      'writing manifest',
      'success',
    ]);
    expect(await kinds('new')).toEqual([
      'model',
      'template',
      'system',
      'license',
      'license',
      'params',
      'messages',
    ]);
    const manifest = await manifestOf('new');
    expect(manifest.layers[0]).toMatchObject({ digest, from: 'tiny.gguf' });
    expect(await blobText(manifest.config.digest)).toBe(
      '{"model_format":"gguf","model_family":"llama","model_families":["llama"],"model_type":"1K","file_type":"Q8_0","architecture":"amd64","os":"linux"}\n',
    );
    const model = await test.store.resolver.resolve('new');
    expect(model).toMatchObject({
      system: 'You are <small>.',
      licenses: ['MIT', 'Apache'],
      parameters: { num_ctx: 64 },
    });
  });

  it('tells model, projector and adapter by their headers', async () => {
    const files = {
      'model.gguf': await uploadTiny(),
      'mmproj.gguf': await uploadTiny({
        'general.type': text('mmproj'),
        'general.architecture': text('clip'),
      }),
    };
    const adapter = await test.upload(await ggufBytes(tinyAdapter()));
    expect((await test.create({ files, adapters: { 'lora.gguf': adapter } })).slice(0, 3)).toEqual(
      new Array(3).fill('parsing GGUF'),
    );
    expect(await kinds('new')).toEqual(['projector', 'model', 'adapter']);
    const model = await test.store.resolver.resolve('new');
    expect(model.capabilities).toEqual(['completion', 'vision']);
    expect([model.projectorPaths.length, model.adapterPaths.length]).toEqual([1, 1]);
  });

  it('tells adapters for other models', async () => {
    const other = tinyAdapter({ 'general.architecture': text('qwen3') });
    const adapters = { 'lora.gguf': await test.upload(await ggufBytes(other)) };
    const message = 'the adapter does not fit the model: it is for "qwen3", the model is "llama"';
    const files = { 'a.gguf': await uploadTiny() };
    await expect(test.create({ files, adapters })).rejects.toMatchObject({ code: 'bad_request', message });
    await expect(test.create({ files: { ...files, ...adapters } })).rejects.toMatchObject({ message });
  });

  describe('whose chat template is known', () => {
    const [zephyr] = bundledTemplates.filter(({ name }) => name === 'zephyr');
    const uploadZephyr = (more = ''): Promise<string> =>
      uploadTiny({ 'tokenizer.chat_template': text(`${zephyr?.fingerprints[0]}${more}`) });

    it('takes the Go template of that name and its stop strings', async () => {
      const digest = await uploadZephyr();
      const statuses = await test.create({ files: { 'a.gguf': digest } });
      const params = digestOf(
        Buffer.from(
          `${JSON.stringify({ stop: zephyr?.stop })}\n`.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e'),
        ),
      );
      expect(statuses).toEqual([
        'parsing GGUF',
        `using existing layer ${digest}`,
        'using autodetected template zephyr',
        `creating new layer ${params}`,
        'writing manifest',
        'success',
      ]);
      const model = await test.store.resolver.resolve('new');
      expect(model.template).toBe(zephyr?.template);
      expect(model.parameters).toEqual({ stop: zephyr?.stop });
    });

    it('keeps what the request says', async () => {
      const files = { 'a.gguf': await uploadZephyr() };
      const statuses = await test.create({ files, template: '{{ .Prompt }}', parameters: { stop: ['x'] } });
      expect(statuses.some((status) => status.includes('autodetected'))).toBe(false);
      const model = await test.store.resolver.resolve('new');
      expect(model).toMatchObject({ template: '{{ .Prompt }}', parameters: { stop: ['x'] } });
    });

    it('still uses its own template where that can do more', async () => {
      const files = { 'a.gguf': await uploadZephyr('{% if tools %}{{ tools | tojson }}{% endif %}') };
      const statuses = await test.create({ files });
      expect(statuses).toContain('using autodetected template zephyr');
      const model = await test.store.resolver.resolve('new');
      expect(model.chatTemplate.language).toBe('jinja');
      expect(model.capabilities).toContain('tools');
    });

    it('is not looked at in a model that is inherited', async () => {
      await test.addModel('base', {
        gguf: { 'tokenizer.chat_template': text(zephyr?.fingerprints[0] ?? '') },
      });
      await test.create({ from: 'base' });
      expect(await kinds('new')).toEqual(['model']);
    });
  });

  describe.each<[string, string, object]>([
    ['gemma4', 'gemma4', { stop: ['<turn|>'] }],
    ['laguna', 'laguna', {}],
    ['nemotron_h_moe', 'nemotron-3-nano', {}],
  ])('of the family %s', (family, name, parameters) => {
    const upload = (): Promise<string> =>
      uploadTiny({
        'general.architecture': text(family),
        [`${family}.block_count`]: uint32(1),
        [`${family}.context_length`]: uint32(128),
        [`${family}.embedding_length`]: uint32(32),
      });

    it('says how Ollama renders and parses it', async () => {
      await test.create({ files: { 'a.gguf': await upload() } });
      const model = await test.store.resolver.resolve('new');
      expect(model).toMatchObject({ renderer: name, parser: name });
      expect(model.parameters).toEqual(parameters);
    });

    it('keeps what is said', async () => {
      const request = { renderer: 'r', parameters: { stop: ['x'] } };
      await test.create({ files: { 'a.gguf': await upload() }, ...request });
      const model = await test.store.resolver.resolve('new');
      expect(model).toMatchObject({ renderer: 'r', parser: name, parameters: { stop: ['x'] } });
      await test.create({ files: { 'a.gguf': await upload() }, ...request, parser: 'p' });
      expect(await test.store.resolver.resolve('new')).toMatchObject({ renderer: 'r', parser: 'p' });
    });
  });

  it('accepts digests of the other form and files in folders', async () => {
    const digest = (await uploadTiny()).replace(':', '-').toUpperCase().replace('SHA', 'sha');
    expect((await test.create({ files: { 'folder/a.b/tiny.gguf': digest } })).at(-1)).toBe('success');
  });

  it('overrides the config by info', async () => {
    await test.create({
      files: { 'a.gguf': await uploadTiny() },
      renderer: 'r',
      parser: 'p',
      requires: '0.14.0',
      info: {
        capabilities: ['tools'],
        model_family: 'F',
        base_name: 'B',
        quantization_level: 'Q',
        parameter_size: '9B',
        context_length: 99,
        embedding_length: 9,
      },
    });
    expect(JSON.parse(await blobText((await manifestOf('new')).config.digest))).toEqual({
      model_format: 'gguf',
      model_family: 'F',
      model_families: ['llama'],
      model_type: '9B',
      file_type: 'Q',
      renderer: 'r',
      parser: 'p',
      requires: '0.14.0',
      capabilities: ['tools'],
      context_length: 99,
      embedding_length: 9,
      base_name: 'B',
      architecture: 'amd64',
      os: 'linux',
    });
  });

  it('takes a quantization that the file has already', async () => {
    const files = { 'a.gguf': await uploadTiny({ 'general.file_type': uint32(15) }) };
    expect((await test.create({ files, quantize: 'q4_k' })).at(-1)).toBe('success');
  });
});

describe('from a model', () => {
  beforeEach(async () => {
    await test.addModel('Base:v1', {
      config: {
        model_format: 'gguf',
        renderer: 'r',
        parser: 'p',
        requires: '0.9.0',
        capabilities: ['tools'],
      },
      layers: [
        ['prompt', 'legacy template'],
        ['system', 'old system'],
        ['license', 'MIT'],
        ['params', '{"stop":["a","b"],"top_k":5}'],
        ['messages', '[{"role":"user","content":"old"}]'],
        ['application/vnd.example.other', 'carried along'],
      ],
    });
  });

  it('inherits everything when nothing else is said', async () => {
    const statuses = await test.create({ from: 'base:V1' });
    expect(statuses.filter((status) => status.startsWith('using existing layer'))).toHaveLength(7);
    expect(statuses.filter((status) => status.startsWith('creating'))).toHaveLength(0);
    const [base, made] = [
      await test.store.resolver.resolve('base:v1'),
      await test.store.resolver.resolve('new'),
    ];
    for (const key of [
      'template',
      'system',
      'parameters',
      'messages',
      'licenses',
      'modelPath',
      'renderer',
      'parser',
      'requires',
      'capabilities',
    ] as const)
      expect(made[key]).toEqual(base[key]);
    expect(made.details.parentModel).toBe('Base:v1');
    expect(await kinds('new')).toContain('other');
  });

  it('replaces and merges', async () => {
    await test.create({
      from: 'base:v1',
      template: '{{ .Prompt }}',
      system: 'new system',
      licenses: ['MIT', 'Apache'],
      parameters: { stop: ['c'], seed: 1 },
      messages: [{ role: 'assistant', content: 'new' }],
      parser: 'q',
    });
    expect(await test.store.resolver.resolve('new')).toMatchObject({
      template: '{{ .Prompt }}',
      system: 'new system',
      licenses: ['MIT', 'Apache'],
      parameters: { stop: ['c'], top_k: 5, seed: 1 },
      messages: [{ role: 'assistant', content: 'new' }],
      renderer: 'r',
      parser: 'q',
    });
    expect(await kinds('new')).toEqual([
      'model',
      'license',
      'other',
      'template',
      'system',
      'license',
      'params',
      'messages',
    ]);
  });

  it('may replace its own source, keeps its casing and drops what only the old one needed', async () => {
    await test.create({ model: 'BASE:V1', from: 'base:v1', system: 'better' });
    const model = await test.store.resolver.resolve('base:v1');
    expect(model).toMatchObject({ displayName: 'Base:v1', system: 'better' });
    expect(await test.store.blobs.stat(digestOf(Buffer.from('old system')))).toBeUndefined();
    expect(await test.store.blobs.stat(digestOf(Buffer.from('MIT')))).toBeDefined();
  });

  it('keeps the old blobs when told not to prune', async () => {
    await test.remove();
    test = await temporaryLibrary({ noPrune: true });
    await test.addModel('a', { layers: [['system', 'old']] });
    await test.create({ model: 'a', from: 'a', system: 'new' });
    expect(await test.store.blobs.stat(digestOf(Buffer.from('old')))).toBeDefined();
  });

  it('replaces a model whose manifest cannot be read', async () => {
    await test.store.manifests.write(parseModelName('new'), Buffer.from('{'));
    expect((await test.create({ from: 'base:v1' })).at(-1)).toBe('success');
  });
});

describe('refusals', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const cases: [string, Partial<CreateRequest>, { code: string; message?: string | RegExp }][] = [
    ['no name', { model: '', from: 'a' }, { code: 'invalid_model_name', message: 'invalid model name' }],
    ['a name that leaves the store', { model: '../../x', from: 'a' }, { code: 'invalid_model_name' }],
    ['no source', {}, { code: 'bad_request', message: "neither 'from' or 'files' was specified" }],
    ['no files', { files: {} }, { code: 'bad_request', message: 'no files provided to convert' }],
    [
      'a source that leaves the store',
      { from: '../x' },
      { code: 'invalid_model_name', message: 'invalid model name' },
    ],
    ['a cloud source', { from: 'x:cloud' }, { code: 'forbidden' }],
    [
      'two source suffixes',
      { from: 'x:cloud:local' },
      { code: 'bad_request', message: /use either :local or :cloud/ },
    ],
    [
      'an absolute path',
      { files: { '/a.gguf': digest } },
      { code: 'bad_request', message: 'file path must be relative' },
    ],
    [
      'a path that goes up',
      { files: { '../a.gguf': digest } },
      { code: 'bad_request', message: 'file path must be relative' },
    ],
    ['an empty path', { files: { '': digest } }, { code: 'bad_request' }],
    ['an empty path segment', { files: { 'a//b': digest } }, { code: 'bad_request' }],
    ['a drive', { files: { 'C:\\a.gguf': digest } }, { code: 'bad_request' }],
    ['no digest', { files: { 'a.gguf': '' } }, { code: 'invalid_digest', message: 'invalid digest format' }],
    [
      'a digest that is a path',
      { files: { 'a.gguf': 'sha256:../../../etc/passwd' } },
      { code: 'invalid_digest' },
    ],
    [
      'an adapter digest that is none',
      { from: 'a', adapters: { 'a.gguf': 'x' } },
      { code: 'invalid_digest' },
    ],
    [
      'a blob that is not there',
      { files: { 'a.gguf': digest } },
      { code: 'blob_not_found', message: `blob "${digest}" not found` },
    ],
    [
      'safetensors that were not uploaded',
      { files: { 'model.safetensors': digest } },
      { code: 'blob_not_found' },
    ],
    ['a draft', { from: 'a', draftFiles: { a: digest } }, { code: 'not_implemented' }],
    ['a draft without a digest', { from: 'a', draftFiles: { a: '' } }, { code: 'invalid_digest' }],
    [
      'two adapters',
      { from: 'a', adapters: { a: digest, b: digest } },
      { code: 'bad_request', message: 'only one adapter is currently supported' },
    ],
    [
      'a template that does not parse',
      { from: 'a', template: '{{ broken' },
      { code: 'bad_request', message: 'template error: template: :1: unclosed action (column 3)' },
    ],
    [
      'an unknown quantization',
      { from: 'a', quantize: 'Q9' },
      {
        code: 'conversion_failed',
        message: /^unsupported quantization type Q9 - supported types are F32, F16/,
      },
    ],
    [
      'info of a wrong type',
      { from: 'a', info: { model_family: 1 } },
      { code: 'bad_request', message: 'info field "model_family" must be a string' },
    ],
    [
      'info that is no number',
      { from: 'a', info: { context_length: 'x' } },
      { code: 'bad_request', message: 'info field "context_length" must be a number' },
    ],
    [
      'info that is negative',
      { from: 'a', info: { context_length: -1 } },
      { code: 'bad_request', message: 'info field "context_length" must be a non-negative integer' },
    ],
  ];
  it.each(cases)('%s', async (_, request, { code, message }) => {
    const error: Error = await test.create(request).then(
      () => expect.unreachable(),
      (e) => e,
    );
    expect(error).toMatchObject({ code });
    if (message !== undefined) expect(error.message).toMatch(message);
    expect(await test.store.manifests.list()).toEqual([]);
    expect(await blobNames().catch(() => [])).toEqual([]);
  });

  it('CVE-2024-39719: nothing tells whether a file of the server exists', async () => {
    const errors = await Promise.all(
      ['/etc/passwd', '/etc/none', './a.gguf', '~/a.gguf'].map((from) =>
        test.create({ from }).catch((e) => e.message),
      ),
    );
    expect(new Set(errors)).toEqual(new Set(['invalid model name']));
  });

  const uploads: [string, () => Promise<Uint8Array>, { code: string; message?: string | RegExp }, string?][] =
    [
      ['CVE-2024-39720: four bytes', async () => Buffer.from('GGUF'), { code: 'invalid_gguf' }],
      [
        'CVE-2024-45436: an archive',
        async () => Buffer.from('PK\u0003\u0004'),
        { code: 'bad_request', message: 'supplied file was not in GGUF format' },
      ],
      [
        'a file of no known kind',
        async () => Buffer.from('?'),
        { code: 'bad_request', message: 'unknown type' },
        'weights',
      ],
      [
        'CVE-2026-7482: tensors beyond the file',
        async () => rawGguf({ tensors: [{ shape: [1000] }] }),
        { code: 'invalid_gguf' },
      ],
      [
        'CVE-2024-8063: no layers',
        async () => test.gguf({ 'llama.block_count': uint32(0) }),
        { code: 'invalid_gguf' },
      ],
      [
        'a part of a split model',
        async () => test.gguf({ 'split.count': uint32(2) }),
        {
          code: 'conversion_failed',
          message: 'split GGUF "a.gguf" must use llama.cpp split filename pattern',
        },
      ],
      [
        'only an adapter',
        async () => test.gguf({ 'general.type': text('adapter') }),
        { code: 'bad_request', message: 'no base model was found' },
      ],
    ];
  it.each(uploads)('%s', async (_, bytes, expected, path = 'a.gguf') => {
    const digest = await test.upload(await bytes());
    const before = await blobNames();
    const request = test.create({ files: { [path]: digest }, system: 'not to be written' });
    await expect(request).rejects.toMatchObject({
      code: expected.code,
      ...(expected.message === undefined ? {} : { message: expected.message }),
    });
    expect(await blobNames()).toEqual(before);
    expect(await test.store.manifests.list()).toEqual([]);
  });

  it('quantizing what is quantized', async () => {
    const quantized = { 'a.gguf': await uploadTiny({ 'general.file_type': uint32(7) }) };
    await expect(test.create({ files: quantized, quantize: 'F16' })).rejects.toMatchObject({
      code: 'conversion_failed',
      message: 'quantization is only supported for F16, BF16 and F32 models',
    });
  });

  it('two models in one', async () => {
    const files = {
      'a.gguf': await uploadTiny(),
      'b.gguf': await uploadTiny({ 'general.name': text('other') }),
    };
    await expect(test.create({ files })).rejects.toMatchObject({ code: 'bad_request' });
  });

  it('an adapter that is a model', async () => {
    await test.addModel('a');
    const adapters = { 'a.gguf': await uploadTiny({ 'general.name': text('other') }) };
    await expect(test.create({ from: 'a', adapters })).rejects.toMatchObject({
      message: '"a.gguf" is not an adapter',
    });
  });
});

describe('a create that does not end', () => {
  it('leaves no new blobs when the client stops reading', async () => {
    const files = { 'a.gguf': await uploadTiny() };
    const before = await blobNames();
    const { signal } = new AbortController();
    for await (const { status } of test.library.create(
      { model: 'new', licenses: [], files, system: 'x' },
      { signal },
    ))
      if (status.startsWith('creating')) break;
    expect(await blobNames()).toEqual(before);
    expect(await test.store.manifests.list()).toEqual([]);
  });

  it('leaves no new blobs when its signal fires', async () => {
    const files = { 'a.gguf': await uploadTiny() };
    const before = await blobNames();
    const controller = new AbortController();
    const run = async () => {
      const request = { model: 'new', licenses: [], files, system: 'x' };
      for await (const { status } of test.library.create(request, { signal: controller.signal }))
        if (status === 'writing manifest') controller.abort();
    };
    await expect(run()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await blobNames()).toEqual(before);
    expect(await test.store.manifests.list()).toEqual([]);
  });

  it('protects its blobs from the deletion of the model it comes from', async () => {
    await test.addModel('a', { layers: [['system', 'shared']] });
    const { signal } = new AbortController();
    for await (const { status } of test.library.create({ model: 'b', licenses: [], from: 'a' }, { signal }))
      if (status === 'writing manifest') await test.library.remove('a');
    expect(await test.store.resolver.resolve('b')).toMatchObject({ system: 'shared' });
  });
});

it('a full disk: a clear error, and the model is not there', async () => {
  await test.remove();
  let isFull = false;
  test = await temporaryLibrary({
    store: {
      openFile: async (file, mode) => {
        if (isFull) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
        return open(file, 'wx', mode);
      },
    },
  });
  const files = { 'a.gguf': await uploadTiny() };
  isFull = true;
  await expect(test.create({ files, system: 'x' })).rejects.toMatchObject({ code: 'disk_full' });
  expect(await test.store.manifests.list()).toEqual([]);
});

it('makes the same manifest for the same request', async () => {
  const files = { 'a.gguf': await uploadTiny() };
  await test.create({ model: 'one', files, parameters: { b: 1, a: 2 } });
  await test.create({ model: 'two', files, parameters: { a: 2, b: 1 } });
  const digests = (await test.library.list()).map((model) => model.digest);
  expect(new Set(digests).size).toBe(1);
});
