/**
 * Tiny random models that the transformers library saved (scripts/convert-reference.py): what llama.cpp computes with the
 * converted file must be what transformers computed.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readGgufHeader } from '../gguf/reader.ts';
import { summarizeGguf } from '../gguf/summary.ts';
import { writeGguf } from '../gguf/writer.ts';
import { convertFolder } from './convert.ts';
import type { FloatType } from './floats.ts';
import { loadNative } from './testdata/native-logits.ts';

const models = path.join(import.meta.dirname, 'testdata/models');
const families = readdirSync(models);
const encoders = ['bert', 'nomic-bert', 'xlm-roberta', 'xlm-roberta-rank'];
const decoders = families.filter((name) => !encoders.includes(name));

interface Expected {
  readonly tokens: number[];
  readonly texts: { readonly text: string; readonly tokens: number[] }[];
  /** Position → logits. */
  readonly logits?: Record<string, number[]>;
  /** Mean over the tokens, or the score of a reranker. */
  readonly embedding?: number[];
}

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'cria-convert-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function filesOf(name: string): Map<string, string> {
  const root = path.join(models, name);
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return new Map(names.map((file) => [file.replaceAll(path.sep, '/'), path.join(root, file)]));
}

async function convert(name: string, type?: FloatType): Promise<string> {
  await using conversion = await convertFolder(filesOf(name), { type });
  const target = path.join(dir, `${name}-${type ?? 'auto'}.gguf`);
  await writeGguf(target, conversion.content);
  return target;
}

function expectedOf(name: string): Expected {
  return JSON.parse(readFileSync(path.join(models, name, 'expected.json'), 'utf8'));
}

function worstDifference(actual: ArrayLike<number>, wanted: readonly number[]): number {
  return wanted.reduce((max, value, i) => Math.max(max, Math.abs(value - (actual[i] ?? Number.NaN))), 0);
}

it.each(decoders)('%s computes the same logits', async (name) => {
  const { tokens, logits = {} } = expectedOf(name);
  using model = await loadNative(await convert(name, 'F32'));
  const rows = model.logits(tokens);
  expect(Object.keys(logits)).toHaveLength(3);
  for (const [position, wanted] of Object.entries(logits))
    expect(worstDifference(rows[Number(position)] ?? [], wanted)).toBeLessThan(1e-3);
});

it.each(encoders)('%s computes the same embedding', async (name) => {
  const { tokens, embedding = [] } = expectedOf(name);
  using model = await loadNative(await convert(name, 'F32'));
  expect(embedding).toHaveLength(name.endsWith('-rank') ? 1 : 32);
  expect(worstDifference(model.embedding(tokens), embedding)).toBeLessThan(1e-3);
});

describe.each(families)('%s', (name) => {
  it('divides texts into the same tokens', async () => {
    using model = await loadNative(await convert(name, 'F32'));
    for (const { text, tokens } of expectedOf(name).texts)
      expect([text, model.tokenize(text)]).toEqual([text, tokens]);
  });

  it('makes a file that cria accepts', async () => {
    const header = await readGgufHeader(await convert(name));
    const summary = await summarizeGguf(header);
    expect(summary).toMatchObject({ nLayers: name === 'gemma3' ? 7 : 2, nEmbd: 32 });
    const pooling = name.endsWith('-rank') ? 4 : encoders.includes(name) ? 1 : undefined;
    expect(summary.poolingType).toBe(pooling);
    expect(['F16', 'BF16']).toContain(summary.fileType);
  });
});
