import { describe, expect, it } from 'vitest';
import { CriaError } from '../../errors.ts';
import type { Progress } from '../../library/types.ts';
import { lines, start } from '../testdata/harness.ts';

describe.each(['pull', 'push'] as const)('POST /api/%s', (direction) => {
  const digest = `sha256:${'a'.repeat(64)}`;
  async function* progress(): AsyncGenerator<Progress> {
    yield { status: 'first' };
    yield { status: 'moving', digest, total: 10, completed: 0 };
    yield { status: 'moving', digest, total: 10, completed: 10 };
    yield { status: 'success' };
  }
  async function* failing(): AsyncGenerator<Progress> {
    yield { status: 'first' };
    throw new CriaError('upstream', 'pull model manifest: file does not exist');
  }

  it('streams lines, without counts that are zero', async () => {
    const { call } = await start({ library: { [direction]: progress } });
    const reply = await call('POST', `/api/${direction}`, { body: { model: 'm' } });
    expect(reply).toMatchObject({ status: 200, headers: { 'content-type': 'application/x-ndjson' } });
    expect(lines(reply.text)).toEqual([
      { status: 'first' },
      { status: 'moving', digest, total: 10 },
      { status: 'moving', digest, total: 10, completed: 10 },
      { status: 'success' },
    ]);
  });

  it('answers with the last line alone when asked to', async () => {
    const { call } = await start({ library: { [direction]: progress } });
    const reply = await call('POST', `/api/${direction}`, { body: { model: 'm', stream: false } });
    expect(reply).toMatchObject({ status: 200, text: '{"status":"success"}' });
    expect(reply.headers['content-type']).toBe('application/json');
  });

  it('passes on the name, old and new, and insecure', async () => {
    const { call, calls } = await start();
    await call('POST', `/api/${direction}`, { body: { name: 'old', username: 'me', password: 'secret' } });
    await call('POST', `/api/${direction}`, { body: { model: 'new', name: 'old', insecure: true } });
    expect(calls.other).toEqual([
      [direction, { model: 'old', insecure: false }],
      [direction, { model: 'new', insecure: true }],
    ]);
  });

  it('tells errors in the stream once it has begun, as a status otherwise', async () => {
    const { call } = await start({ library: { [direction]: failing } });
    const error = 'pull model manifest: file does not exist';
    const streamed = await call('POST', `/api/${direction}`, { body: { model: 'm' } });
    expect(streamed.status).toBe(200);
    expect(lines(streamed.text)).toEqual([{ status: 'first' }, { error }]);
    const whole = await call('POST', `/api/${direction}`, { body: { model: 'm', stream: false } });
    expect(whole).toMatchObject({ status: 500, text: JSON.stringify({ error }) });
  });

  it('refuses a request before it begins', async () => {
    const refuse = (): never => {
      throw new CriaError('invalid_model_name', 'invalid model name');
    };
    const { call } = await start({ library: { [direction]: refuse } });
    expect(await call('POST', `/api/${direction}`, { body: { model: '!' } })).toMatchObject({
      status: 400,
      text: '{"error":"invalid model name"}',
    });
    expect(await call('POST', `/api/${direction}`)).toMatchObject({
      status: 400,
      text: '{"error":"missing request body"}',
    });
  });
});
