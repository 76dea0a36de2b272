/** /api/embed, /api/embeddings, the rerank endpoints, /api/tokenize and /api/detokenize: what is asked, what is answered. */
import { describe, expect, it } from 'vitest';
import { CriaError } from '../../errors.ts';
import { start } from '../testdata/harness.ts';

const times = { totalDurationNs: 30, loadDurationNs: 10 };

describe('/api/embed', () => {
  it.each<[unknown, string[]]>([
    ['one', ['one']],
    [
      ['one', 'two'],
      ['one', 'two'],
    ],
    [
      ['one', ''],
      ['one', ''],
    ],
    ['', []],
    [[], []],
    [null, []],
    [undefined, []],
  ])('takes input %j', async (input, inputs) => {
    const { call, calls } = await start();
    const { status, text } = await call('POST', '/api/embed', { body: { model: 'm', input } });
    expect(status).toBe(200);
    expect(calls.embed).toEqual([{ model: 'm', options: {}, inputs, truncate: true, dimensions: 0 }]);
    const embeddings = `[${inputs.map(() => '[0.6,-0.8]').join(',')}]`;
    const counts = inputs.length === 0 ? '' : ',"total_duration":30,"load_duration":10,"prompt_eval_count":7';
    expect(text).toBe(`{"model":"m","embeddings":${embeddings}${counts}}`);
  });

  it('passes every field on', async () => {
    const { call, calls } = await start();
    const body = {
      model: 'm',
      input: 'a',
      truncate: false,
      dimensions: 64,
      keep_alive: '1m',
      options: { num_ctx: 8 },
    };
    await call('POST', '/api/embed', { body });
    expect(calls.embed).toEqual([
      {
        model: 'm',
        inputs: ['a'],
        truncate: false,
        dimensions: 64,
        keepAliveMs: 60_000,
        options: { num_ctx: 8 },
      },
    ]);
  });

  it('leaves out counts of zero', async () => {
    const vectors = [Float32Array.of(1)];
    const { call } = await start({
      embed: () => ({ vectors, promptTokens: 0, totalDurationNs: 5, loadDurationNs: 0 }),
    });
    const { text } = await call('POST', '/api/embed', { body: { model: 'm', input: 'a' } });
    expect(text).toBe('{"model":"m","embeddings":[[1]],"total_duration":5}');
  });

  it.each<[string, unknown, number, string]>([
    ['an empty body', '', 400, 'missing request body'],
    ['no model', { input: 'a' }, 404, "model '' not found"],
    ['a number', { model: 'm', input: 3 }, 400, 'invalid input type'],
    ['an object', { model: 'm', input: {} }, 400, 'invalid input type'],
    ['a list with a number', { model: 'm', input: ['a', 3] }, 400, 'invalid input type'],
  ])('refuses %s', async (_, body, status, error) => {
    const { call, calls } = await start();
    const reply = await call('POST', '/api/embed', { body });
    expect({ status: reply.status, body: JSON.parse(reply.text) }).toEqual({ status, body: { error } });
    expect(calls.embed).toEqual([]);
  });

  it.each([
    ['context_exceeded', 400],
    ['bad_request', 400],
    ['model_not_found', 404],
    ['capability_missing', 400],
    ['server_busy', 503],
    ['internal', 500],
  ] as const)('answers %s with %d', async (code, status) => {
    const { call } = await start({
      embed: () => {
        throw new CriaError(code, 'why');
      },
    });
    const reply = await call('POST', '/api/embed', { body: { model: 'm', input: 'a' } });
    expect(reply).toMatchObject({ status, text: '{"error":"why"}' });
  });
});

describe('/api/embeddings', () => {
  it('answers with one vector as it is', async () => {
    const { call, calls } = await start();
    const { status, text } = await call('POST', '/api/embeddings', {
      body: { model: 'm', prompt: 'a', keep_alive: 0 },
    });
    expect({ status, text }).toEqual({ status: 200, text: '{"embedding":[1.5,-2]}' });
    expect(calls.embed).toEqual([{ model: 'm', prompt: 'a', keepAliveMs: 0, options: {} }]);
  });

  it('answers an empty prompt with an empty vector', async () => {
    const { call } = await start({ embedLegacy: () => new Float32Array(0) });
    expect((await call('POST', '/api/embeddings', { body: { model: 'm' } })).text).toBe('{"embedding":[]}');
  });

  it('wants a model', async () => {
    const { call } = await start();
    const reply = await call('POST', '/api/embeddings', { body: { prompt: 'a' } });
    expect(reply).toMatchObject({ status: 400, text: '{"error":"model is required"}' });
  });
});

