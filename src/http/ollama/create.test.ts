import { describe, expect, it } from 'vitest';
import { CriaError } from '../../errors.ts';
import type { CreateRequest, Progress } from '../../library/types.ts';
import { lines, start } from '../testdata/harness.ts';

describe('the request', () => {
  it.each<[string, unknown, Partial<CreateRequest>]>([
    ['a model to start from', { model: 'm', from: 'n' }, { from: 'n' }],
    ['the old names', { name: 'm', quantization: 'q4_K_M' }, { quantize: 'q4_K_M' }],
    [
      'the new names first',
      { model: 'm', name: 'x', quantize: 'F16', quantization: 'x' },
      { quantize: 'F16' },
    ],
    [
      'files and adapters',
      { model: 'm', files: { 'a.gguf': 'sha256:0' }, adapters: { b: 'sha256:1' } },
      { files: { 'a.gguf': 'sha256:0' }, adapters: { b: 'sha256:1' } },
    ],
    ['a draft', { model: 'm', draft_files: { a: 'sha256:0' } }, { draftFiles: { a: 'sha256:0' } }],
    ['no drafts', { model: 'm', draft_files: {} }, {}],
    ['one license', { model: 'm', license: 'MIT' }, { licenses: ['MIT'] }],
    ['licenses', { model: 'm', license: ['MIT', 'BSD'] }, { licenses: ['MIT', 'BSD'] }],
    ['an empty license', { model: 'm', license: '' }, {}],
    ['empty texts', { model: 'm', template: '', system: '', from: '' }, {}],
    [
      'everything else',
      {
        model: 'm',
        template: 't',
        system: 's',
        parameters: { stop: ['x'] },
        messages: [{ role: 'User', content: 'hi' }],
        renderer: 'r',
        parser: 'p',
        requires: '1',
        info: { base_name: 'b' },
      },
      {
        template: 't',
        system: 's',
        parameters: { stop: ['x'] },
        messages: [{ role: 'user', content: 'hi' }],
        renderer: 'r',
        parser: 'p',
        requires: '1',
        info: { base_name: 'b' },
      },
    ],
  ])('with %s', async (_name, body, expected) => {
    const { call, calls } = await start();
    await call('POST', '/api/create', { body });
    expect(calls.create).toEqual([{ model: 'm', licenses: [], ...expected }]);
  });

  it.each<[string, unknown, number, string]>([
    ['no body', '', 400, 'missing request body'],
    [
      'odd files',
      { model: 'm', files: ['x'] },
      400,
      'json: cannot unmarshal array into Go struct field CreateRequest.files of type map[string]string',
    ],
    [
      'odd digests',
      { model: 'm', files: { x: 1 } },
      400,
      'json: cannot unmarshal number into Go struct field CreateRequest.files of type string',
    ],
    [
      'an odd license',
      { model: 'm', license: { a: 1 } },
      400,
      'license must be a string or a list of strings',
    ],
    [
      'draft_quantize alone',
      { model: 'm', draft_quantize: 'q8_0' },
      400,
      '--draft-quantize requires a DRAFT model',
    ],
    ['a remote that is none', { model: 'm', remote_host: 'a b' }, 400, 'bad remote'],
    [
      'a draft of a remote',
      { model: 'm', remote_host: 'x', draft_files: { a: 'b' } },
      400,
      'DRAFT cannot be used with remote models',
    ],
    ['a remote', { model: 'm', remote_host: 'x' }, 501, 'remote models are not implemented yet'],
  ])('refuses %s', async (_name, body, status, error) => {
    const { call, calls } = await start();
    const reply = await call('POST', '/api/create', { body });
    expect(reply).toMatchObject({ status, text: JSON.stringify({ error }) });
    expect(calls.create).toEqual([]);
  });
});

describe('progress', () => {
  const steps: Progress[] = [
    { status: 'copying', digest: 'sha256:0', total: 10, completed: 0 },
    { status: 'copying', digest: 'sha256:0', total: 10, completed: 10 },
    { status: 'success' },
  ];
  async function* progress(...items: readonly (Progress | Error)[]): AsyncGenerator<Progress> {
    for (const item of items) {
      if (item instanceof Error) throw item;
      yield item;
    }
  }
  const bad = new CriaError('invalid_gguf', 'supplied file was not in GGUF format');

  it('streams', async () => {
    const { call } = await start({ library: { create: () => progress(...steps) } });
    const reply = await call('POST', '/api/create', { body: { model: 'm' } });
    expect(reply.headers['content-type']).toBe('application/x-ndjson');
    expect(lines(reply.text)).toEqual([
      { status: 'copying', digest: 'sha256:0', total: 10 },
      { status: 'copying', digest: 'sha256:0', total: 10, completed: 10 },
      { status: 'success' },
    ]);
  });

  it('is its last line for those who do not stream', async () => {
    const { call } = await start({ library: { create: () => progress(...steps) } });
    const reply = await call('POST', '/api/create', { body: { model: 'm', stream: false } });
    expect(reply).toMatchObject({ status: 200, text: '{"status":"success"}' });
    expect(reply.headers['content-type']).toBe('application/json');
  });

  it('fails with a status before the first line, with a line after it', async () => {
    const early = await start({ library: { create: () => progress(bad) } });
    const refused = await early.call('POST', '/api/create', { body: { model: 'm' } });
    expect(refused).toMatchObject({ status: 400, text: `{"error":"${bad.message}"}` });
    expect(refused.headers['content-type']).toBe('application/json');

    const late = await start({ library: { create: () => progress({ status: 'parsing GGUF' }, bad) } });
    const reply = await late.call('POST', '/api/create', { body: { model: 'm' } });
    expect(reply.status).toBe(200);
    expect(lines(reply.text)).toEqual([{ status: 'parsing GGUF' }, { error: bad.message }]);
    const whole = await late.call('POST', '/api/create', { body: { model: 'm', stream: false } });
    expect(whole).toMatchObject({ status: 400, text: `{"error":"${bad.message}"}` });
  });
});
