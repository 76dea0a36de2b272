/**
 * Random adapters that the peft library saved for the tiny models (scripts/adapter-reference.py): llama.cpp must compute with
 * the converted ones what transformers computed.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adapterBaseOf, checkAdapter } from '../../gguf/adapter.ts';
import { readGgufHeader } from '../../gguf/reader.ts';
import { kindOf } from '../../gguf/summary.ts';
import { loadNative } from '../testdata/native-logits.ts';
import { converter } from '../write-file.ts';

const testdata = path.join(import.meta.dirname, '../testdata');
const { signal } = new AbortController();
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'cria-adapter-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function filesOf(folder: string): Map<string, string> {
  return new Map(readdirSync(folder).map((name) => [name, path.join(folder, name)]));
}

function worstDifference(actual: ArrayLike<number>, wanted: readonly number[]): number {
  return wanted.reduce((max, value, i) => Math.max(max, Math.abs(value - (actual[i] ?? Number.NaN))), 0);
}

it.each(readdirSync(path.join(testdata, 'adapters')))('%s computes the same logits', async (name) => {
  const base = path.join(dir, `${name}.gguf`);
  const target = path.join(dir, `${name}-adapter.gguf`);
  await converter.model(
    { files: filesOf(path.join(testdata, 'models', name)), target: base, type: 'F32' },
    { signal },
  );
  const folder = path.join(testdata, 'adapters', name);
  await converter.adapter({ files: filesOf(folder), target, base: [base] }, { signal });

  const header = await readGgufHeader(target);
  expect(kindOf(header)).toBe('adapter');
  checkAdapter(header, adapterBaseOf(await readGgufHeader(base)));
  const expected: { tokens: number[]; logits: Record<string, number[]> } = JSON.parse(
    readFileSync(path.join(folder, 'expected.json'), 'utf8'),
  );
  using plain = await loadNative(base);
  using adapted = await loadNative(base, [target]);
  const [without, rows] = [plain.logits(expected.tokens), adapted.logits(expected.tokens)];
  for (const [position, wanted] of Object.entries(expected.logits)) {
    expect(worstDifference(rows[Number(position)] ?? [], wanted)).toBeLessThan(1e-3);
    expect(worstDifference(without[Number(position)] ?? [], wanted)).toBeGreaterThan(0.05);
  }
});
