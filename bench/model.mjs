// Makes the models that the benchmarks run: real shapes and the real vocabulary of Llama 3, random weights in Q8_0.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { readGgufHeader } from '../dist/gguf/reader.js';
import { writeGguf } from '../dist/gguf/writer.js';
import { root } from '../scripts/setup.mjs';

export const workDir = path.join(root, 'bench', '.work');

/** `90m` has so few weights that everything around them shows; `1b` is the shape of Llama 3.2 1B. */
export const shapes = {
  '90m': { nEmbd: 512, nLayers: 8, nHeads: 8, nHeadsKv: 8, nFf: 1408 },
  '1b': { nEmbd: 2048, nLayers: 16, nHeads: 32, nHeadsKv: 8, nFf: 8192 },
};

/** The path of the model, which is made on first use. */
export async function benchModel(name) {
  const file = path.join(workDir, `random-${name}-q8_0.gguf`);
  if (existsSync(file)) return file;
  mkdirSync(workDir, { recursive: true });
  const { nEmbd, nLayers, nHeads, nHeadsKv, nFf } = shapes[name];
  const { metadata, nVocab } = await vocabulary();
  const set = (key, type, value) => metadata.set(key, { type, value });
  set('general.architecture', 'string', 'llama');
  set('general.name', 'string', `random ${name}`);
  set('general.file_type', 'uint32', 7);
  set('llama.block_count', 'uint32', nLayers);
  set('llama.context_length', 'uint32', 8192);
  set('llama.embedding_length', 'uint32', nEmbd);
  set('llama.feed_forward_length', 'uint32', nFf);
  set('llama.attention.head_count', 'uint32', nHeads);
  set('llama.attention.head_count_kv', 'uint32', nHeadsKv);
  set('llama.attention.layer_norm_rms_epsilon', 'float32', 1e-5);
  set('llama.rope.freq_base', 'float32', 500_000);
  set('llama.rope.dimension_count', 'uint32', nEmbd / nHeads);
  set('llama.vocab_size', 'uint32', nVocab);

  const nKv = (nEmbd / nHeads) * nHeadsKv;
  const tensors = [matrix('token_embd.weight', nEmbd, nVocab), ones('output_norm.weight', nEmbd)];
  for (let layer = 0; layer < nLayers; layer++) {
    const prefix = `blk.${layer}`;
    tensors.push(
      ones(`${prefix}.attn_norm.weight`, nEmbd),
      matrix(`${prefix}.attn_q.weight`, nEmbd, nEmbd),
      matrix(`${prefix}.attn_k.weight`, nEmbd, nKv),
      matrix(`${prefix}.attn_v.weight`, nEmbd, nKv),
      matrix(`${prefix}.attn_output.weight`, nEmbd, nEmbd),
      ones(`${prefix}.ffn_norm.weight`, nEmbd),
      matrix(`${prefix}.ffn_gate.weight`, nEmbd, nFf),
      matrix(`${prefix}.ffn_up.weight`, nEmbd, nFf),
      matrix(`${prefix}.ffn_down.weight`, nFf, nEmbd),
    );
  }
  await writeGguf(file, { metadata, tensors });
  return file;
}

/** The tokenizer of Llama 3 from llama.cpp's source bundle. */
async function vocabulary() {
  const source = path.join(workDir, 'vocabulary');
  if (!existsSync(path.join(source, 'models'))) {
    const bundle = path.join(root, 'node_modules/node-llama-cpp/llama/gitRelease.bundle');
    execFileSync('git', ['clone', '-q', '--no-checkout', bundle, source], { stdio: 'inherit' });
    execFileSync('git', ['checkout', '-q', 'HEAD', '--', 'models/ggml-vocab-llama-bpe.gguf'], {
      cwd: source,
    });
  }
  const header = await readGgufHeader(path.join(source, 'models', 'ggml-vocab-llama-bpe.gguf'));
  const metadata = new Map();
  let nVocab = 0;
  for (const [key, entry] of header.metadata) {
    if (!key.startsWith('tokenizer.')) continue;
    if (entry.type !== 'array') {
      metadata.set(key, entry);
      continue;
    }
    const values = await entry.array.read();
    if (key === 'tokenizer.ggml.tokens') nVocab = values.length;
    metadata.set(key, { type: 'array', elementType: entry.array.elementType, values });
  }
  return { metadata, nVocab };
}

const blockBytes = 34; // Q8_0: a half-precision scale and 32 signed bytes
/** About 0.0004: weights up to 0.05, so that activations stay finite. */
const scaleBits = 0x0e8e;

function matrix(name, nIn, nOut) {
  const nBlocks = (nIn / 32) * nOut;
  return { name, type: 'Q8_0', shape: [nIn, nOut], data: () => randomBlocks(nBlocks) };
}

let seed = 1;

/** The same pseudo-random blocks every time: a linear congruential generator is random enough for speed. */
async function* randomBlocks(nBlocks) {
  const chunk = Buffer.alloc(blockBytes * 32_768);
  for (let i = 0; i < chunk.length; i++) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    chunk[i] = seed >>> 24;
  }
  for (let offset = 0; offset < chunk.length; offset += blockBytes) chunk.writeUInt16LE(scaleBits, offset);
  for (let left = nBlocks * blockBytes; left > 0; left -= chunk.length) {
    yield left >= chunk.length ? chunk : chunk.subarray(0, left);
  }
}

function ones(name, n) {
  return { name, type: 'F32', shape: [n], data: new Uint8Array(new Float32Array(n).fill(1).buffer) };
}
