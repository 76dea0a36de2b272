/** Tokenizes llama.cpp's own test texts with its real vocabularies, through the code that answers tokenize requests. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Library } from '../native/library.ts';
import { Model } from '../native/model.ts';
import { tokenizeText } from './text-tokens.ts';
import { useWordPiece } from './word-piece.ts';

const modules = path.resolve(import.meta.dirname, '../../node_modules');
const bundle = path.join(modules, 'node-llama-cpp/llama/gitRelease.bundle');
const cache = path.join(modules, '.cache/cria');

/** Folder of the vocabularies, unpacked once for a version of the bundle; undefined, after a word on why, when it cannot be. */
function vocabularies(): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(path.join(modules, 'node-llama-cpp/package.json'), 'utf8'));
    const target = path.join(cache, `llama-vocabularies-${version}`);
    if (existsSync(target)) return target;
    mkdirSync(cache, { recursive: true });
    const work = mkdtempSync(path.join(cache, 'unpack-'));
    try {
      const git = (...args: string[]): unknown => execFileSync('git', args, { cwd: work, stdio: 'pipe' });
      git('clone', '--quiet', '--no-checkout', bundle, 'llama');
      git('-C', 'llama', 'checkout', '--quiet', 'HEAD', '--', 'models/ggml-vocab-*');
      renameSync(path.join(work, 'llama/models'), target);
    } catch (error) {
      if (!existsSync(target)) throw error; // else another test process was faster
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
    return target;
  } catch (error) {
    process.stderr.write(`SKIPPED: the vocabularies of llama.cpp cannot be unpacked: ${error}\n`);
    return undefined;
  }
}

const folder = vocabularies();
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
