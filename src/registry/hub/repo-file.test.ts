import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCriaError } from '../../errors.ts';
import { nextPage, parseTreePage } from './repo-file.ts';

const oid = 'ab'.repeat(32);
const parse = (value: unknown) => parseTreePage(Buffer.from(JSON.stringify(value)), 'hub');

describe('parseTreePage', () => {
  it('reads large and small files', () => {
    expect(
      parse([
        { type: 'directory', path: 'Q8_0', size: 0, oid: 'x' },
        { type: 'file', path: 'Q8_0/m.gguf', size: 7, oid: 'x', lfs: { oid, size: 7 }, xetHash: 'y' },
        { type: 'file', path: 'params', size: 3, oid: 'x' },
      ]),
    ).toEqual([
      { path: 'Q8_0/m.gguf', sizeBytes: 7, digest: `sha256:${oid}` },
      { path: 'params', sizeBytes: 3, digest: undefined },
    ]);
  });

  it.each<[string, unknown]>([
    ['a way out of the repository', { path: '../m.gguf' }],
    ['a way out in the middle', { path: 'a/../../m.gguf' }],
    ['an absolute path', { path: '/m.gguf' }],
    ['control characters', { path: 'm\n.gguf' }],
    ['a long path', { path: 'm'.repeat(2000) }],
    ['no path', { path: 7 }],
    ['a negative size', { size: -1 }],
    ['a fractional size', { size: 0.5 }],
    ['no size', { size: undefined }],
    ['no type', { type: undefined }],
  ])('leaves out %s', (_name, change) => {
    expect(parse([{ type: 'file', path: 'm.gguf', size: 1, ...(change as object) }])).toEqual([]);
  });

  it('believes no digest that is none', () => {
    const file = { type: 'file', path: 'm.gguf', size: 1 };
    for (const bad of ['', '../x', oid.slice(1), 7, null])
      expect(parse([{ ...file, lfs: { oid: bad, size: 1 } }])[0]?.digest).toBeUndefined();
  });

  it('takes any bytes for a list of sound files, or refuses them', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          for (const { path, sizeBytes } of parseTreePage(Buffer.from(text), 'hub')) {
            expect(path).not.toMatch(/(^|\/)\.{0,2}(\/|$)/);
            expect(sizeBytes).toBeGreaterThanOrEqual(0);
          }
        } catch (error) {
          expect(isCriaError(error, 'upstream')).toBe(true);
        }
      }),
    );
  });
});

describe('nextPage', () => {
  it.each<[string | undefined, string | undefined]>([
    ['<https://hub/a?cursor=b%3D>; rel="next"', 'https://hub/a?cursor=b%3D'],
    ['<https://hub/a>; rel="prev", <https://hub/b>; rel="next"', 'https://hub/b'],
    ['<https://hub/b>;rel=next', 'https://hub/b'],
    ['<https://hub/a>; rel="prev"', undefined],
    ['<>; rel="next"', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s', (header, expected) => {
    expect(nextPage(header)).toBe(expected);
  });
});
