import { expect, it } from 'vitest';
import { createProxyChooser } from './proxy.ts';

const settings = { http: 'http://proxy:1', https: 'secure-proxy:2', none: [] as string[] };

it.each<[string, string[], string | undefined]>([
  ['http://a.com/', [], 'http://proxy:1/'],
  ['https://a.com/', [], 'http://secure-proxy:2/'],
  ['https://localhost/', [], undefined],
  ['http://127.0.0.1:5000/', [], undefined],
  ['http://[::1]/', [], undefined],
  ['https://a.com/', ['*'], undefined],
  ['https://a.com/', ['a.com'], undefined],
  ['https://A.com/', ['a.COM'], undefined],
  ['https://x.a.com/', ['a.com'], undefined],
  ['https://x.a.com/', ['*.a.com'], undefined],
  ['https://a.com/', ['.a.com'], 'http://secure-proxy:2/'],
  ['https://ba.com/', ['a.com'], 'http://secure-proxy:2/'],
  ['https://a.com/', ['a.com:443'], undefined],
  ['https://a.com:444/', ['a.com:443'], 'http://secure-proxy:2/'],
  ['https://10.2.3.4/', ['10.0.0.0/8'], undefined],
  ['https://11.2.3.4/', ['10.0.0.0/8', '10.0.0.0/99', 'x/8'], 'http://secure-proxy:2/'],
  ['https://10.2.3.4/', ['2.3.4'], 'http://secure-proxy:2/'],
  ['https://[2001:4860::1]/', ['2001:4860::/32'], undefined],
])('%s without %j goes through %s', (url, none, proxy) => {
  expect(createProxyChooser({ ...settings, none })(new URL(url))?.href).toBe(proxy);
});

it('takes what is no URL for no proxy', () => {
  const choose = createProxyChooser({ http: 'http://[', https: '', none: [] });
  expect(choose(new URL('http://a.com'))).toBeUndefined();
  expect(choose(new URL('https://a.com'))).toBeUndefined();
});
