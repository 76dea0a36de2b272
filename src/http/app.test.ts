import { describe, expect, it } from 'vitest';
import { start } from './testdata/harness.ts';

describe('framework behaviour', () => {
  it.each<[string, string, number, string, Record<string, string | undefined>]>([
    ['GET', '/', 200, 'Ollama is running', { 'content-type': 'text/plain; charset=utf-8' }],
    ['HEAD', '/', 200, '', { 'content-type': 'text/plain; charset=utf-8' }],
    [
      'GET',
      '/api/version',
      200,
      '{"version":"0.33.0"}',
      { 'content-type': 'application/json; charset=utf-8' },
    ],
    ['HEAD', '/api/version', 200, '', {}],
    ['GET', '/api/status', 200, '{"cloud":{"disabled":true,"source":"env"}}', {}],
    ['HEAD', '/api/tags', 200, '', { 'content-type': 'application/json; charset=utf-8' }],
    ['GET', '/nothing', 404, '404 page not found', { 'content-type': 'text/plain; charset=utf-8' }],
    ['POST', '/', 405, '405 method not allowed', { allow: 'GET, HEAD' }],
    ['GET', '/api/show', 405, '405 method not allowed', { allow: 'POST' }],
    ['OPTIONS', '/api/show', 405, '405 method not allowed', { allow: 'POST' }],
    ['GET', '/api/blobs/sha256:0', 405, '405 method not allowed', { allow: 'HEAD, POST' }],
    ['PROPFIND', '/api/show', 405, '405 method not allowed', { allow: 'POST' }],
    ['GET', '/api/tags/', 301, '', { location: '/api/tags' }],
    ['GET', '/api/tags/?a=b?c', 301, '', { location: '/api/tags?a=b?c' }],
    ['POST', '/api/chat/', 307, '', { location: '/api/chat' }],
    ['DELETE', '/api/tags/', 404, '404 page not found', {}],
    ['GET', '//evil.example/', 404, '404 page not found', {}],
    ['GET', '/api/tags?x=1', 200, '{"models":[', {}],
    ['GET', '/%61pi/version', 200, '{"version":"0.33.0"}', {}],
    ['GET', '/%ff', 400, '400 Bad Request', {}],
    ['POST', '/api/blobs/a/b', 404, '404 page not found', {}],
    ['POST', '/v1/responses', 501, '{"error":"POST /v1/responses is not implemented yet"}', {}],
    ['POST', '/v1/chat/completions', 501, '{"error":', {}],
    ['GET', '/v1/models/x', 501, '{"error":', {}],
    ['POST', '/api/me', 401, '{"error":"unauthorized"}', {}],
    ['POST', '/api/signout', 401, '{"error":"you are not currently signed in"}', {}],
    [
      'POST',
      '/api/experimental/web_search',
      403,
      '{"error":"ollama cloud is disabled: web search is unavailable"}',
      {},
    ],
  ])('%s %s is %d', async (method, path, status, text, headers) => {
    const { call } = await start();
    const reply = await call(method, path, { headers: { host: '127.0.0.1' } });
    expect(reply.status).toBe(status);
    if (text === '') expect(reply.text).toBe('');
    else expect(reply.text.slice(0, text.length)).toBe(text);
    expect(reply.headers).toMatchObject(headers);
  });

  it('names its own version in every answer, whatever the answer', async () => {
    const { call } = await start();
    for (const [method, path, headers] of [
      ['GET', '/', {}],
      ['GET', '/nothing', {}],
      ['GET', '/%ff', {}],
      ['POST', '/api/chat', {}],
      ['GET', '/', { host: 'evil.example' }],
      ['GET', '/', { origin: 'http://evil.example' }],
    ] as const) {
      const reply = await call(method, path, { headers });
      expect(reply.headers['x-cria-version']).toBe('0.1.0');
    }
  });

  it('answers 500 to a failure that nobody foresaw, and lives on', async () => {
    const { call, logLines } = await start({
      library: {
        list: async () => {
          throw new TypeError('x is undefined');
        },
      },
    });
    expect(await call('GET', '/api/tags')).toMatchObject({ status: 500, text: '{"error":"x is undefined"}' });
    expect((await call('GET', '/')).status).toBe(200);
    expect(logLines).toHaveLength(1);
    expect(logLines[0]).toMatch(/level=ERROR .*path=\/api\/tags status=500 .*stack="TypeError/);
  });

  it('takes a malformed Content-Type for none', async () => {
    const { call, calls } = await start();
    const headers = { 'content-type': ';;;' };
    expect((await call('POST', '/api/chat', { body: { model: 'm' }, headers })).status).toBe(200);
    expect(calls.chat).toHaveLength(1);
  });
});

describe('the log', () => {
  it('has one line a request and none for health checks', async () => {
    const { call, logLines } = await start();
    await call('GET', '/');
    await call('HEAD', '/');
    await call('GET', '/api/version');
    await call('GET', '/api/tags?secret=1');
    await call('POST', '/api/show', { body: '{' });
    expect(logLines).toHaveLength(2);
    expect(logLines[0]).toMatch(
      /level=INFO msg=request method=GET path=\/api\/tags status=200 duration=[\d.]+ms/,
    );
    expect(logLines[1]).toMatch(
      /level=WARN msg=request method=POST path=\/api\/show status=400 .*error="unexpected EOF"/,
    );
  });

  it('cannot be forged by a path', async () => {
    const { call, logLines } = await start();
    await call('GET', '/a%0Alevel=ERROR');
    expect(logLines).toHaveLength(1);
    expect(logLines[0]?.split('\n')).toHaveLength(2);
  });
});
