/** Which adapters fit which models. */
import { expect, it } from 'vitest';
import { type AdapterBase, adapterBaseOf, checkAdapter } from './adapter.ts';
import type { GgufHeader, GgufTensor, GgufValue } from './types.ts';

function header(
  metadata: Readonly<Record<string, string | number>>,
  tensors: Readonly<Record<string, readonly number[]>>,
): GgufHeader {
  return {
    version: 3,
    fileSizeBytes: 0,
    alignment: 32,
    dataOffset: 0,
    metadata: new Map(
      Object.entries(metadata).map(([key, value]): [string, GgufValue] => [
        key,
        { type: typeof value === 'string' ? 'string' : 'uint32', value },
      ]),
    ),
    tensors: Object.entries(tensors).map(
      ([name, shape]): GgufTensor => ({ name, type: 'F32', shape, offset: 0, sizeBytes: 0, nElements: 0 }),
    ),
  };
}

const model = { 'general.architecture': 'llama', 'llama.attention.head_count': 4 };
const base: AdapterBase = adapterBaseOf(
  header(model, {
    'token_embd.weight': [4, 6],
    'output.weight': [4, 6],
    'blk.0.ffn_up.weight': [4, 8],
    'blk.0.ffn_up_exps.weight': [4, 8, 3],
    'blk.0.attn_norm.weight': [4],
  }),
);
const lora = { 'general.architecture': 'llama', 'adapter.type': 'lora' };

function pair(name: string, a: readonly number[], b: readonly number[]): Record<string, readonly number[]> {
  return { [`${name}.lora_a`]: a, [`${name}.lora_b`]: b };
}

it('tells what an adapter must know', () => {
  expect(base).toMatchObject({ architecture: 'llama', nHeads: 4, nHeadsKv: 4 });
});

it.each<[string, Record<string, readonly number[]>]>([
  ['a matrix', pair('blk.0.ffn_up.weight', [4, 2], [2, 8])],
  ['experts', pair('blk.0.ffn_up_exps.weight', [4, 2, 3], [2, 8, 3])],
  ['embeddings', pair('token_embd.weight', [2, 6], [2, 4])],
  ['a norm beside it', { ...pair('output.weight', [4, 1], [1, 6]), 'blk.0.attn_norm.weight': [4] }],
])('accepts %s', (_name, tensors) => {
  checkAdapter(header(lora, tensors), base);
});

it.each<[string, object, Record<string, readonly number[]>, RegExp]>([
  [
    'another architecture',
    { 'general.architecture': 'qwen3' },
    {},
    /it is for "qwen3", the model is "llama"/,
  ],
  ['another kind of adapter', { 'adapter.type': 'control' }, {}, /of the type "control"/],
  ['no kind', { 'adapter.type': '' }, {}, /of the type ""/],
  ['one half', {}, { 'blk.0.ffn_up.weight.lora_a': [4, 2] }, /not a pair/],
  ['a whole matrix', {}, { 'blk.0.ffn_up.weight': [4, 8] }, /not a pair/],
  [
    'a tensor that the model does not have',
    {},
    pair('blk.9.ffn_up.weight', [4, 2], [2, 8]),
    /no tensor "blk.9/,
  ],
  [
    'another width',
    {},
    pair('blk.0.ffn_up.weight', [5, 2], [2, 8]),
    /shapes of "blk.0.ffn_up.weight" differ/,
  ],
  ['another height', {}, pair('blk.0.ffn_up.weight', [4, 2], [2, 9]), /differ/],
  ['two ranks', {}, pair('blk.0.ffn_up.weight', [4, 2], [3, 8]), /differ/],
  ['a dimension too many', {}, pair('blk.0.ffn_up.weight', [4, 2, 1], [2, 8]), /differ/],
  ['fewer experts', {}, pair('blk.0.ffn_up_exps.weight', [4, 2, 2], [2, 8, 2]), /differ/],
  ['a change of a vector', {}, pair('blk.0.attn_norm.weight', [4, 1], [1, 1]), /differ/],
  ['two ranks of embeddings', {}, pair('token_embd.weight', [3, 6], [2, 4]), /differ/],
])('refuses %s', (_name, metadata, tensors, message) => {
  expect(() => checkAdapter(header({ ...lora, ...metadata }, tensors), base)).toThrow(message);
});

it('refuses embeddings that are the output as well', () => {
  const tied = adapterBaseOf(header(model, { 'token_embd.weight': [4, 6] }));
  expect(() => checkAdapter(header(lora, pair('token_embd.weight', [2, 6], [2, 4])), tied)).toThrow(
    /are its output as well/,
  );
});
