// Writes a folder of safetensors with the shape of a small Llama: random weights, and a vocabulary as large as real ones.
import { randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';

const width = 1024;
const inner = 4096;
const layers = 12;
const heads = 16;
const headDim = width / heads;
const kvWidth = 4 * headDim;
const vocabulary = 128_000;

/** `exampleDir`: a folder of a tiny model of the same kind, whose tokenizer and configuration are enlarged. */
export function writeLlamaFolder(directory, exampleDir) {
  mkdirSync(directory, { recursive: true });
  const readJson = (name) => JSON.parse(readFileSync(path.join(exampleDir, name), 'utf8'));
  const writeJson = (name, value) => writeFileSync(path.join(directory, name), JSON.stringify(value));
  const tokenizer = enlarged(readJson('tokenizer.json'));
  writeJson('tokenizer.json', tokenizer);
  writeJson('tokenizer_config.json', readJson('tokenizer_config.json'));
  const shape = {
    hidden_size: width,
    intermediate_size: inner,
    num_hidden_layers: layers,
    head_dim: headDim,
  };
  writeJson('config.json', {
    ...readJson('config.json'),
    ...shape,
    num_attention_heads: heads,
    num_key_value_heads: kvWidth / headDim,
    vocab_size: vocabulary,
  });
  writeWeights(path.join(directory, 'model.safetensors'));
  return ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
}

/** Merges any two characters, then any pair with a third, until the vocabulary is full. */
function enlarged(tokenizer) {
  const { added_tokens: added } = tokenizer;
  const special = new Set(added.map(({ content }) => content));
  const letters = Object.keys(tokenizer.model.vocab).filter(
    (text) => [...text].length === 1 && !special.has(text),
  );
  const tokens = [...letters];
  const merges = [];
  for (let i = 0; tokens.length < vocabulary - added.length; i++)
    for (const letter of letters) {
      if (tokens.length >= vocabulary - added.length) break;
      tokens.push(tokens[i] + letter);
      merges.push([tokens[i], letter]);
    }
  const vocab = Object.fromEntries(tokens.map((text, id) => [text, id]));
  const renumbered = added.map((token, i) => ({ ...token, id: tokens.length + i }));
  return { ...tokenizer, added_tokens: renumbered, model: { ...tokenizer.model, vocab, merges } };
}

function writeWeights(file) {
  const shapes = { 'model.embed_tokens.weight': [vocabulary, width], 'lm_head.weight': [vocabulary, width] };
  shapes['model.norm.weight'] = [width];
  for (let i = 0; i < layers; i++) {
    const name = `model.layers.${i}`;
    shapes[`${name}.input_layernorm.weight`] = [width];
    shapes[`${name}.post_attention_layernorm.weight`] = [width];
    for (const [which, rows] of Object.entries({ q: width, k: kvWidth, v: kvWidth, o: width }))
      shapes[`${name}.self_attn.${which}_proj.weight`] = [rows, width];
    for (const which of ['gate', 'up']) shapes[`${name}.mlp.${which}_proj.weight`] = [inner, width];
    shapes[`${name}.mlp.down_proj.weight`] = [width, inner];
  }
  let end = 0;
  const header = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const start = end;
    end += 2 * shape.reduce((product, length) => product * length, 1);
    header[name] = { dtype: 'BF16', shape, data_offsets: [start, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const descriptor = openSync(file, 'w');
  writeSync(descriptor, length);
  writeSync(descriptor, json);
  // Finite numbers around zero: the exponents of BF16 are kept small.
  const noise = randomFillSync(Buffer.alloc(1 << 20));
  for (let i = 1; i < noise.length; i += 2) noise[i] = (noise[i] & 0x80) | 0x3c;
  for (let at = 0; at < end; at += noise.length)
    writeSync(descriptor, noise, 0, Math.min(noise.length, end - at));
  closeSync(descriptor);
}
