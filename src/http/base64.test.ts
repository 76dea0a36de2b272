import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64 } from './base64.ts';

describe('decodeBase64', () => {
  it('reverses the encoding, with line breaks anywhere', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.array(fc.nat(100)), (bytes, cuts) => {
        let text = Buffer.from(bytes).toString('base64');
        for (const cut of cuts) text = `${text.slice(0, cut)}\r\n${text.slice(cut)}`;
        expect([...decodeBase64(text)]).toEqual([...bytes]);
      }),
    );
  });

  // security lesson: CVE-2025-15514, bad base64 must not get as far as an image decoder.
  // The offsets are those of Go's encoding/base64.
  it.each([
    ['data:image/png;base64,AAAA', 4],
    ['AAA', 0],
    ['AAAAAA', 4],
    ['AAAA!AAA', 4],
    ['AA-_', 2],
    ['A===', 1],
    ['=AAA', 0],
    ['AA=A', 2],
    ['AA=', 3],
    ['AA==AA==', 4],
    ['AAA=A', 4],
    ['AAAA====', 4],
    ['héllo', 1],
    ['AAAAA', 4],
  ])('refuses %j', (text, offset) => {
    expect(() => decodeBase64(text)).toThrow(`illegal base64 data at input byte ${offset}`);
  });

  it('refuses what it does not decode exactly', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), (text) => {
        let bytes: Uint8Array;
        try {
          bytes = decodeBase64(text);
        } catch {
          return;
        }
        expect(Buffer.from(bytes).toString('base64').length).toBe(text.replace(/[\r\n]/g, '').length);
      }),
    );
  });
});
