// A BERT of the shape of all-MiniLM-L6-v2 with random weights and the real vocabulary of bge, made on first use.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { readGgufHeader } from '../dist/gguf/reader.js';
import { writeGguf } from '../dist/gguf/writer.js';
import { root } from '../scripts/setup.mjs';
import { workDir } from './model.mjs';

export const bertShape = { nEmbd: 384, nLayers: 6, nHeads: 12, nFf: 1536, nCtx: 512 };

/** The file, and words that are one token each. */
export async function bertModel() {
  const source = path.join(workDir, 'vocabulary-bert');
  const vocabularyFile = path.join(source, 'models', 'ggml-vocab-bert-bge.gguf');
  if (!existsSync(vocabularyFile)) {
    mkdirSync(workDir, { recursive: true });
    const bundle = path.join(root, 'node_modules/node-llama-cpp/llama/gitRelease.bundle');
    execFileSync('git', ['clone', '-q', '--no-checkout', bundle, source], { stdio: 'inherit' });
    execFileSync('git', ['checkout', '-q', 'HEAD', '--', 'models/ggml-vocab-bert-bge.gguf'], { cwd: source });
  }
  const metadata = new Map();
  let tokens = [];
  for (const [key, entry] of (await readGgufHeader(vocabularyFile)).metadata) {
    if (!key.startsWith('tokenizer.')) continue;
    if (entry.type !== 'array') {
      metadata.set(key, entry);
      continue;
    }
    const values = await entry.array.read();
    if (key === 'tokenizer.ggml.tokens') tokens = values;
    metadata.set(key, { type: 'array', elementType: entry.array.elementType, values });
  }
  const words = tokens.filter((token) => /^▁[a-z]{3,}$/.test(token)).map((token) => token.slice(1));
  const target = path.join(workDir, 'random-bert-f32.gguf');
  if (!existsSync(target)) await writeModel(target, metadata, tokens.length);
  return { file: target, words };
}

async function writeModel(target, metadata, nVocab) {
  const { nEmbd, nLayers, nHeads, nFf, nCtx } = bertShape;
  const set = (key, type, value) => metadata.set(key, { type, value });
  set('general.architecture', 'string', 'bert');
  set('general.name', 'string', 'random bert');
  set('bert.block_count', 'uint32', nLayers);
  set('bert.context_length', 'uint32', nCtx);
  set('bert.embedding_length', 'uint32', nEmbd);
  set('bert.feed_forward_length', 'uint32', nFf);
  set('bert.attention.head_count', 'uint32', nHeads);
  set('bert.attention.layer_norm_epsilon', 'float32', 1e-12);
  set('bert.attention.causal', 'bool', false);
  set('bert.pooling_type', 'uint32', 1);

  let seed = 1;
  const tensor = (name, dimensions, scale, mean = 0) => {
    const values = new Float32Array(dimensions.reduce((a, b) => a * b));
    for (let i = 0; i < values.length; i++) {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      values[i] = mean + (seed / 2 ** 31 - 1) * scale;
    }
    return { name, type: 'F32', shape: dimensions, data: new Uint8Array(values.buffer) };
  };
  const linear = (name, nIn, nOut) => [
    tensor(`${name}.weight`, [nIn, nOut], Math.sqrt(3 / nIn)),
    tensor(`${name}.bias`, [nOut], 0.1),
  ];
  const norm = (name) => [tensor(`${name}.weight`, [nEmbd], 0.2, 1), tensor(`${name}.bias`, [nEmbd], 0.1)];
  const tensors = [
    tensor('token_embd.weight', [nEmbd, nVocab], 1),
    tensor('token_types.weight', [nEmbd, 2], 0.3),
    tensor('position_embd.weight', [nEmbd, nCtx], 0.3),
    ...norm('token_embd_norm'),
  ];
  for (let layer = 0; layer < nLayers; layer++) {
    const block = `blk.${layer}`;
    for (const part of ['attn_q', 'attn_k', 'attn_v', 'attn_output'])
      tensors.push(...linear(`${block}.${part}`, nEmbd, nEmbd));
    tensors.push(...norm(`${block}.attn_output_norm`));
    tensors.push(...linear(`${block}.ffn_up`, nEmbd, nFf), ...linear(`${block}.ffn_down`, nFf, nEmbd));
    tensors.push(...norm(`${block}.layer_output_norm`));
  }
  await writeGguf(target, { metadata, tensors });
}
