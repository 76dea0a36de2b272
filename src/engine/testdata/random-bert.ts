/** Writes a small BERT with random weights and a WordPiece vocabulary: an encoder to embed with, or a cross-encoder to score with. */
import type { GgufWriteValue } from '../../gguf/types.ts';
import { type GgufWriteTensor, writeGguf } from '../../gguf/writer.ts';

export interface RandomBertOptions {
  /** llama.h: `enum llama_pooling_type`; 1 mean, 2 CLS, 3 last, 4 rank (with a classifier). */
  readonly poolingType?: number;
  readonly nEmbd?: number;
  readonly nLayers?: number;
  readonly nHeads?: number;
  readonly nFf?: number;
  readonly nCtxTrain?: number;
  readonly seed?: number;
}

const specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const words = 'the a dog cat red big and ran over river house is are was who what where tree book small'.split(' ');
const characters = [...'abcdefghijklmnopqrstuvwxyz0123456789.,!?-'];

/** In a GGUF a piece that begins a word has `▁` before it; one that goes on has nothing (there is no `##`). */
export const bertVocabulary: readonly string[] = [
  ...specials,
  ...words.map((word) => `▁${word}`),
  ...characters.map((character) => `▁${character}`),
  ...characters,
  'ing',
  'ed',
  's',
].filter((token, i, all) => all.indexOf(token) === i);

export const clsToken = 2;
export const sepToken = 3;

export async function writeRandomBert(path: string, options: RandomBertOptions = {}): Promise<void> {
  const { poolingType = 1, nEmbd = 32, nLayers = 2, nHeads = 4, nFf = 64, nCtxTrain = 64, seed = 1 } = options;
  const uint32 = (value: number): GgufWriteValue => ({ type: 'uint32', value });
  const text = (value: string): GgufWriteValue => ({ type: 'string', value });
  const tokens = bertVocabulary;
  const metadata: [string, GgufWriteValue][] = [
    ['general.architecture', text('bert')],
    ['general.name', text('random')],
    ['bert.block_count', uint32(nLayers)],
    ['bert.context_length', uint32(nCtxTrain)],
    ['bert.embedding_length', uint32(nEmbd)],
    ['bert.feed_forward_length', uint32(nFf)],
    ['bert.attention.head_count', uint32(nHeads)],
    ['bert.attention.layer_norm_epsilon', { type: 'float32', value: 1e-12 }],
    ['bert.attention.causal', { type: 'bool', value: false }],
    ['bert.pooling_type', uint32(poolingType)],
    ['tokenizer.ggml.model', text('bert')],
    ['tokenizer.ggml.pre', text('bert-bge')],
    ['tokenizer.ggml.token_type_count', uint32(2)],
    ['tokenizer.ggml.tokens', { type: 'array', elementType: 'string', values: [...tokens] }],
    [
      'tokenizer.ggml.token_type',
      {
        type: 'array',
        elementType: 'int32',
        values: tokens.map((token) => (token === '[UNK]' ? 2 : specials.includes(token) ? 3 : 1)),
      },
    ],
    ['tokenizer.ggml.bos_token_id', uint32(clsToken)],
    ['tokenizer.ggml.cls_token_id', uint32(clsToken)],
    ['tokenizer.ggml.seperator_token_id', uint32(sepToken)], // spelled like this in the format
    ['tokenizer.ggml.unknown_token_id', uint32(1)],
    ['tokenizer.ggml.padding_token_id', uint32(0)],
    ['tokenizer.ggml.mask_token_id', uint32(4)],
  ];

  const tensors: GgufWriteTensor[] = [];
  const tensor = (name: string, shape: readonly number[], scale: number, mean = 0): void => {
    const random = generator(seed * 1000 + tensors.length);
    const length = shape.reduce((product, n) => product * n, 1);
    const values = Float32Array.from({ length }, () => mean + (random() * 2 - 1) * scale);
    tensors.push({ name, type: 'F32', shape, data: new Uint8Array(values.buffer) });
  };
  const linear = (name: string, nIn: number, nOut: number): void => {
    tensor(`${name}.weight`, [nIn, nOut], Math.sqrt(3 / nIn));
    tensor(`${name}.bias`, [nOut], 0.1);
  };
  const norm = (name: string): void => {
    tensor(`${name}.weight`, [nEmbd], 0.2, 1);
    tensor(`${name}.bias`, [nEmbd], 0.1);
  };
  tensor('token_embd.weight', [nEmbd, tokens.length], 1);
  tensor('token_types.weight', [nEmbd, 2], 0.3);
  tensor('position_embd.weight', [nEmbd, nCtxTrain], 0.3);
  norm('token_embd_norm');
  for (let layer = 0; layer < nLayers; layer++) {
    const block = `blk.${layer}`;
    for (const part of ['attn_q', 'attn_k', 'attn_v', 'attn_output']) linear(`${block}.${part}`, nEmbd, nEmbd);
    norm(`${block}.attn_output_norm`);
    linear(`${block}.ffn_up`, nEmbd, nFf);
    linear(`${block}.ffn_down`, nFf, nEmbd);
    norm(`${block}.layer_output_norm`);
  }
  if (poolingType === 4) {
    linear('cls', nEmbd, nEmbd);
    linear('cls.output', nEmbd, 1);
  }
  await writeGguf(path, { metadata, tensors });
}

/** 0 (included) to 1; the same numbers on every machine (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
