import { describe, expect, it } from 'vitest';
import { CriaError, type ErrorCode } from '../../errors.ts';
import type { GenerateRequest } from '../../inference/types.ts';
import { answer, content, done, lines, metrics, start } from '../testdata/harness.ts';

const png = Buffer.from([0x89, 0x50, 0x4e, 0x47]).toString('base64');

const plain: GenerateRequest = {
  model: 'm',
  options: {},
  logprobs: false,
  topLogprobs: 0,
  debugRenderOnly: false,
  prompt: '',
  suffix: '',
  system: '',
  template: '',
  raw: false,
  images: [],
};

describe('the request', () => {
  it.each<[string, unknown, Partial<GenerateRequest>]>([
    ['nothing but a model', { model: 'm' }, {}],
    ['nulls', { model: 'm', prompt: null, think: null, keep_alive: null, options: null, stream: null }, {}],
    ['other cases of keys', { MODEL: 'm', Prompt: 'hi' }, { prompt: 'hi' }],
    [
      'texts',
      { model: 'm', prompt: 'p', suffix: 's', system: 'y', template: 't', raw: true },
      { prompt: 'p', suffix: 's', system: 'y', template: 't', raw: true },
    ],
    ['images', { model: 'm', images: [png] }, { images: [Buffer.from(png, 'base64')] }],
    ['context', { model: 'm', context: [1, 2] }, { context: [1, 2] }],
    ['an empty context', { model: 'm', context: [] }, { context: [] }],
    ['options as they are', { model: 'm', options: { x: 1, TOP_K: '2' } }, { options: { x: 1, TOP_K: '2' } }],
    ['a format', { model: 'm', format: 'json' }, { format: 'json' }],
    ['an empty format', { model: 'm', format: '' }, { format: '' }],
    ['a schema', { model: 'm', format: { type: 'object' } }, { format: { type: 'object' } }],
    ['keep-alive in seconds', { model: 'm', keep_alive: 2.5 }, { keepAliveMs: 2500 }],
    ['keep-alive for ever', { model: 'm', keep_alive: -1 }, { keepAliveMs: Number.POSITIVE_INFINITY }],
    ['keep-alive of nothing', { model: 'm', keep_alive: '0' }, { keepAliveMs: 0 }],
    ['think', { model: 'm', think: true }, { think: true }],
    ['not to think', { model: 'm', think: false }, { think: false }],
    ['a think level', { model: 'm', think: 'max' }, { think: 'max' }],
    ['switches', { model: 'm', truncate: false, shift: true }, { truncate: false, shift: true }],
    ['logprobs', { model: 'm', logprobs: true, top_logprobs: 20 }, { logprobs: true, topLogprobs: 20 }],
    ['debug', { model: 'm', _debug_render_only: true }, { debugRenderOnly: true }],
  ])('with %s', async (_name, body, expected) => {
    const { call, calls } = await start();
    await call('POST', '/api/generate', { body });
    expect(calls.generate).toEqual([{ ...plain, ...expected }]);
  });

  // The table of statuses and texts that clients of Ollama know; the first failing check decides.
  it.each<[string, unknown, number, string]>([
    ['no body', '', 400, 'missing request body'],
    ['a blank body', ' \n', 400, 'missing request body'],
    ['no JSON', 'x', 400, "invalid character 'x' looking for beginning of value"],
    ['half of JSON', '{"model":', 400, 'unexpected EOF'],
    ['a list', '[]', 400, 'json: cannot unmarshal array into Go value of type api.GenerateRequest'],
    ['null', 'null', 404, "model '' not found"],
    [
      'stream of a wrong type',
      { stream: 'yes' },
      400,
      'json: cannot unmarshal string into Go struct field GenerateRequest.stream of type bool',
    ],
    [
      'a number as prompt',
      { prompt: 1 },
      400,
      'json: cannot unmarshal number into Go struct field GenerateRequest.prompt of type string',
    ],
    [
      'think text',
      { think: 'yes' },
      400,
      'invalid think value: "yes" (must be "high", "medium", "low", "max", true, or false)',
    ],
    [
      'think number',
      { think: 1 },
      400,
      'think must be a boolean or string ("high", "medium", "low", "max", true, or false)',
    ],
    ['keep_alive text', { keep_alive: 'x' }, 400, 'time: invalid duration "x"'],
    ['keep_alive without unit', { keep_alive: '300' }, 400, 'time: missing unit in duration "300"'],
    ['keep_alive bool', { keep_alive: true }, 400, "Unsupported type: 'bool'"],
    [
      'image that is a data URI',
      { images: [`data:image/png;base64,${png}`] },
      400,
      'illegal base64 data at input byte 4',
    ],
    ['top_logprobs too high', { top_logprobs: 21 }, 400, 'top_logprobs must be between 0 and 20'],
    ['top_logprobs too low', { model: 'm', top_logprobs: -1 }, 400, 'top_logprobs must be between 0 and 20'],
    ['no model', {}, 404, "model '' not found"],
    ['a blank model', { model: '  ' }, 404, "model '' not found"],
    [
      'a decode error before all others',
      { top_logprobs: 21, think: 1 },
      400,
      'think must be a boolean or string ("high", "medium", "low", "max", true, or false)',
    ],
  ])('refuses %s', async (_name, body, status, error) => {
    const { call, calls } = await start();
    const reply = await call('POST', '/api/generate', { body });
    expect(reply.status).toBe(status);
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(reply.text)).toEqual({ error });
    expect(calls.generate).toEqual([]);
  });

  it.each<[ErrorCode, number, string]>([
    ['invalid_model_name', 400, 'invalid model name'],
    ['model_not_found', 404, "model 'x' not found"],
    ['bad_request', 400, 'raw mode does not support template, system, or context'],
    ['capability_missing', 400, '"x" does not support generate'],
    ['bad_option', 500, 'option "top_k" must be of type integer'],
    ['bad_format', 500, 'invalid format: "\\"yaml\\""; expected "json" or a valid JSON Schema object'],
    ['unsupported_schema', 400, 'the keyword "not" is not supported'],
    ['template_error', 500, 'template: :1: unexpected "}"'],
    ['forbidden', 403, 'ollama cloud is disabled: remote model is unavailable'],
    ['server_busy', 503, 'server busy, please try again.  maximum pending requests exceeded'],
    ['load_failed', 500, 'timed out waiting for the runner'],
    ['corrupt_store', 500, 'bad manifest'],
    ['context_exceeded', 400, 'the prompt is longer than the context'],
    ['runner_died', 500, 'model runner has unexpectedly stopped'],
    ['not_implemented', 501, 'image input is not implemented yet'],
    ['cancelled', 499, 'request canceled'],
  ])('answers %s with %d', async (code, status, text) => {
    const error = new CriaError(code, text);
    const body = { model: 'x', prompt: 'p' };
    const early = await start({
      generate: () => {
        throw error;
      },
    });
    const thrown = await early.call('POST', '/api/generate', { body });
    expect(thrown).toMatchObject({ status, text: JSON.stringify({ error: text }) });

    const first = await start({ generate: () => answer(error) });
    for (const stream of [true, false]) {
      const reply = await first.call('POST', '/api/generate', { body: { ...body, stream } });
      expect(reply).toMatchObject({ status, text: JSON.stringify({ error: text }) });
      expect(reply.headers['content-type']).toMatch(/^application\/json/);
    }
  });
});

