import { describe, expect, it } from 'vitest';
import { parseHost } from './host.ts';

describe('parseHost', () => {
  it.each<[string, string, string, number]>([
    ['', 'http', '127.0.0.1', 11434],
    ['1.2.3.4', 'http', '1.2.3.4', 11434],
    ['1.2.3.4:1234', 'http', '1.2.3.4', 1234],
    [':1234', 'http', '', 1234],
    ['0.0.0.0', 'http', '0.0.0.0', 11434],
    ['example.com', 'http', 'example.com', 11434],
    ['example.com:', 'http', 'example.com', 11434],
    ['example.com:0', 'http', 'example.com', 0],
    ['http://example.com', 'http', 'example.com', 80],
    ['http://example.com:1234', 'http', 'example.com', 1234],
    ['https://example.com', 'https', 'example.com', 443],
    ['HTTPS://example.com', 'https', 'example.com', 443],
    ['ftp://example.com', 'http', 'example.com', 11434],
    ['ollama.com', 'https', 'ollama.com', 443],
    ['::1', 'http', '::1', 11434],
    ['[::1]', 'http', '::1', 11434],
    ['[::1]:1337', 'http', '::1', 1337],
    ['0001:002:003:0004::1', 'http', '1:2:3:4::1', 11434],
    ['[0001:002:003:0004::1]:1337', 'http', '1:2:3:4::1', 1337],
    ['http://[::1]', 'http', '::1', 80],
    ['1.2.3.4:66000', 'http', '1.2.3.4', 11434],
    ['1.2.3.4:-1', 'http', '1.2.3.4', 11434],
    ['https://1.2.3.4:x', 'https', '1.2.3.4', 443],
  ])('%s', (text, scheme, hostname, port) => {
    expect(parseHost(text)).toMatchObject({ scheme, hostname, port, path: '' });
  });

  it.each<[string, string]>([
    ['', 'http://127.0.0.1:11434'],
    [':1234', 'http://127.0.0.1:1234'],
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    ['[::]:80', 'http://[::1]:80'],
    ['https://example.com/llama/', 'https://example.com:443/llama'],
    ['example.com/a/b', 'http://example.com:11434/a/b'],
  ])('clients of %j connect to %s', (text, url) => {
    expect(parseHost(text).url).toBe(url);
  });

  it.each<[string, boolean]>([
    ['', true],
    ['localhost:1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['0.0.0.0', true],
    ['::', true],
    ['10.0.0.1', false],
    ['127.example.com', false],
    ['example.com', false],
  ])('%j is on this machine: %s', (text, expected) => {
    expect(parseHost(text).isLocal).toBe(expected);
  });
});
