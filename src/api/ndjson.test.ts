import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from './ndjson.ts';
import { collect } from './testdata/collect.ts';

async function* pieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const size of sizes) {
    yield bytes.subarray(start, start + size);
    start += size;
  }
  yield bytes.subarray(start);
}

async function lines(text: string, sizes: readonly number[] = [], maxLineBytes = 1024): Promise<string[]> {
  return collect(readLines(pieces(Buffer.from(text), sizes), maxLineBytes));
}

describe('readLines', () => {
  it.each([
    ['', []],
    ['a\n', ['a']],
    ['a', ['a']],
    ['a\nb', ['a', 'b']],
    ['\n\na\r\n\n', ['a']],
  ])('%j', async (text, expected) => {
    expect(await lines(text)).toEqual(expected);
  });

  it('gives the same lines however the bytes are cut', async () => {
    const line = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).map((s) => JSON.stringify(s));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat(7)), async (texts, sizes) => {
        expect(await lines(texts.map((t) => `${t}\n`).join(''), sizes)).toEqual(texts);
      }),
    );
  });

  it('refuses a line without an end before it fills the memory', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.alloc(100, 'x');
    }
    await expect(collect(readLines(endless(), 1000))).rejects.toThrow('more than 1000 bytes');
  });

  it('counts each line for itself', async () => {
    expect(await lines('aaaa\nbbbb\ncccc\n', [3, 3, 3], 4)).toEqual(['aaaa', 'bbbb', 'cccc']);
    await expect(lines('aaaa\nbbbbb\n', [], 4)).rejects.toThrow('more than 4 bytes');
  });
});
