import { describe, expect, it } from 'vitest';
import { digestHex, digestOf, parseDigest, tryParseDigest } from './digest.ts';

const hex = '0123456789abcdef'.repeat(4);

describe('parseDigest', () => {
  it.each([`sha256:${hex}`, `sha256-${hex}`, `SHA256:${hex.toUpperCase()}`, `sha256-${hex.toUpperCase()}`])(
    'reads %s',
    (text) => {
      expect(parseDigest(text)).toBe(`sha256:${hex}`);
      expect(digestHex(parseDigest(text))).toBe(hex);
    },
  );

  it.each([
    '',
    hex,
    `sha256${hex}`,
    `sha256:${hex.slice(1)}`,
    `sha256:${hex}0`,
    `sha256:${hex}\n`,
    ` sha256:${hex}`,
    `sha512:${hex}`,
    `sha256:${'g'.repeat(64)}`,
    `sha256:../../../../../../../../../../../../../../../../../../../../../../etc/passwd`,
    `sha256:${'../'.repeat(21)}x`,
    `sha256-${'.'.repeat(64)}`,
    `sha256:${'/'.repeat(64)}`,
    `sha256:${'\0'.repeat(64)}`,
    `../sha256-${hex}`,
    `sha256:${hex.slice(0, 60)}/../`,
  ])('CVE-2024-37032, CVE-2026-7020: refuses %j', (text) => {
    expect(tryParseDigest(text)).toBeUndefined();
    expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: 'invalid_digest' }));
  });
});

it('digestOf hashes bytes', () => {
  expect(digestOf(Buffer.from('abc'))).toBe(
    'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});
