import { describe, expect, it } from 'vitest';
import { CriaError } from '../../errors.ts';
import type { Library } from '../../library/types.ts';
import { listed, shown, start } from '../testdata/harness.ts';

const digest = `sha256:${'0'.repeat(64)}`;

function failing(method: keyof Library, error: Error): Partial<Library> {
  return {
    [method]: async () => {
      throw error;
    },
  };
}

describe('GET /api/tags', () => {
  it('lists models with keys in order', async () => {
    const { call } = await start();
    const reply = await call('GET', '/api/tags');
    const { modified_at, ...model } = JSON.parse(reply.text).models[0];
    expect(Date.parse(modified_at)).toBe(listed.modifiedAt.getTime());
    expect(JSON.stringify(model)).toBe(
      `{"name":"stories:latest","model":"stories:latest","size":1000000,"digest":"${'a'.repeat(64)}",` +
        '"details":{"parent_model":"","format":"gguf","family":"llama","families":["llama"],"parameter_size":"260K",' +
        '"quantization_level":"F32","context_length":512,"embedding_length":64},"capabilities":["completion"]}',
    );
  });

  it('leaves out what is empty', async () => {
    const bare = {
      ...listed,
      details: { ...listed.details, contextLength: 0, embeddingLength: 0, families: null },
      capabilities: [],
    };
    const { call } = await start({ library: { list: async () => [bare] } });
    const [model] = JSON.parse((await call('GET', '/api/tags')).text).models;
    expect(model).not.toHaveProperty('capabilities');
    expect(model.details).not.toHaveProperty('context_length');
    expect(model.details.families).toBeNull();
  });

  it('is an empty list without models', async () => {
    const { call } = await start({ library: { list: async () => [], listLoaded: () => [] } });
    expect((await call('GET', '/api/tags')).text).toBe('{"models":[]}');
    expect((await call('GET', '/api/ps')).text).toBe('{"models":[]}');
  });
});

it('GET /api/ps lists loaded models', async () => {
  const { call } = await start();
  const reply = await call('GET', '/api/ps');
  const [{ expires_at, ...model }] = JSON.parse(reply.text).models;
  expect(Date.parse(expires_at)).toBe(Date.parse('2026-11-23T10:05:00Z'));
  expect(JSON.stringify(model)).toBe(
    `{"name":"stories:latest","model":"stories:latest","size":2000000,"digest":"${'a'.repeat(64)}",` +
      '"details":{"parent_model":"","format":"gguf","family":"llama","families":["llama"],"parameter_size":"260K",' +
      '"quantization_level":"F32"},"size_vram":0,"context_length":512}',
  );
});

describe('POST /api/show', () => {
  it.each<[string, unknown, unknown]>([
    ['model', { model: 'm' }, { model: 'm', system: '', verbose: false, options: {} }],
    ['name', { name: 'm' }, { model: 'm', system: '', verbose: false, options: {} }],
    ['model before name', { name: 'n', model: 'm' }, { model: 'm', system: '', verbose: false, options: {} }],
    [
      'everything',
      { model: 'm', system: 's', verbose: true, options: { top_k: 1 }, template: 'ignored' },
      { model: 'm', system: 's', verbose: true, options: { top_k: 1 } },
    ],
  ])('asks for %s', async (_name, body, expected) => {
    const { call, calls } = await start();
    expect((await call('POST', '/api/show', { body })).status).toBe(200);
    expect(calls.other).toEqual([['show', expected]]);
  });

  it('answers with keys in order, empty ones left out, and large integers whole', async () => {
    const { call } = await start();
    const { text } = await call('POST', '/api/show', { body: { model: 'm' } });
    expect(text).toContain('"general.size":9223372036854775808');
    expect(Object.keys(JSON.parse(text))).toEqual([
      'modelfile',
      'template',
      'details',
      'model_info',
      'tensors',
      'capabilities',
      'modified_at',
    ]);
    expect(JSON.parse(text).details).not.toHaveProperty('context_length');
    expect(JSON.parse(text).model_info).toHaveProperty('tokenizer.ggml.tokens', null);
  });

  it('gives everything there is', async () => {
    const full = {
      ...shown,
      license: 'MIT',
      parameters: 'stop "x"',
      system: 's',
      renderer: 'r',
      parser: 'p',
      messages: [{ role: 'user', content: 'hi' }],
      projectorInfo: { 'general.name': 'proj' },
      requires: '0.1.0',
      modelInfo: {},
    };
    const { call } = await start({ library: { show: async () => full } });
    const { text } = await call('POST', '/api/show', { body: { model: 'm' } });
    expect(Object.keys(JSON.parse(text))).toEqual([
      'license',
      'modelfile',
      'parameters',
      'template',
      'system',
      'renderer',
      'parser',
      'details',
      'messages',
      'model_info',
      'projector_info',
      'tensors',
      'capabilities',
      'modified_at',
      'requires',
    ]);
  });

  it('names the model for VS Code as it asked', async () => {
    const { call } = await start();
    const headers = { 'user-agent': 'GitHubCopilotChat/0.30' };
    const { text } = await call('POST', '/api/show', { body: { model: 'My:Model' }, headers });
    expect(JSON.parse(text).model_info['general.basename']).toBe('My:Model');
  });
});

describe('copy and delete', () => {
  it.each<[string, string, unknown, unknown[]]>([
    ['POST', '/api/copy', { source: 'a', destination: 'b' }, ['copy', 'a', 'b']],
    ['POST', '/api/copy', {}, ['copy', '', '']],
    ['DELETE', '/api/delete', { model: 'm' }, ['remove', 'm']],
    ['DELETE', '/api/delete', { name: 'm' }, ['remove', 'm']],
  ])('%s %s %j', async (method, path, body, expected) => {
    const { call, calls } = await start();
    const reply = await call(method, path, { body });
    expect(reply).toMatchObject({ status: 200, text: '' });
    expect(reply.headers['content-length']).toBe('0');
    expect(reply.headers).not.toHaveProperty('content-type');
    expect(calls.other).toEqual([expected]);
  });
});

