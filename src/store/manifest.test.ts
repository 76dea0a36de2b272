import { describe, expect, it } from 'vitest';
import { digestsOf, encodeManifest, parseManifest, totalSize } from './manifest.ts';

const digest = (char: string): string => `sha256:${char.repeat(64)}`;
const layer = { mediaType: 'application/vnd.ollama.image.model', digest: digest('a'), size: 10 };
const config = { mediaType: 'application/vnd.docker.container.image.v1+json', digest: digest('c'), size: 5 };
const parse = (value: unknown) => parseManifest(Buffer.from(JSON.stringify(value)), 'manifest');

describe('parseManifest', () => {
  it('reads layers and config', () => {
    const manifest = parse({ schemaVersion: 2, config, layers: [{ ...layer, from: 'x:latest' }] });
    expect(manifest).toEqual({ config, layers: [{ ...layer, from: 'x:latest' }] });
    expect(totalSize(manifest)).toBe(15);
    expect(digestsOf(manifest)).toEqual([layer.digest, config.digest]);
  });

  it.each([
    ['no config', { layers: [layer] }],
    ['null config', { config: null, layers: [layer] }],
    ['a config without digest', { config: { mediaType: 'x', digest: '', size: 0 }, layers: [layer] }],
    ['extra keys', { annotations: {}, layers: [{ ...layer, urls: [], annotations: { a: 1 } }] }],
    [
      'digests of the other form',
      { layers: [{ ...layer, digest: layer.digest.replace(':', '-').toUpperCase() }] },
    ],
  ])('tolerates %s', (_, value) => {
    expect(parse(value)).toEqual({ config: undefined, layers: [layer] });
  });

  it('tolerates null layers', () => {
    expect(parse({ layers: null }).layers).toEqual([]);
  });

  const hostile: [string, unknown][] = [
    ['a list', []],
    ['null', null],
    ['a number', 7],
    ['layers as an object', { layers: { length: 1e9 } }],
    ['a layer as null', { layers: [null] }],
    ['a layer as text', { layers: ['x'] }],
    ['a layer without digest', { layers: [{ ...layer, digest: undefined }] }],
    ['a digest that leaves the store', { layers: [{ ...layer, digest: 'sha256:../../../etc/passwd' }] }],
    ['a digest as number', { layers: [{ ...layer, digest: 5 }] }],
    ['a negative size', { layers: [{ ...layer, size: -1 }] }],
    ['a fractional size', { layers: [{ ...layer, size: 1.5 }] }],
    ['a size as text', { layers: [{ ...layer, size: '10' }] }],
    ['a size beyond 2^53', { layers: [{ ...layer, size: 2 ** 60 }] }],
    ['no media type', { layers: [{ ...layer, mediaType: 1 }] }],
    ['a hostile config', { config: { ...config, digest: '../x' }, layers: [] }],
    ['too many layers', { layers: new Array(65_537).fill(layer) }],
  ];
  it.each(hostile)('CVE-2025-1975: refuses %s', (_, value) => {
    expect(() => parse(value)).toThrow(expect.objectContaining({ code: 'corrupt_store' }));
  });

  it('refuses what is no JSON', () => {
    expect(() => parseManifest(Buffer.from('{"layers":'), 'manifest of x')).toThrow(
      /manifest of x is not JSON/,
    );
  });
});

it('encodeManifest writes Ollama’s bytes', () => {
  const text = encodeManifest(parse({ config, layers: [{ ...layer, from: 'a<b>:latest' }] })).toString();
  expect(text).toBe(
    `{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"${config.mediaType}","digest":"${config.digest}","size":5},"layers":[{"mediaType":"${layer.mediaType}","digest":"${layer.digest}","size":10,"from":"a\\u003cb\\u003e:latest"}]}\n`,
  );
});
