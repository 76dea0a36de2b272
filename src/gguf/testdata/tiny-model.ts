/** A small, sound model file for tests of whatever reads headers; its weights are zeros. */
import type { GgufWriteValue } from '../types.ts';
import { type GgufContent, type GgufWriteTensor, writeGguf } from '../writer.ts';

export const text = (value: string): GgufWriteValue => ({ type: 'string', value });
export const uint32 = (value: number): GgufWriteValue => ({ type: 'uint32', value });
export const texts = (...values: string[]): GgufWriteValue => ({
  type: 'array',
  elementType: 'string',
  values,
});

export const tinyVocabulary = ['<unk>', '<s>', '</s>', 'a', 'b', '▁the', '<0x0A>'];

/** Metadata of a Llama-like model; `undefined` in `changes` drops a key. */
export function tinyMetadata(
  changes: Readonly<Record<string, GgufWriteValue | undefined>> = {},
): Map<string, GgufWriteValue> {
  const metadata = new Map<string, GgufWriteValue>([
    ['general.architecture', text('llama')],
    ['general.name', text('tiny')],
    ['general.file_type', uint32(0)],
    ['llama.block_count', uint32(1)],
    ['llama.context_length', uint32(128)],
    ['llama.embedding_length', uint32(32)],
    ['llama.attention.head_count', uint32(4)],
    ['llama.attention.head_count_kv', uint32(2)],
    ['llama.rope.freq_base', { type: 'float32', value: 10_000 }],
    ['tokenizer.ggml.model', text('llama')],
    ['tokenizer.ggml.tokens', texts(...tinyVocabulary)],
    ['tokenizer.ggml.scores', { type: 'array', elementType: 'float32', values: tinyVocabulary.map(() => 0.1) }],
    ['tokenizer.ggml.bos_token_id', uint32(1)],
    ['tokenizer.ggml.eos_token_id', uint32(2)],
    ['tokenizer.ggml.add_bos_token', { type: 'bool', value: true }],
  ]);
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) metadata.delete(key);
    else metadata.set(key, value);
  }
  return metadata;
}

export const tinyTensors: readonly GgufWriteTensor[] = [
  { name: 'token_embd.weight', type: 'F32', shape: [32, 7], data: new Uint8Array(32 * 7 * 4) },
  { name: 'blk.0.attn_q.weight', type: 'Q8_0', shape: [32, 32], data: new Uint8Array(34 * 32) },
  { name: 'output_norm.weight', type: 'F32', shape: [32], data: new Uint8Array(32 * 4) },
];

export function tinyModel(
  changes: Readonly<Record<string, GgufWriteValue | undefined>> = {},
): GgufContent {
  return { metadata: tinyMetadata(changes), tensors: tinyTensors };
}

/** An adapter of the model above. */
export function tinyAdapter(
  changes: Readonly<Record<string, GgufWriteValue | undefined>> = {},
): GgufContent {
  const metadata: Record<string, GgufWriteValue | undefined> = {
    'general.architecture': text('llama'),
    'general.type': text('adapter'),
    'adapter.type': text('lora'),
    'adapter.lora.alpha': { type: 'float32', value: 2 },
    ...changes,
  };
  return {
    metadata: Object.entries(metadata).flatMap(([key, value]) => (value ? [[key, value] as const] : [])),
    tensors: ['a', 'b'].map((half) => ({
      name: `blk.0.attn_q.weight.lora_${half}`,
      type: 'F32',
      shape: half === 'a' ? [32, 2] : [2, 32],
      data: new Uint8Array(32 * 2 * 4),
    })),
  };
}

/** A file's bytes. */
export async function ggufBytes(content: GgufContent): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  await writeGguf({ write: async (bytes) => void chunks.push(bytes.slice()) }, content);
  return Buffer.concat(chunks);
}