describe('reranking', () => {
  const documents = ['a', { text: 'b', id: 7 }];

  it('answers /api/rerank in the manner of /api/embed', async () => {
    const { call, calls } = await start();
    const { text } = await call('POST', '/api/rerank', {
      body: { model: 'm', query: 'q', documents, top_n: 2 },
    });
    expect(calls.rerank).toEqual([{ model: 'm', options: {}, query: 'q', documents: ['a', 'b'], topN: 2 }]);
    expect(JSON.parse(text)).toEqual({
      model: 'm',
      results: [
        { index: 0, relevance_score: 1 },
        { index: 1, relevance_score: 0.5 },
      ],
      total_duration: 30,
      load_duration: 10,
      prompt_eval_count: 9,
    });
  });

  it('ranks by the fields asked for, in their order', async () => {
    const { call, calls } = await start({ rerank: () => ({ results: [], promptTokens: 9, ...times }) });
    const documents = [{ text: 'body', title: 'head', year: 2020 }, 'plain'];
    await call('POST', '/v1/rerank', {
      body: { model: 'm', query: 'q', documents, rank_fields: ['title', 'year', 'text'] },
    });
    expect(calls.rerank).toMatchObject([{ documents: ['head\nbody', 'plain'] }]);
  });

  it.each(['/v1/rerank', '/v2/rerank'])('answers %s as Jina and Cohere do', async (url) => {
    const results = [
      { index: 1, score: 0.75 },
      { index: 0, score: 0.25 },
    ];
    const { call } = await start({ rerank: () => ({ results, promptTokens: 9, ...times }) });
    const { text } = await call('POST', url, {
      body: { model: 'm', query: 'q', documents, return_documents: true },
    });
    expect(JSON.parse(text)).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      object: 'list',
      model: 'm',
      results: [
        { index: 1, relevance_score: 0.75, document: { text: 'b', id: 7 } },
        { index: 0, relevance_score: 0.25, document: { text: 'a' } },
      ],
      usage: { prompt_tokens: 9, total_tokens: 9 },
    });
  });

  it.each<[string, object, string]>([
    ['no model', { query: 'q', documents }, 'model is required'],
    ['no query', { model: 'm', documents }, 'query is required'],
    ['no documents', { model: 'm', query: 'q' }, 'documents are required'],
    ['an empty list', { model: 'm', query: 'q', documents: [] }, 'documents are required'],
    [
      'a number',
      { model: 'm', query: 'q', documents: [1] },
      'documents must be texts, or objects with a text',
    ],
    [
      'an object without text',
      { model: 'm', query: 'q', documents: [{ title: 'x' }] },
      'documents must be texts, or objects with a text',
    ],
    [
      'an object without the fields asked for',
      { model: 'm', query: 'q', documents: [{ text: 'x' }], rank_fields: ['title', 'body'] },
      'documents must be texts, or objects with one of title, body',
    ],
    ['top_n 0', { model: 'm', query: 'q', documents, top_n: 0 }, 'top_n must be at least 1'],
  ])('refuses %s', async (_, body, error) => {
    const { call, calls } = await start();
    const reply = await call('POST', '/v1/rerank', { body });
    expect({ status: reply.status, body: JSON.parse(reply.text) }).toEqual({ status: 400, body: { error } });
    expect(calls.rerank).toEqual([]);
  });
});

describe('tokens', () => {
  it.each<[object, object]>([
    [{ text: 'a' }, { text: 'a', addSpecial: false, parseSpecial: true, withPieces: false }],
    [{ content: 'a' }, { text: 'a' }],
    [{ prompt: 'a' }, { text: 'a' }],
    [{}, { text: '' }],
    [
      { text: 'a', add_special: true, parse_special: false },
      { addSpecial: true, parseSpecial: false },
    ],
  ])('tokenizes %j', async (body, expected) => {
    const { call, calls } = await start();
    const { text } = await call('POST', '/api/tokenize', { body: { model: 'm', ...body } });
    expect(calls.tokens[0]).toMatchObject({ model: 'm', options: {}, ...expected });
    expect(text).toBe('{"model":"m","tokens":[1,2],"count":2,"total_duration":30,"load_duration":10}');
  });

  it('shows pieces: texts, or bytes where they are a part of a character', async () => {
    const pieces = [new Uint8Array([97]), new Uint8Array([0xc3])];
    const { call } = await start({ tokenize: () => ({ tokens: [5, 6], pieces, ...times }) });
    const { text } = await call('POST', '/api/tokenize', {
      body: { model: 'm', text: 'x', with_pieces: true },
    });
    expect(JSON.parse(text).pieces).toEqual([
      { id: 5, piece: 'a' },
      { id: 6, piece: [0xc3] },
    ]);
  });

  it.each([
    [{ tokens: [1, 2] }, { tokens: [1, 2], special: true }],
    [
      { tokens: [1], special: false },
      { tokens: [1], special: false },
    ],
    [{}, { tokens: [], special: true }],
  ])('detokenizes %j', async (body, expected) => {
    const { call, calls } = await start();
    const { text } = await call('POST', '/api/detokenize', { body: { model: 'm', ...body } });
    expect(calls.tokens[0]).toMatchObject(expected);
    expect(text).toBe('{"model":"m","text":"hi","total_duration":30,"load_duration":10}');
  });

  it.each(['/api/tokenize', '/api/detokenize'])('%s wants a model', async (url) => {
    const { call } = await start();
    expect(await call('POST', url, { body: {} })).toMatchObject({
      status: 400,
      text: '{"error":"model is required"}',
    });
  });
});
