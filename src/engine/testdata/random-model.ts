/** Writes a small Llama model with random weights: fluent in nothing, but it loads, and its answers are reproducible. */
import type { GgufWriteTensor } from '../../gguf/writer.ts';
import { writeGguf } from '../../gguf/writer.ts';
import type { GgufWriteValue } from '../../gguf/types.ts';

export interface RandomModelOptions {
  readonly nEmbd?: number;
  readonly nLayers?: number;
  readonly nHeads?: number;
  readonly nHeadsKv?: number;
  readonly nFf?: number;
  readonly nCtxTrain?: number;
  /** At least as many as `baseVocabulary`; the rest is made-up words. */
  readonly nVocab?: number;
  readonly type?: 'F32' | 'Q8_0';
  readonly seed?: number;
  /** llama.h: `enum llama_pooling_type`; default none named. */
  readonly poolingType?: number;
}

const specials = ['<unk>', '<s>', '</s>', '<tool_call>', '</tool_call>', '<think>', '</think>'];
const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
const characters = ['▁', ...Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i))];
const words = ['▁the', '▁a', '▁dog', '▁cat', '▁red', '▁big', '▁and', '▁ran', 'ing', 'ed', '👍', 'é', '{"', '":', '"}'];

/** Special tokens, bytes, characters and a few words, by id. */
export const baseVocabulary: readonly string[] = [...specials, ...bytes, ...characters, ...words];
export const bosToken = 1;
export const eosToken = 2;

/** llama.h: `enum llama_token_type` of a base token. */
function tokenType(id: number): number {
  if (id === 0) return 2;
  if (id <= eosToken) return 3;
  if (id < specials.length) return 4;
  return id < specials.length + bytes.length ? 6 : 1;
}

export async function writeRandomModel(path: string, options: RandomModelOptions = {}): Promise<void> {
  const { nEmbd = 64, nLayers = 2, nHeads = 4, nHeadsKv = 2, nFf = 128, type = 'F32' } = options;
  const { nCtxTrain = 512, nVocab = baseVocabulary.length, seed = 1 } = options;
  const tokens = [...baseVocabulary];
  for (let i = 0; tokens.length < nVocab; i++) tokens.push(`▁w${i.toString(36)}`);
  const nKv = (nEmbd / nHeads) * nHeadsKv;

  const uint32 = (value: number): GgufWriteValue => ({ type: 'uint32', value });
  const text = (value: string): GgufWriteValue => ({ type: 'string', value });
  const metadata: [string, GgufWriteValue][] = [
    ['general.architecture', text('llama')],
    ['general.name', text('random')],
    ['llama.block_count', uint32(nLayers)],
    ['llama.context_length', uint32(nCtxTrain)],
    ['llama.embedding_length', uint32(nEmbd)],
    ['llama.feed_forward_length', uint32(nFf)],
    ['llama.attention.head_count', uint32(nHeads)],
    ['llama.attention.head_count_kv', uint32(nHeadsKv)],
    ['llama.attention.layer_norm_rms_epsilon', { type: 'float32', value: 1e-5 }],
    ['llama.rope.dimension_count', uint32(nEmbd / nHeads)],
    ['tokenizer.ggml.model', text('llama')],
    ['tokenizer.ggml.tokens', { type: 'array', elementType: 'string', values: tokens }],
    [
      'tokenizer.ggml.scores',
      { type: 'array', elementType: 'float32', values: tokens.map((token) => token.length) },
    ],
    [
      'tokenizer.ggml.token_type',
      { type: 'array', elementType: 'int32', values: tokens.map((_, id) => tokenType(id)) },
    ],
    ['tokenizer.ggml.bos_token_id', uint32(bosToken)],
    ['tokenizer.ggml.eos_token_id', uint32(eosToken)],
    ['tokenizer.ggml.unknown_token_id', uint32(0)],
    ['tokenizer.ggml.add_bos_token', { type: 'bool', value: true }],
    ['tokenizer.ggml.add_eos_token', { type: 'bool', value: false }],
  ];
  if (options.poolingType !== undefined) metadata.push(['llama.pooling_type', uint32(options.poolingType)]);

  const tensors: GgufWriteTensor[] = [];
  const matrix = (name: string, nIn: number, nOut: number, gain = 1): void => {
    const id = tensors.length;
    const scale = gain / Math.sqrt(nIn);
    const data = () => randomRows(type, nIn, nOut, scale, seed * 1000 + id);
    tensors.push({ name, type, shape: [nIn, nOut], data });
  };
  const ones = (name: string): void => {
    const data = new Uint8Array(new Float32Array(nEmbd).fill(1).buffer);
    tensors.push({ name, type: 'F32', shape: [nEmbd], data });
  };
  matrix('token_embd.weight', nEmbd, nVocab, Math.sqrt(nEmbd));
  ones('output_norm.weight');
  matrix('output.weight', nEmbd, nVocab, 3);
  for (let i = 0; i < nLayers; i++) {
    ones(`blk.${i}.attn_norm.weight`);
    matrix(`blk.${i}.attn_q.weight`, nEmbd, nEmbd);
    matrix(`blk.${i}.attn_k.weight`, nEmbd, nKv);
    matrix(`blk.${i}.attn_v.weight`, nEmbd, nKv);
    matrix(`blk.${i}.attn_output.weight`, nEmbd, nEmbd);
    ones(`blk.${i}.ffn_norm.weight`);
    matrix(`blk.${i}.ffn_gate.weight`, nEmbd, nFf);
    matrix(`blk.${i}.ffn_up.weight`, nEmbd, nFf);
    matrix(`blk.${i}.ffn_down.weight`, nFf, nEmbd);
  }
  await writeGguf(path, { metadata, tensors });
}

