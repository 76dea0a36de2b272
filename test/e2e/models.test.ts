/** Every refusal of the endpoints about models, and what they say about the models that are there. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createModel, miniModelPath, post, root, startCria, type TestServer } from '../support/cria.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startCria();
});
afterAll(() => server.stop());

const nobody = `sha256:${'0'.repeat(64)}`;
const tinyModels = path.join(root, 'src/convert/testdata/models');

async function upload(bytes: Buffer | string): Promise<string> {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const answer = await fetch(`${server.url}/api/blobs/${digest}`, { method: 'POST', body: bytes });
  expect([200, 201]).toContain(answer.status);
  return digest;
}

async function uploadFolder(name: string): Promise<Record<string, string>> {
  const folder = path.join(tinyModels, name);
  const files: Record<string, string> = {};
  for (const file of readdirSync(folder))
    if (/\.(?:json|safetensors|model)$/.test(file))
      files[file] = await upload(readFileSync(path.join(folder, file)));
  return files;
}

/** Status and error of a call; of a stream its last line. */
async function refusal(
  method: string,
  url: string,
  body?: unknown,
): Promise<{ status: number; error: string; type: string | null }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(server.url + url, { method, ...(text === undefined ? {} : { body: text }) });
  const last = (await answer.text()).trimEnd().split('\n').at(-1) ?? '';
  const error = last.startsWith('{') ? JSON.parse(last).error : last;
  return { status: answer.status, error, type: answer.headers.get('content-type') };
}

/** Writes a manifest as another program would. */
function plantManifest(name: string, config: unknown, layers: readonly unknown[] = []): void {
  const bytes = Buffer.from(JSON.stringify(config));
  const hex = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(path.join(server.modelsDir, 'blobs', `sha256-${hex}`), bytes);
  const folder = path.join(server.modelsDir, 'manifests/registry.ollama.ai/library', name);
  mkdirSync(folder, { recursive: true });
  const mediaType = 'application/vnd.docker.container.image.v1+json';
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    config: { mediaType, digest: `sha256:${hex}`, size: bytes.length },
    layers,
  };
  writeFileSync(path.join(folder, 'latest'), JSON.stringify(manifest));
}

type Row = readonly [name: string, body: unknown, status: number, error: string | RegExp];

async function check(method: string, url: string, [, body, status, error]: Row): Promise<void> {
  const refused = await refusal(method, url, body);
  expect(refused.error).toEqual(typeof error === 'string' ? error : expect.stringMatching(error));
  expect(refused.status).toBe(status);
}

const twoSources = (name: string): string => `use either :local or :cloud, not both: "${name}"`;

describe('what every endpoint refuses', () => {
  it.each([
    ['GET', '/api/show'],
    ['PUT', '/api/copy'],
    ['POST', '/api/delete'],
    ['DELETE', '/api/create'],
    ['POST', '/api/tags'],
    ['POST', '/api/ps'],
    ['POST', '/api/version'],
    ['GET', `/api/blobs/${nobody}`],
  ])('%s %s: the method', async (method, url) => {
    const answer = await fetch(server.url + url, { method });
    expect(answer.status).toBe(405);
    expect(await answer.text()).toBe('405 method not allowed');
    expect(answer.headers.get('allow')).not.toBe('');
  });

  it('paths that are not there', async () => {
    for (const url of ['/api/nothing', `/api/blobs/a/${nobody}`])
      expect(await refusal('GET', url)).toMatchObject({ status: 404, error: '404 page not found' });
  });

  it.each([
    ['POST', '/api/show'],
    ['POST', '/api/copy'],
    ['DELETE', '/api/delete'],
    ['POST', '/api/create'],
  ])('%s %s: no body, and no JSON', async (method, url) => {
    expect(await refusal(method, url, '')).toEqual({
      status: 400,
      error: 'missing request body',
      type: 'application/json; charset=utf-8',
    });
    expect(await refusal(method, url, '{"model"')).toMatchObject({ status: 400, error: 'unexpected EOF' });
    expect(await refusal(method, url, '[]')).toMatchObject({
      status: 400,
      error: expect.stringMatching(/^json: cannot unmarshal array into Go value of type/),
    });
  });
});