describe('the answer', () => {
  const body = { model: 'Stories', prompt: 'Once' };
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;

  it('streams by default: a line a piece, the last one with the counts', async () => {
    const { call } = await start({
      generate: () =>
        answer(content('a<b'), content(''), { type: 'thinking', text: 'hm' }, content('c'), done),
    });
    const reply = await call('POST', '/api/generate', { body });
    expect(reply.headers['content-type']).toBe('application/x-ndjson');
    expect(reply.headers['transfer-encoding']).toBe('chunked');
    expect(reply.text).toContain('"response":"a\\u003cb"');
    expect(reply.text.endsWith('}\n')).toBe(true);
    const head = { model: 'Stories', created_at: expect.stringMatching(time) };
    expect(lines(reply.text)).toEqual([
      { ...head, response: 'a<b', done: false },
      { ...head, response: '', thinking: 'hm', done: false },
      { ...head, response: 'c', done: false },
      {
        ...head,
        response: '',
        done: true,
        done_reason: 'stop',
        total_duration: 4000,
        load_duration: 500,
        prompt_eval_count: 5,
        prompt_eval_duration: 1000,
        eval_count: 3,
        eval_duration: 2000,
      },
    ]);
  });

  it('has its keys in the order that Ollama has', async () => {
    const { call } = await start({
      generate: () =>
        answer(
          { type: 'content', text: 'a', logprobs: [{ token: 'a', logprob: -0.5, bytes: [97] }] },
          { type: 'thinking', text: 't' },
          { type: 'toolCall', call: { id: 'call_1', index: 0, name: 'f', arguments: { b: 1, a: 2 } } },
          {
            type: 'done',
            reason: 'length',
            metrics,
            context: [1, 2],
            truncation: { originalTokens: 9, keptTokens: 5 },
          },
        ),
    });
    const reply = await call('POST', '/api/generate', { body: { ...body, stream: false } });
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(reply.headers['x-cria-prompt-truncated']).toBe('original=9, kept=5');
    expect(reply.text.replace(/"created_at":"[^"]*"/, '"created_at":"T"')).toBe(
      '{"model":"Stories","created_at":"T","response":"a","thinking":"t","done":true,"done_reason":"length",' +
        '"context":[1,2],"total_duration":4000,"load_duration":500,"prompt_eval_count":5,"prompt_eval_duration":1000,' +
        '"eval_count":3,"eval_duration":2000,' +
        '"tool_calls":[{"function":{"index":0,"name":"f","arguments":{"b":1,"a":2}}}],' +
        '"logprobs":[{"token":"a","logprob":-0.5,"bytes":[97]}],' +
        '"prompt_truncated":{"original_tokens":9,"kept_tokens":5}}',
    );
    const streamed = await call('POST', '/api/generate', { body });
    expect(lines(streamed.text).at(-1)).toMatchObject({
      response: '',
      tool_calls: [{ function: { index: 0, name: 'f', arguments: { b: 1, a: 2 } } }],
      prompt_truncated: { original_tokens: 9, kept_tokens: 5 },
    });
  });

  it('leaves out counts that are zero', async () => {
    const zero = { ...metrics, promptTokens: 0, promptDurationNs: 0, loadDurationNs: 0 };
    const { call } = await start({
      generate: () => answer({ type: 'done', reason: 'stop', metrics: zero, context: [] }),
    });
    const reply = await call('POST', '/api/generate', { body: { ...body, stream: false } });
    expect(Object.keys(JSON.parse(reply.text))).toEqual([
      'model',
      'created_at',
      'response',
      'done',
      'done_reason',
      'total_duration',
      'eval_count',
      'eval_duration',
    ]);
  });

  it('gives logprobs with candidates, whatever JSON can say', async () => {
    const logprobs = [
      {
        token: 'é',
        logprob: Number.NEGATIVE_INFINITY,
        bytes: [195, 169],
        topLogprobs: [{ token: '', logprob: -1, bytes: [] }],
      },
    ];
    const { call } = await start({ generate: () => answer({ type: 'content', text: '', logprobs }, done) });
    const [first] = lines((await call('POST', '/api/generate', { body })).text);
    expect(first).toMatchObject({
      response: '',
      logprobs: [
        { token: 'é', logprob: -9999, bytes: [195, 169], top_logprobs: [{ token: '', logprob: -1 }] },
      ],
    });
  });

  it.each(['load', 'unload'] as const)(
    'to a %s request is one object, whatever stream says',
    async (reason) => {
      const { call } = await start({ generate: () => ({ type: 'single', event: { type: 'done', reason } }) });
      for (const stream of [undefined, true, false]) {
        const reply = await call('POST', '/api/generate', { body: { model: 'm', keep_alive: 0, stream } });
        expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
        expect(JSON.parse(reply.text)).toEqual({
          model: 'm',
          created_at: expect.stringMatching(time),
          response: '',
          done: true,
          done_reason: reason,
        });
      }
    },
  );

  it('to a debug request is the prompt', async () => {
    const { call } = await start({ generate: () => ({ type: 'rendered', text: '<s>x', imageCount: 0 }) });
    const reply = await call('POST', '/api/generate', { body: { model: 'm', _debug_render_only: true } });
    expect(JSON.parse(reply.text)).toEqual({
      model: 'm',
      created_at: expect.stringMatching(time),
      response: '',
      done: false,
      _debug_info: { rendered_template: '<s>x' },
    });
  });

  it('ends with a line of the error when it fails in the middle', async () => {
    const { call, logLines } = await start({
      generate: () => answer(content('a'), new CriaError('runner_died', 'the runner "died"')),
    });
    const reply = await call('POST', '/api/generate', { body });
    expect(reply.status).toBe(200);
    expect(lines(reply.text)).toEqual([
      expect.objectContaining({ response: 'a', done: false }),
      { error: 'the runner "died"' },
    ]);
    const whole = await call('POST', '/api/generate', { body: { ...body, stream: false } });
    expect(whole).toMatchObject({ status: 500, text: '{"error":"the runner \\"died\\""}' });
    expect(logLines).toHaveLength(2);
    expect(logLines[0]).toMatch(/WARN .*status=200 .*error="the runner/);
  });

  it('just ends when the events end without a last one', async () => {
    const { call } = await start({ generate: () => answer(content('a')) });
    expect(lines((await call('POST', '/api/generate', { body })).text)).toHaveLength(1);
    const whole = await call('POST', '/api/generate', { body: { ...body, stream: false } });
    expect(JSON.parse(whole.text)).toMatchObject({ response: 'a', done: false });
  });

  it('is an empty stream when there are no events at all', async () => {
    const { call } = await start({ generate: () => answer() });
    expect(await call('POST', '/api/generate', { body })).toMatchObject({ status: 200, text: '' });
  });

  it('tells of a cut prompt in the head', async () => {
    const cut = { originalTokens: 9, keptTokens: 5 };
    const { call } = await start({
      generate: () => answer({ type: 'truncated', ...cut }, { ...done, truncation: cut } as typeof done),
    });
    const reply = await call('POST', '/api/generate', { body });
    expect(reply.headers['x-cria-prompt-truncated']).toBe('original=9, kept=5');
    expect(reply.text.trim().split('\n')).toHaveLength(1);
  });
});
