import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Detokenizer, PieceCache } from './detokenizer.ts';

function decode(pieces: readonly Uint8Array[]): string[] {
  const cache = new PieceCache({ piece: (token) => pieces[token] ?? new Uint8Array(0) });
  const detokenizer = new Detokenizer();
  const texts = pieces.map((_, token) => detokenizer.add(cache.get(token)));
  return [...texts, detokenizer.end()];
}

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('Detokenizer', () => {
  it('never splits a character', () => {
    expect(decode([bytes(0xf0), bytes(0x9f, 0x91), bytes(0x8d), bytes(0x21)])).toEqual([
      '',
      '',
      '👍',
      '!',
      '',
    ]);
    expect(decode([bytes(0x61, 0xc3), bytes(0xa9, 0x62)])).toEqual(['a', 'éb', '']);
  });

  it.each([
    ['an incomplete character at the end', [bytes(0x61, 0xe2, 0x82)], ['a', '\ufffd']],
    ['a byte that begins nothing', [bytes(0xff), bytes(0x61)], ['\ufffd', 'a', '']],
    ['a lone continuation', [bytes(0x80, 0x61)], ['\ufffda', '']],
    ['a character that is not finished', [bytes(0xe2), bytes(0x61)], ['', '\ufffda', '']],
    ['more continuations than a character has', [bytes(0xc3, 0xa9, 0x80, 0x80)], ['é\ufffd\ufffd', '']],
    ['a byte order mark, which is kept', [bytes(0xef, 0xbb, 0xbf, 0x61)], ['\ufeffa', '']],
    ['nothing', [bytes()], ['', '']],
  ])('%s', (_, pieces, expected) => {
    expect(decode(pieces)).toEqual(expected);
  });

  it('gives what decoding the whole gives', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 5 }),
      fc.string({ unit: 'grapheme' }).map((s) => Buffer.from(s)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        expect(decode(pieces).join('')).toBe(Buffer.concat(pieces).toString('utf8'));
      }),
    );
  });
});

describe('PieceCache', () => {
  it('reads each piece once', () => {
    const pieces = ['a', 'b', 'a', '', 'é'];
    let reads = 0;
    const cache = new PieceCache({
      piece: (token) => {
        reads++;
        return Buffer.from(pieces[token] ?? '');
      },
    });
    expect(cache.get(0).ascii).toBe('a');
    expect(cache.get(0).ascii).toBe('a');
    expect(cache.get(4).ascii).toBeUndefined();
    expect(reads).toBe(2);
  });
});