describe('POST /api/show', () => {
  beforeAll(() => plantManifest('stub', { remote_host: 'https://x', remote_model: 'y' }));

  it.each<Row>([
    ['no model', {}, 400, 'model is required'],
    ['an empty name', { model: '', name: '' }, 400, 'model is required'],
    ['an invalid name', { model: '../x' }, 400, 'invalid model name'],
    ['two sources', { model: 'm:cloud:local' }, 400, twoSources('m:cloud:local')],
    ['a missing model', { model: 'foo' }, 404, "model 'foo:latest' not found"],
    ['a missing one of a namespace', { name: 'a/foo:b' }, 404, "model 'a/foo:b' not found"],
    [
      'a cloud model',
      { model: 'foo:cloud' },
      403,
      'ollama cloud is disabled: remote model details are unavailable',
    ],
    ['a stub', { model: 'stub' }, 403, 'ollama cloud is disabled: remote model details are unavailable'],
    ['a stub that is to be local', { model: 'stub:local' }, 404, "model 'stub:local' not found"],
    ['a number', { model: 1 }, 400, /^json: cannot unmarshal number into Go struct field ShowRequest.model/],
  ])('%s', async (...row) => check('POST', '/api/show', row));

  it('a model whose weights are gone', async () => {
    const layer = { mediaType: 'application/vnd.ollama.image.model', digest: nobody, size: 1 };
    plantManifest('gone', { model_format: 'gguf' }, [layer]);
    const refused = await refusal('POST', '/api/show', { model: 'gone' });
    expect(refused).toMatchObject({ status: 500, error: expect.stringContaining('is missing') });
  });
});

describe('POST /api/copy', () => {
  it.each<Row>([
    ['no source', {}, 400, 'source "" is invalid'],
    ['an invalid source', { source: '-x', destination: 'b' }, 400, 'source "-x" is invalid'],
    ['an invalid destination', { source: 'x', destination: '../b' }, 400, 'destination "../b" is invalid'],
    ['a missing source', { source: 'X:y', destination: 'b' }, 404, 'model "X:y" not found'],
  ])('%s', async (...row) => check('POST', '/api/copy', row));
});

describe('DELETE /api/delete', () => {
  it.each<Row>([
    ['no model', {}, 400, 'model is required'],
    ['an invalid name', { model: 'a//b' }, 400, 'name "a//b" is invalid'],
    ['two sources', { model: 'm:cloud:cloud' }, 400, twoSources('m:cloud:cloud')],
    ['a missing model', { model: 'Nope' }, 404, "model 'Nope' not found"],
    ['a missing cloud model', { name: 'm:20b:cloud' }, 404, "model 'm:20b:cloud' not found"],
  ])('%s', async (...row) => check('DELETE', '/api/delete', row));
});

