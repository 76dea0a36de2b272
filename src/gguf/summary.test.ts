import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readGgufHeader } from './reader.ts';
import { encodersOf, kindOf, summarizeGguf } from './summary.ts';
import { text, texts, tinyModel, uint32 } from './testdata/tiny-model.ts';
import type { GgufHeader, GgufWriteValue } from './types.ts';
import { writeGguf } from './writer.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'cria-gguf-'));
});
afterAll(() => rm(directory, { recursive: true }));

type Changes = Readonly<Record<string, GgufWriteValue | undefined>>;

async function headerOf(changes: Changes = {}): Promise<GgufHeader> {
  const file = path.join(directory, 'model.gguf');
  await writeGguf(file, tinyModel(changes));
  return readGgufHeader(file);
}

const summaryOf = async (changes: Changes = {}) => summarizeGguf(await headerOf(changes));
const int32s = (...values: number[]): GgufWriteValue => ({ type: 'array', elementType: 'int32', values });

describe('summarizeGguf', () => {
  it('describes a model', async () => {
    expect(await summaryOf({ 'tokenizer.chat_template': text('{{ messages }}') })).toEqual({
      architecture: 'llama',
      sizeBytes: expect.any(Number),
      nLayers: 1,
      nCtxTrain: 128,
      nEmbd: 32,
      nHeads: 4,
      nHeadsKv: 2,
      headDimK: 8,
      headDimV: 8,
      nVocab: 7,
      fileType: 'F32',
      chatTemplate: '{{ messages }}',
      namedChatTemplates: {},
      poolingType: undefined,
      bosToken: '<s>',
      eosToken: '</s>',
      addBosToken: true,
      fim: undefined,
    });
  });

  it.each<{ name: string; changes: Changes; expected: object }>([
    {
      name: 'takes the largest of per-layer head counts',
      changes: {
        'llama.attention.head_count_kv': int32s(0, 8, 2),
        'llama.attention.head_count': int32s(8, 8, 4),
      },
      expected: { nHeads: 8, nHeadsKv: 8, headDimK: 4 },
    },
    {
      name: 'lets KV heads default to heads',
      changes: { 'llama.attention.head_count_kv': undefined },
      expected: { nHeadsKv: 4 },
    },
    {
      name: 'takes explicit head sizes',
      changes: { 'llama.attention.key_length': uint32(64), 'llama.attention.value_length': uint32(48) },
      expected: { headDimK: 64, headDimV: 48 },
    },
    {
      name: 'knows architectures without heads',
      changes: { 'llama.attention.head_count': undefined, 'llama.attention.head_count_kv': undefined },
      expected: { nHeads: 0, nHeadsKv: 0, headDimK: 0, headDimV: 0 },
    },
    {
      name: 'reads the pooling type',
      changes: { 'llama.pooling_type': uint32(1) },
      expected: { poolingType: 1 },
    },
    {
      name: 'names the quantization',
      changes: { 'general.file_type': uint32(15) },
      expected: { fileType: 'Q4_K_M' },
    },
    {
      name: 'calls a quantization from the future unknown',
      changes: { 'general.file_type': uint32(777) },
      expected: { fileType: 'unknown' },
    },
    {
      name: 'collects named chat templates',
      changes: {
        'tokenizer.chat_template.tool_use': text('T'),
        'tokenizer.chat_template.__proto__': text('P'),
      },
      expected: {
        namedChatTemplates: Object.fromEntries([
          ['tool_use', 'T'],
          ['__proto__', 'P'],
        ]),
      },
    },
    {
      name: 'assumes the tokenizer family’s ids when none are given',
      changes: { 'tokenizer.ggml.bos_token_id': undefined, 'tokenizer.ggml.eos_token_id': undefined },
      expected: { bosToken: '<s>', eosToken: '</s>' },
    },
    {
      name: 'ignores token ids beyond the vocabulary',
      changes: {
        'tokenizer.ggml.bos_token_id': uint32(7),
        'tokenizer.ggml.eos_token_id': uint32(2 ** 32 - 1),
      },
      expected: { bosToken: '', eosToken: '' },
    },
    {
      name: 'finds fill-in-the-middle tokens by their texts',
      changes: { 'tokenizer.ggml.tokens': texts('a', '<|fim_middle|>', '<|fim_prefix|>', '<|fim_suffix|>') },
      expected: { fim: { prefix: '<|fim_prefix|>', suffix: '<|fim_suffix|>', middle: '<|fim_middle|>' } },
    },
    {
      name: 'finds fill-in-the-middle tokens by their ids',
      changes: {
        'tokenizer.ggml.fim_pre_token_id': uint32(3),
        'tokenizer.ggml.suffix_token_id': uint32(4),
        'tokenizer.ggml.fim_mid_token_id': uint32(5),
      },
      expected: { fim: { prefix: 'a', suffix: 'b', middle: '▁the' } },
    },
    {
      name: 'has no fill-in-the-middle when a token is missing',
      changes: { 'tokenizer.ggml.tokens': texts('<PRE>', '<SUF>') },
      expected: { fim: undefined },
    },
    {
      name: 'takes the vocabulary size from its key when there is no vocabulary',
      changes: { 'tokenizer.ggml.tokens': undefined, 'llama.vocab_size': uint32(9) },
      expected: { nVocab: 9, bosToken: '', fim: undefined },
    },
  ])('$name', async ({ changes, expected }) => {
    expect(await summaryOf(changes)).toMatchObject(expected);
  });

  it.each<{ name: string; changes: Changes; message: RegExp }>([
    {
      name: 'CVE-2024-8063: no layers',
      changes: { 'llama.block_count': uint32(0) },
      message: /"llama.block_count" is 0/,
    },
    {
      name: 'too many layers',
      changes: { 'llama.block_count': uint32(513) },
      message: /not within 1 and 512/,
    },
    {
      name: 'layers missing',
      changes: { 'llama.block_count': undefined },
      message: /"llama.block_count" is missing/,
    },
    {
      name: 'layers as text',
      changes: { 'llama.block_count': text('1') },
      message: /of type string, not an integer/,
    },
    {
      name: 'layers as fraction',
      changes: { 'llama.block_count': { type: 'float32', value: 1.5 } },
      message: /integer/,
    },
    {
      name: 'layers as bigint',
      changes: { 'llama.block_count': { type: 'uint64', value: 2n ** 60n } },
      message: /not within/,
    },
    { name: 'layers as array', changes: { 'llama.block_count': int32s(1) }, message: /not a single value/ },
    { name: 'no width', changes: { 'llama.embedding_length': uint32(0) }, message: /embedding_length" is 0/ },
    { name: 'no context', changes: { 'llama.context_length': uint32(0) }, message: /context_length" is 0/ },
    { name: 'negative heads', changes: { 'llama.attention.head_count': int32s(-1, 4) }, message: /is -1/ },
    {
      name: 'more head counts than layers can be',
      changes: { 'llama.attention.head_count': int32s(...new Array<number>(513).fill(1)) },
      message: /array of 513/,
    },
    {
      name: 'CVE-2025-0312: head size 0',
      changes: { 'llama.attention.key_length': uint32(0) },
      message: /is 0/,
    },
    {
      name: 'no architecture',
      changes: { 'general.architecture': undefined },
      message: /architecture" is missing/,
    },
    {
      name: 'an architecture that is no name',
      changes: { 'general.architecture': text('../x') },
      message: /"..\/x"/,
    },
    { name: 'unknown pooling', changes: { 'llama.pooling_type': uint32(9) }, message: /pooling_type" is 9/ },
    {
      name: 'tokens that are no texts',
      changes: { 'tokenizer.ggml.tokens': int32s(1) },
      message: /array of texts/,
    },
    {
      name: 'a template that is no text',
      changes: { 'tokenizer.chat_template': uint32(1) },
      message: /not a text/,
    },
  ])('refuses $name', async ({ changes, message }) => {
    await expect(summaryOf(changes)).rejects.toMatchObject({
      code: 'invalid_gguf',
      message: expect.stringMatching(message),
    });
  });
});

describe('what a file is', () => {
  it.each<{ changes: Changes; kind: string }>([
    { changes: {}, kind: 'model' },
    { changes: { 'general.type': text('model') }, kind: 'model' },
    { changes: { 'general.type': text('adapter') }, kind: 'adapter' },
    { changes: { 'general.type': text('mmproj') }, kind: 'projector' },
    { changes: { 'general.architecture': text('clip') }, kind: 'projector' },
  ])('$kind', async ({ changes, kind }) => {
    expect(kindOf(await headerOf(changes))).toBe(kind);
  });

  it('tells encoders', async () => {
    expect(encodersOf(await headerOf())).toEqual({ vision: false, audio: false });
    expect(encodersOf(await headerOf({ 'llama.vision.block_count': uint32(2) }))).toEqual({
      vision: true,
      audio: false,
    });
  });
});
