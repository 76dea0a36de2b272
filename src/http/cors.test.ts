import { describe, expect, it } from 'vitest';
import { createCors } from './cors.ts';
import { start } from './testdata/harness.ts';

const allowHeaders =
  'Authorization,Content-Type,User-Agent,Accept,X-Requested-With,Openai-Beta,X-Stainless-Arch,X-Stainless-Async,X-Stainless-Custom-Poll-Interval,X-Stainless-Helper-Method,X-Stainless-Lang,X-Stainless-Os,X-Stainless-Package-Version,X-Stainless-Poll-Helper,X-Stainless-Retry-Count,X-Stainless-Runtime,X-Stainless-Runtime-Version,X-Stainless-Timeout';

describe('origins', () => {
  it.each<[string, boolean]>([
    ['http://localhost', true],
    ['https://localhost', true],
    ['http://localhost:3000', true],
    ['https://127.0.0.1:8443', true],
    ['http://0.0.0.0:1', true],
    ['app://obsidian.md', true],
    ['file://', true],
    ['tauri://localhost', true],
    ['vscode-webview://abc', true],
    ['vscode-file://vscode-app', true],
    ['http://example.org', true],
    ['https://a.trusted.example', true],
    ['chrome-extension://abc', true],
    ['https://trusted.example', false],
    ['http://localhost.evil.example', false],
    ['http://localhostevil', false],
    ['http://evil.example', false],
    ['https://example.org', false],
    ['null', false],
    ['http://192.168.1.5', false],
    ['ftp://localhost', false],
  ])('%s: %s', async (origin, isAllowed) => {
    const { call, calls } = await start(
      {},
      { origins: ['http://example.org', 'https://*.trusted.example', 'chrome-extension://*'] },
    );
    const body = { model: 'm', prompt: 'x', stream: false };
    const reply = await call('POST', '/api/generate', { body, headers: { origin } });
    if (isAllowed) {
      expect(reply.status).toBe(200);
      expect(reply.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' });
    } else {
      expect(reply).toMatchObject({ status: 403, text: '' });
      expect(reply.headers).not.toHaveProperty('access-control-allow-origin');
      expect(calls.generate).toEqual([]);
    }
  });

  it('answers a preflight on any path, before the Host check', async () => {
    const { call } = await start();
    const headers = { origin: 'http://localhost:3000', host: 'evil.example' };
    for (const path of ['/api/chat', '/nothing/here']) {
      const reply = await call('OPTIONS', path, { headers });
      expect(reply.status).toBe(204);
      expect(reply.headers).toMatchObject({
        'access-control-allow-origin': 'http://localhost:3000',
        'access-control-allow-methods': 'GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS',
        'access-control-allow-headers': allowHeaders,
        'access-control-max-age': '43200',
        vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
      });
      expect(reply.headers).not.toHaveProperty('access-control-allow-credentials');
    }
  });

  it('has no headers for the same origin, or for none', async () => {
    const { call, port } = await start();
    const cases: Record<string, string>[] = [
      {},
      { host: `127.0.0.1:${port}`, origin: `http://127.0.0.1:${port}` },
    ];
    for (const headers of cases) {
      const reply = await call('GET', '/api/version', { headers });
      expect(reply.status).toBe(200);
      expect(reply.headers).not.toHaveProperty('access-control-allow-origin');
      expect(reply.headers).not.toHaveProperty('vary');
    }
  });

  it('does not take the same origin for a known host', async () => {
    const { call } = await start();
    const headers = { host: 'evil.example', origin: 'http://evil.example' };
    expect((await call('GET', '/api/tags', { headers })).status).toBe(403);
  });

  it('can be opened to all', async () => {
    const { call } = await start({}, { origins: ['*'] });
    const reply = await call('GET', '/api/version', { headers: { origin: 'http://anyone.example' } });
    expect(reply.headers['access-control-allow-origin']).toBe('*');
    expect(reply.headers).not.toHaveProperty('vary');
  });

  it.each([
    ['example.org', 'must contain * or begin with http://'],
    ['ftp://example.org', 'must contain *'],
    ['http://*.a.*', 'more than one *'],
    ['', 'must contain *'],
  ])('refuses to start with %j', (origin, message) => {
    expect(() => createCors([origin])).toThrow(message);
  });
});