/** Writes a LoRA adapter with random weights for the query projection of the first layer of a random model. */
export async function writeRandomAdapter(path: string, nEmbd = 64): Promise<void> {
  const rank = 4;
  const tensor = (suffix: string, nIn: number, nOut: number, seed: number): GgufWriteTensor => ({
    name: `blk.0.attn_q.weight.lora_${suffix}`,
    type: 'F32',
    shape: [nIn, nOut],
    data: () => randomRows('F32', nIn, nOut, 1, seed),
  });
  await writeGguf(path, {
    metadata: [
      ['general.type', { type: 'string', value: 'adapter' }],
      ['general.architecture', { type: 'string', value: 'llama' }],
      ['adapter.type', { type: 'string', value: 'lora' }],
      ['adapter.lora.alpha', { type: 'float32', value: rank }],
    ],
    tensors: [tensor('a', nEmbd, rank, 7), tensor('b', rank, nEmbd, 8)],
  });
}

/** Rows of uniformly distributed weights with the standard deviation `scale`. */
async function* randomRows(
  type: 'F32' | 'Q8_0',
  nIn: number,
  nOut: number,
  scale: number,
  seed: number,
): AsyncIterable<Uint8Array> {
  const random = xorshift(seed);
  const rowsAtOnce = Math.max(1, Math.floor(65_536 / nIn));
  for (let row = 0; row < nOut; row += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, nOut - row) * nIn;
    if (type === 'F32') {
      const spread = scale * Math.sqrt(3);
      const values = Float32Array.from({ length: count }, () => (random() * 2 - 1) * spread);
      yield new Uint8Array(values.buffer);
    } else {
      const blocks = count / 32;
      const data = new Uint8Array(blocks * 34);
      const view = new DataView(data.buffer);
      const half = toHalf((scale * Math.sqrt(3)) / 127);
      for (let block = 0; block < blocks; block++) {
        view.setUint16(block * 34, half, true);
        for (let i = 0; i < 32; i++) data[block * 34 + 2 + i] = Math.round((random() * 2 - 1) * 127);
      }
      yield data;
    }
  }
}

/** 0 (included) to 1. */
function xorshift(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** IEEE half precision of a small positive normal number. */
function toHalf(value: number): number {
  const exponent = Math.floor(Math.log2(value));
  return ((exponent + 15) << 10) | Math.round((value / 2 ** exponent - 1) * 1024);
}
