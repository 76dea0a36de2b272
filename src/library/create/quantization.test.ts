/** Which quantizations can be had: what is said beforehand is what llama.cpp's quantizer does. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readGgufHeader } from '../../gguf/reader.ts';
import { quantizationOf } from '../../gguf/summary.ts';

import { text, uint32 } from '../../gguf/testdata/tiny-model.ts';
import { type GgufWriteTensor, writeGguf } from '../../gguf/writer.ts';
import { Library } from '../../native/library.ts';
import { quantizeFile } from '../../native/quantize.ts';
import { needsQuantizing, parseQuantization, quantizationNames } from './quantization.ts';

/** llama.h: `enum llama_ftype`, of the types that are refused. */
const refused = {
  Q2_K_S: 21,
  IQ1_S: 24,
  IQ1_M: 31,
  IQ2_XXS: 19,
  IQ2_XS: 20,
  IQ2_S: 28,
  IQ2_M: 29,
  IQ3_XXS: 23,
  IQ3_XS: 22,
};

let dir = '';
let source = '';
beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'cria-quantization-'));
  source = path.join(dir, 'source.gguf');
  // As narrow as the blocks of K-quants allow.
  const width = 256;
  const matrix = (name: string, nRows = width): GgufWriteTensor => {
    const values = Float32Array.from({ length: width * nRows }, (_, i) => Math.sin(i * i));
    return { name, type: 'F32', shape: [width, nRows], data: new Uint8Array(values.buffer) };
  };
  const layer = ['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down'];
  await writeGguf(source, {
    metadata: [
      ['general.architecture', text('llama')],
      ['general.file_type', uint32(0)],
      ['llama.block_count', uint32(1)],
      ['llama.context_length', uint32(64)],
      ['llama.embedding_length', uint32(width)],
      ['llama.feed_forward_length', uint32(width)],
      ['llama.attention.head_count', uint32(4)],
      ['llama.attention.layer_norm_rms_epsilon', { type: 'float32', value: 1e-5 }],
      ['llama.vocab_size', uint32(32)],
      ['tokenizer.ggml.model', text('no_vocab')],
    ],
    tensors: [
      matrix('token_embd.weight', 32),
      matrix('output.weight', 32),
      ...layer.map((name) => matrix(`blk.0.${name}.weight`)),
    ],
  });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function quantize(fileType: number): string {
  const target = path.join(dir, `${fileType}.gguf`);
  quantizeFile(Library.load(undefined), source, target, { fileType, nThreads: 1 });
  return target;
}

describe('llama.cpp', () => {
  it.each(quantizationNames.filter((name) => name !== 'F32'))('makes %s', async (name) => {
    const header = await readGgufHeader(quantize(parseQuantization(name).fileType));
    expect(quantizationOf(header)).toBe(name);
  });

  it.each(Object.entries(refused))('does not make %s', (name, fileType) => {
    expect(() => quantize(fileType)).toThrow('could not quantize');
    expect(() => parseQuantization(name.toLowerCase())).toThrow(
      `quantization type ${name} needs an importance matrix`,
    );
  });
});

it.each([
  ['q4_K_M', 'Q4_K_M'],
  [' Q4_k ', 'Q4_K_M'],
  ['q3_k', 'Q3_K_M'],
  ['q5_K', 'Q5_K_M'],
  ['mxfp4_moe', 'MXFP4'],
  ['bf16', 'BF16'],
])('understands %s', (text, name) => {
  expect(parseQuantization(text).name).toBe(name);
});

it.each(['', 'Q9', 'toString', '__proto__', 'Q4_K_M Q8_0'])('does not know %j', (text) => {
  expect(() => parseQuantization(text)).toThrow(
    /^unsupported quantization type .* - supported types are F32, F16/,
  );
});

it.each<[string, string, boolean | RegExp]>([
  ['Q8_0', 'F16', true],
  ['Q8_0', 'BF16', true],
  ['Q8_0', 'F32', true],
  ['F16', 'F16', false],
  ['Q8_0', 'Q8_0', false],
  ['Q4_K_M', 'Q8_0', /^quantization is only supported for F16, BF16 and F32 models$/],
  ['F16', 'Q8_0', /only supported for/],
  ['Q4_K_M', 'unknown', /only supported for/],
])('%s of %s', (wanted, actual, expected) => {
  const ask = (): boolean => needsQuantizing(parseQuantization(wanted), actual);
  if (typeof expected === 'boolean') expect(ask()).toBe(expected);
  else expect(ask).toThrow(expected);
});
