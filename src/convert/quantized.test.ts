/** What llama.cpp's quantizer makes of a converted file still computes nearly the same. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readGgufHeader } from '../gguf/reader.ts';
import { quantizationOf } from '../gguf/summary.ts';
import { Library } from '../native/library.ts';
import { quantizeFile } from '../native/quantize.ts';
import { loadNative } from './testdata/native-logits.ts';
import { converter } from './write-file.ts';

const folder = path.join(import.meta.dirname, 'testdata/models/llama');
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'cria-quantized-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('Q8_0', async () => {
  const files = new Map(readdirSync(folder).map((name) => [name, path.join(folder, name)]));
  const source = path.join(dir, 'f16.gguf');
  const target = path.join(dir, 'q8_0.gguf');
  await converter.model({ files, target: source, type: 'F16' }, { signal: new AbortController().signal });
  quantizeFile(Library.load(undefined), source, target, { fileType: 7, nThreads: 1 });
  const header = await readGgufHeader(target);
  expect(quantizationOf(header)).toBe('Q8_0');
  expect(header.tensors.find(({ name }) => name === 'blk.0.attn_q.weight')?.type).toBe('Q8_0');
  const { tokens, logits } = JSON.parse(readFileSync(path.join(folder, 'expected.json'), 'utf8'));
  using model = await loadNative(target);
  const row = model.logits(tokens)[23] ?? new Float32Array();
  const wanted: number[] = logits[23];
  const worst = wanted.reduce((max, value, i) => Math.max(max, Math.abs(value - (row[i] ?? Number.NaN))), 0);
  expect(worst).toBeLessThan(0.2);
  expect(worst).toBeGreaterThan(0);
});
