/** Tokenizes llama.cpp's own test texts with its real vocabularies, through the code that answers tokenize requests. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Library } from '../native/library.ts';
import { Model } from '../native/model.ts';
import { llamaVocabularies } from './testdata/llama-vocabularies.ts';
import { tokenizeText } from './text-tokens.ts';
import { useWordPiece } from './word-piece.ts';

const folder = llamaVocabularies();
const files = folder === undefined ? [] : readdirSync(folder).filter((file) => file.endsWith('.gguf.inp'));

describe.skipIf(folder === undefined)('real vocabularies', () => {
  it('are there', () => expect(files.length).toBeGreaterThan(10));

  it.each(files.map((file) => file.slice(0, -'.inp'.length)))(
    '%s',
    async (file) => {
      const at = path.join(folder ?? '', file);
      const texts = readFileSync(`${at}.inp`, 'utf8').split('\n__ggml_vocab_test__\n');
      const expected = readFileSync(`${at}.out`, 'utf8')
        .split('\n')
        .map((line) =>
          line
            .split(' ')
            .filter((id) => id !== '')
            .map(Number),
        );
      const model = await Model.load(Library.load(undefined), at, {
        nGpuLayers: 0,
        mainGpu: undefined,
        useMmap: true,
        vocabOnly: true,
      });
      try {
        useWordPiece(model);
        expect(texts.length).toBeGreaterThan(20);
        for (const [i, text] of texts.entries()) {
          const { tokens, pieces } = tokenizeText(model.vocab, {
            text,
            addSpecial: false,
            parseSpecial: false,
            withPieces: true,
          });
          expect({ text, tokens }).toEqual({ text, tokens: expected[i] });
          expect(pieces?.length).toBe(tokens.length);
        }
      } finally {
        model[Symbol.dispose]();
      }
    },
    60_000,
  );
});
