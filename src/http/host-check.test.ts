import { describe, expect, it } from 'vitest';
import { createHostCheck, type HostVerdict } from './host-check.ts';
import { start } from './testdata/harness.ts';

const machine = { hostname: 'gpu-box', addresses: () => ['203.0.113.9', '2001:db8::9', 'fe80::1'] };
const check = createHostCheck(['llama.example', '*.corp.example', 'with-port.example:8080'], machine);

describe('the Host check', () => {
  it.each<[string | undefined, HostVerdict]>([
    // addresses
    ['127.0.0.1', 'address'],
    ['127.0.0.1:11434', 'address'],
    ['127.9.8.7', 'address'],
    ['0.0.0.0:11434', 'address'],
    ['10.1.2.3', 'address'],
    ['172.16.0.1:80', 'address'],
    ['172.32.0.1', 'refused'],
    ['192.168.1.1', 'address'],
    ['203.0.113.9', 'address'],
    ['203.0.113.10', 'refused'],
    ['8.8.8.8', 'refused'],
    ['169.254.169.254', 'refused'],
    ['[::1]', 'address'],
    ['[::1]:11434', 'address'],
    ['::1', 'address'],
    ['[::]:1', 'address'],
    ['[fd00::1]', 'address'],
    ['[::ffff:127.0.0.1]', 'address'],
    ['[::ffff:8.8.8.8]', 'refused'],
    ['[2001:db8::9]:80', 'address'],
    ['[2001:db8::a]:80', 'refused'],
    ['[fe80::1%eth0]', 'address'],
    // names
    [undefined, 'name'],
    ['', 'name'],
    [':11434', 'name'],
    ['localhost', 'name'],
    ['LOCALHOST:11434', 'name'],
    ['gpu-box:11434', 'name'],
    ['GPU-Box', 'name'],
    ['a.localhost', 'name'],
    ['nas.local:80', 'name'],
    ['host.docker.internal', 'name'],
    ['llama.example', 'name'],
    ['LLAMA.example:99', 'name'],
    ['with-port.example', 'name'],
    ['a.b.corp.example', 'name'],
    // what a rebinding page sends
    ['evil.example', 'refused'],
    ['evil.example:11434', 'refused'],
    ['corp.example', 'refused'],
    ['evilcorp.example', 'refused'],
    ['localhost.evil.example', 'refused'],
    ['127.0.0.1.evil.example', 'refused'],
    ['local', 'refused'],
    ['2130706433', 'refused'],
    ['0x7f.1', 'refused'],
    ['127.1', 'refused'],
    ['localhost:80@evil.example', 'refused'],
    ['[::1', 'refused'],
    ['[evil.example]', 'refused'],
  ])('%j: %s', (host, verdict) => {
    expect(check(host)).toBe(verdict);
  });

  it('can be opened to every name', () => {
    expect(createHostCheck(['*'], machine)('evil.example')).toBe('name');
  });
});

// security lesson: CVE-2024-28224, DNS rebinding
describe('DNS rebinding', () => {
  it.each(['127.0.0.1', '0.0.0.0'])('is refused when listening on %s', async (listenHost) => {
    const { call, calls, logLines } = await start({}, { machine }, listenHost);
    const reply = await call('POST', '/api/generate', {
      body: { model: 'm', prompt: 'x' },
      headers: { host: 'evil.example:11434' },
    });
    expect(reply).toMatchObject({ status: 403, text: '' });
    expect(calls.generate).toEqual([]);
    expect(logLines[0]).toMatch(/WARN .*evil\.example.*CRIA_ALLOWED_HOSTS/);
  });

  it('answers OPTIONS for known names, not for addresses', async () => {
    const { call } = await start({}, { machine });
    expect((await call('OPTIONS', '/api/chat', { headers: { host: 'localhost' } })).status).toBe(204);
    expect((await call('OPTIONS', '/api/chat', { headers: { host: '127.0.0.1' } })).status).toBe(405);
    expect((await call('OPTIONS', '/api/chat', { headers: { host: 'evil.example' } })).status).toBe(403);
  });
});
