// node bench/embed.mjs: 256 texts of 16 to 128 tokens embedded in one request, against one by one, and against llama-server.
//   --repeats 5    --texts 64    --pooling 1
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt, ensureInstalled, root } from '../scripts/setup.mjs';

ensureInstalled();
ensureBuilt();
const { readGgufHeader } = await import('../dist/gguf/reader.js');
const { writeGguf } = await import('../dist/gguf/writer.js');
const { createModel, end, freePort, untilReady } = await import('./http.mjs');
const { median } = await import('./measure.mjs');
const { workDir } = await import('./model.mjs');

const { values: flags } = parseArgs({
  options: { repeats: { type: 'string', default: '3' }, texts: { type: 'string', default: '256' } },
});
const repeats = Number(flags.repeats);
const nTexts = Number(flags.texts);
/** The shape of all-MiniLM-L6-v2. */
const shape = { nEmbd: 384, nLayers: 6, nHeads: 12, nFf: 1536, nCtx: 512 };

const { file, words } = await model();
const texts = Array.from({ length: nTexts }, (_, i) => {
  const length = 14 + ((i * 37) % 113); // and two special tokens: 16 to 128
  return Array.from({ length }, (_, j) => words[(i * 7919 + j * 104_729) % words.length]).join(' ');
});

print(
  `${new Date().toISOString().slice(0, 10)} · ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores · Node ${process.version}`,
);
const rows = { cria: await measureCria() };
const server = path.join(workDir, 'peer', 'build', 'bin', 'llama-server');
if (existsSync(server)) rows['llama-server'] = await measureLlamaServer(server);

print(
  `\nTexts per second: ${nTexts} texts of 16 to 128 tokens, BERT of ${shape.nLayers} × ${shape.nEmbd} in F32, median of ${repeats}.\n`,
);
print('| | one request | one by one |\n|---|---:|---:|');
for (const [name, { together, single }] of Object.entries(rows))
  print(`| ${name} | ${together.toFixed(0)} | ${single.toFixed(0)} |`);
const other = rows['llama-server'];
if (other !== undefined)
  print(
    `| cria ÷ llama-server | ${(rows.cria.together / other.together).toFixed(2)} | ${(rows.cria.single / other.single).toFixed(2)} |`,
  );
print(
  `\nOne request of cria is ${(rows.cria.together / rows.cria.single).toFixed(1)} times as fast as one by one.`,
);

async function measureCria() {
  const home = mkdtempSync(path.join(tmpdir(), 'cria-bench-'));
  const port = await freePort();
  const child = spawn(process.execPath, [path.join(root, 'dist', 'main.js'), 'serve'], {
    env: {
      ...process.env,
      HOME: home,
      OLLAMA_HOST: `127.0.0.1:${port}`,
      OLLAMA_MODELS: path.join(home, 'models'),
    },
    stdio: 'ignore',
  });
  try {
    await untilReady(port, '/');
    await createModel(port, file);
    return await measure(async (input) => {
      const { embeddings } = await post(port, '/api/embed', { model: 'bench', input });
      return embeddings;
    });
  } finally {
    await end(child);
    rmSync(home, { recursive: true, force: true });
  }
}

async function measureLlamaServer(binary) {
  const port = await freePort();
  const args = ['-m', file, '--embedding', '--host', '127.0.0.1', '--port', `${port}`, '-ngl', '0'];
  const size = ['-np', '16', '-c', `${16 * shape.nCtx}`, '-b', '2048', '-ub', '512'];
  const child = spawn(binary, [...args, ...size, '--no-webui', '-t', `${threads()}`], { stdio: 'ignore' });
  try {
    await untilReady(port, '/health');
    return await measure(async (input) => {
      const { data } = await post(port, '/v1/embeddings', { input });
      return data.map(({ embedding }) => embedding);
    });
  } finally {
    await end(child);
  }
}

/** Rates in texts per second; both servers must agree on how many vectors there are, and how long they are. */
async function measure(embed) {
  const run = async (requests) => {
    const startedAt = performance.now();
    let count = 0;
    for (const input of requests) {
      for (const vector of await embed(input)) {
        if (vector.length !== shape.nEmbd) throw new Error(`a vector of ${vector.length} numbers`);
        count++;
      }
    }
    if (count !== nTexts) throw new Error(`${count} vectors`);
    return (nTexts * 1000) / (performance.now() - startedAt);
  };
  await run([texts]);
  const together = [];
  const single = [];
  for (let i = 0; i < repeats; i++) {
    together.push(await run([texts]));
    single.push(await run(texts.map((text) => [text])));
  }
  return { together: median(together), single: median(single) };
}

async function post(port, url, body) {
  const response = await fetch(`http://127.0.0.1:${port}${url}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}

/** As cria counts them: physical cores, hyper-threads add nothing. */
function threads() {
  try {
    const list = execFileSync('lscpu', ['-p=core,socket'], { encoding: 'utf8' });
    return new Set(list.split('\n').filter((line) => /^\d/.test(line))).size;
  } catch {
    return availableParallelism();
  }
}

/** A BERT with random weights and the real vocabulary of bge, made on first use; and words that are one token each. */
async function model() {
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
  const { nEmbd, nLayers, nHeads, nFf, nCtx } = shape;
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

function print(line) {
  process.stdout.write(`${line}\n`);
}