describe('/api/blobs', () => {
  it('malformed digests', async () => {
    for (const digest of ['sha256:1', 'md5:0', `sha256:${'g'.repeat(64)}`, '..%2fx']) {
      expect((await fetch(`${server.url}/api/blobs/${digest}`, { method: 'HEAD' })).status).toBe(400);
      const refused = await refusal('POST', `/api/blobs/${digest}`, 'x');
      expect(refused).toMatchObject({ status: 400, error: 'invalid digest format' });
    }
  });

  it('one that is not there', async () => {
    const answer = await fetch(`${server.url}/api/blobs/${nobody}`, { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([404, '']);
  });

  it('bytes of another digest, which are not kept', async () => {
    const real = `sha256:${createHash('sha256').update('other').digest('hex')}`;
    const refused = await refusal('POST', `/api/blobs/${nobody}`, 'other');
    expect(refused).toMatchObject({
      status: 400,
      error: `digest mismatch, expected "${nobody}", got "${real}"`,
    });
    expect((await fetch(`${server.url}/api/blobs/${real}`, { method: 'HEAD' })).status).toBe(404);
  });

  it('stores a blob once', async () => {
    const digest = `sha256:${createHash('sha256').update('blob').digest('hex')}`;
    const url = `${server.url}/api/blobs/${digest}`;
    const statuses: number[] = [];
    for (let i = 0; i < 2; i++) statuses.push((await fetch(url, { method: 'POST', body: 'blob' })).status);
    statuses.push((await fetch(url, { method: 'HEAD' })).status);
    expect(statuses).toEqual([201, 200, 200]);
  });
});

describe('POST /api/create', () => {
  const from = 'cria-mini';
  it.each<Row>([
    ['no name', { from }, 400, 'invalid model name'],
    ['an invalid name', { model: '../x', from }, 400, 'invalid model name'],
    ['a path that is absolute', { files: { '/a.gguf': nobody } }, 400, 'file path must be relative'],
    ['an empty path', { files: { '': nobody } }, 400, 'file path must be relative'],
    ['a path that goes up', { files: { 'a/../b': nobody } }, 400, 'file path must be relative'],
    ['a path with a dot', { files: { './a': nobody } }, 400, 'file path must be relative'],
    [
      'a draft path that is absolute',
      { from, draft_files: { '/a': nobody } },
      400,
      'file path must be relative',
    ],
    ['an empty digest', { files: { 'a.gguf': '' } }, 400, 'invalid digest format'],
    ['an empty digest of an adapter', { from, adapters: { a: '' } }, 400, 'invalid digest format'],
    ['an empty digest of a draft', { from, draft_files: { a: '' } }, 400, 'invalid digest format'],
    // Ollama answers 500 to a digest that is none and to a blob that is not there, with a path of the server's.
    ['a malformed digest', { files: { 'a.gguf': 'sha256:1' } }, 400, 'invalid digest format'],
    [
      'draft_quantize without a draft',
      { from, draft_quantize: 'q8_0' },
      400,
      '--draft-quantize requires a DRAFT model',
    ],
    ['an invalid source', { from: '../x' }, 400, 'invalid model name'],
    ['two sources', { from: 'm:local:cloud' }, 400, twoSources('m:local:cloud')],
    ['a cloud source', { from: 'm:cloud' }, 403, 'ollama cloud is disabled: remote model is unavailable'],
    ['a remote host that is none', { from, remote_host: 'a b:c' }, 400, 'bad remote'],
    [
      'a draft of a remote model',
      { from, remote_host: 'http://h', draft_files: { a: nobody } },
      400,
      'DRAFT cannot be used with remote models',
    ],
    ['no source', {}, 400, "neither 'from' or 'files' was specified"],
    ['no files', { files: {} }, 400, 'no files provided to convert'],
    [
      'two adapters',
      { from, adapters: { a: nobody, b: nobody } },
      400,
      'only one adapter is currently supported',
    ],
    [
      'a template that does not parse',
      { from, template: 'Hi\n  {{ if }}' },
      400,
      'template error: template: :2: missing value for if (column 9)',
    ],
    ['odd info', { from, info: { base_name: 1 } }, 400, 'info field "base_name" must be a string'],
    [
      'odd info of a length',
      { from, info: { embedding_length: true } },
      400,
      'info field "embedding_length" must be a number',
    ],
    [
      'a negative length',
      { from, info: { context_length: -1 } },
      400,
      'info field "context_length" must be a non-negative integer',
    ],
    [
      'an unknown quantization',
      { from, quantize: 'q9' },
      500,
      /^unsupported quantization type Q9 - supported types are F32, F16, /,
    ],
    [
      'a quantization that needs more than the model',
      { from, quantize: 'iq2_xxs' },
      400,
      /^quantization type IQ2_XXS needs an importance matrix, which is not supported/,
    ],
    [
      'quantizing what is quantized',
      { from, quantize: 'q4_K_M' },
      500,
      'quantization is only supported for F16, BF16 and F32 models',
    ],
    [
      'what is not done yet',
      { from, draft_files: { a: nobody } },
      501,
      'draft models are not implemented yet',
    ],
    [
      'a remote model, which is not done yet',
      { from, remote_host: 'http://h:1' },
      501,
      'remote models are not implemented yet',
    ],
  ])('%s', async (name, body, status, error) => {
    const withName = { model: 'refused', ...(body as object) }; // all rows are objects
    await check('POST', '/api/create', [name, name === 'no name' ? body : withName, status, error]);
  });

  /** What is found while the files are read comes as a status without a stream, and as a line within one. */
  async function whileReading(request: object, status: number, error: string | RegExp): Promise<void> {
    const body = { model: 'refused', ...request };
    await check('POST', '/api/create', ['', { ...body, stream: false }, status, error]);
    await check('POST', '/api/create', ['', body, 200, error]);
  }

  it('files that are no models', async () => {
    const text = await upload('no model');
    await whileReading({ files: { 'a.gguf': text } }, 400, 'supplied file was not in GGUF format');
    await whileReading({ files: { weights: text } }, 400, 'unknown type');
    await whileReading({ files: { 'a.gguf': nobody } }, 404, `blob "${nobody}" not found`);
    await whileReading({ from, adapters: { a: text } }, 400, 'unknown type');
    const damaged = await upload(readFileSync(miniModelPath).subarray(0, 100_000));
    await whileReading({ files: { 'a.gguf': damaged } }, 400, /^invalid GGUF: /);
  });

  it('a model in place of an adapter', async () => {
    const model = await upload(readFileSync(miniModelPath));
    await whileReading({ from, adapters: { 'a.gguf': model } }, 400, '"a.gguf" is not an adapter');
  });

  it('folders that cannot be converted', async () => {
    const files = await uploadFolder('qwen3');
    const config = (value: object) => upload(JSON.stringify(value));
    const withConfig = async (value: object): Promise<object> => ({
      files: { ...files, 'config.json': await config(value) },
    });
    await whileReading(
      await withConfig({ architectures: ['FooForCausalLM'] }),
      500,
      'unsupported architecture "FooForCausalLM"',
    );
    await whileReading(await withConfig({}), 500, 'unknown architecture');
    const { 'tokenizer.json': _tokenizer, ...rest } = files;
    await whileReading({ files: rest }, 500, /^there is no tokenizer/);
  });

  it('adapters that cannot be converted', async () => {
    const base = await uploadFolder('qwen3');
    const adapter = await uploadFolder('../adapters/gemma3');
    await whileReading({ files: base, adapters: adapter }, 400, /^the base model has no module "layers.2/);
    const encoder = await uploadFolder('bert');
    await whileReading({ files: encoder, adapters: adapter }, 400, 'unsupported architecture');
  });

  it('a source that is nowhere', async () => {
    const refused = await refusal('POST', '/api/create', { model: 'x', from: '127.0.0.1:9/a/b' });
    expect(refused).toMatchObject({ status: 200, error: expect.stringMatching(/^pull model manifest: /) });
  });

  it('leaves no model behind', async () => {
    const { models } = JSON.parse(await (await fetch(`${server.url}/api/tags`)).text());
    expect(models.map(({ name }: { name: string }) => name)).not.toContain('refused:latest');
  });
});

describe('what is there', () => {
  it('passes over manifests that cannot be read', async () => {
    const folder = path.join(server.modelsDir, 'manifests/registry.ollama.ai/library/broken');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'latest'), '{');
    const answer = await fetch(`${server.url}/api/tags`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).not.toContain('broken');
  });

  it('shows all numbers and arrays when asked to, sorted by key', async () => {
    const show = async (verbose: boolean): Promise<Record<string, unknown>> =>
      (await post(server, '/api/show', { model: 'cria-mini', verbose })).json.model_info;
    const [brief, whole] = [await show(false), await show(true)];
    expect(Object.keys(brief)).toEqual(Object.keys(brief).toSorted());
    expect(Object.keys(whole)).toEqual(Object.keys(brief));
    expect(brief['tokenizer.ggml.tokens']).toBeNull();
    expect(whole['tokenizer.ggml.tokens']).toContain('<|im_start|>');
    expect(brief).not.toHaveProperty('general.name');
    expect(brief).not.toHaveProperty('tokenizer.chat_template');
    expect(brief['general.parameter_count']).toBeGreaterThan(1_000_000);
  });

  it("makes the same model again from show's Modelfile", async () => {
    await createModel(server, {
      model: 'whole',
      from: 'cria-mini',
      system: 'You are "small".\nAnd kind.',
      template: '{{ .System }} {{ .Prompt }}',
      license: ['MIT\n\nAll of it.', 'BSD'],
      parameters: { stop: ['<|a|>', ' b '], temperature: 0.5, num_ctx: 64, seed: 7 },
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello\nthere' },
      ],
      renderer: 'r',
      parser: 'p',
      requires: '0.14.0',
    });
    const { modelfile } = (await post(server, '/api/show', { model: 'whole' })).json;
    const folder = mkdtempSync(path.join(tmpdir(), 'cria-modelfile-'));
    try {
      writeFileSync(path.join(folder, 'Modelfile'), modelfile);
      expect(await server.cli(['create', 'again'], { cwd: folder })).toMatchObject({ code: 0 });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    const describe = async (model: string): Promise<object> => {
      const {
        modelfile: _text,
        modified_at: _date,
        details,
        ...rest
      } = (await post(server, '/api/show', { model })).json;
      return { ...rest, details: { ...details, parent_model: '' } };
    };
    expect(await describe('again')).toEqual(await describe('whole'));
  });
});