describe('errors', () => {
  const notFound = new CriaError('model_not_found', "model 'x' not found");
  it.each<[string, string, unknown, Partial<Library>, number, string]>([
    ['POST', '/api/show', '', {}, 400, 'missing request body'],
    ['POST', '/api/show', {}, {}, 400, 'model is required'],
    ['POST', '/api/show', { model: '', name: '' }, {}, 400, 'model is required'],
    [
      'POST',
      '/api/show',
      { model: 1 },
      {},
      400,
      'json: cannot unmarshal number into Go struct field ShowRequest.model of type string',
    ],
    ['POST', '/api/show', { model: 'x' }, failing('show', notFound), 404, "model 'x' not found"],
    [
      'POST',
      '/api/show',
      { model: '../x' },
      failing('show', new CriaError('invalid_model_name', 'invalid model name')),
      400,
      'invalid model name',
    ],
    ['POST', '/api/copy', '', {}, 400, 'missing request body'],
    [
      'POST',
      '/api/copy',
      { source: [] },
      {},
      400,
      'json: cannot unmarshal array into Go struct field CopyRequest.source of type string',
    ],
    [
      'POST',
      '/api/copy',
      { source: '..', destination: 'b' },
      failing('copy', new CriaError('invalid_model_name', 'source ".." is invalid')),
      400,
      'source ".." is invalid',
    ],
    ['DELETE', '/api/delete', '', {}, 400, 'missing request body'],
    ['DELETE', '/api/delete', {}, {}, 400, 'model is required'],
    ['DELETE', '/api/delete', { model: 'x' }, failing('remove', notFound), 404, "model 'x' not found"],
    ['GET', '/api/tags', undefined, failing('list', new CriaError('corrupt_store', 'bad')), 500, 'bad'],
  ])('%s %s %j', async (method, path, body, library, status, error) => {
    const { call } = await start({ library });
    const reply = await call(method, path, { body });
    expect(reply).toMatchObject({ status, text: JSON.stringify({ error }) });
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
  });
});

describe('blobs', () => {
  it('tells whether one is there', async () => {
    const { call, logLines } = await start({ library: { hasBlob: async (asked) => asked === digest } });
    expect((await call('HEAD', `/api/blobs/${digest}`)).status).toBe(200);
    expect((await call('HEAD', `/api/blobs/${encodeURIComponent(digest)}`)).status).toBe(200);
    expect(await call('HEAD', '/api/blobs/sha256:1')).toMatchObject({ status: 404, text: '' });
    expect(logLines.join('')).not.toContain('WARN'); // every upload begins so
  });

  // security lessons: CVE-2024-37032, CVE-2026-7020, a digest used as a path
  it.each([
    '..%2f..%2fetc%2fpasswd',
    'sha256:..%2f..%2fx',
    'sha256:ZZ',
    `sha256:${'0'.repeat(63)}`,
    'x'.repeat(500),
    'sha256:%00',
  ])('hands the digest %s to the one parser', async (text) => {
    const asked: string[] = [];
    const refuse = async (given: string): Promise<never> => {
      asked.push(given);
      throw new CriaError('invalid_digest', 'invalid digest format');
    };
    const { call } = await start({ library: { hasBlob: refuse, putBlob: refuse } });
    expect((await call('HEAD', `/api/blobs/${text}`)).status).toBe(400);
    const reply = await call('POST', `/api/blobs/${text}`, { body: 'data' });
    expect(reply).toMatchObject({ status: 400, text: '{"error":"invalid digest format"}' });
    expect(asked).toEqual([decodeURIComponent(text), decodeURIComponent(text)]);
  });

  it('streams a body of any type', async () => {
    const { call, calls } = await start();
    const body = Buffer.alloc(3_000_000);
    for (const headers of [{ 'content-type': 'application/json' }, { 'transfer-encoding': 'chunked' }, {}]) {
      const reply = await call('POST', `/api/blobs/${digest}`, {
        body,
        headers: { ...headers } as Record<string, string>,
      });
      expect(reply).toMatchObject({ status: 201, text: '' });
    }
    expect(calls.other).toEqual(Array(3).fill(['putBlob', digest, 3_000_000]));
  });

  it('answers 200 without reading what exists', async () => {
    const { call } = await start({ library: { putBlob: async () => ({ existed: true }) } });
    const headers = { connection: 'keep-alive' };
    const small = await call('POST', `/api/blobs/${digest}`, { body: 'x', headers });
    expect(small).toMatchObject({ status: 200, text: '' });
    expect(small.headers.connection).toBe('keep-alive');
  });

  it.each<[string, Error, number]>([
    [
      'digest mismatch, expected "a", got "b"',
      new CriaError('digest_mismatch', 'digest mismatch, expected "a", got "b"'),
      400,
    ],
    ['no space left on device', Object.assign(new Error('ENOSPC: write'), { code: 'ENOSPC' }), 500],
  ])('reports: %s', async (text, error, status) => {
    const putBlob: Library['putBlob'] = async (_digest, stream) => {
      for await (const _ of stream);
      throw error;
    };
    const { call } = await start({ library: { putBlob } });
    const reply = await call('POST', `/api/blobs/${digest}`, { body: 'x' });
    expect(reply).toMatchObject({ status, text: JSON.stringify({ error: text }) });
  });
});
