// The same streams through HTTP: against cria's own server, or against llama.cpp's.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from '../scripts/setup.mjs';
import { promptOf, repeated, StreamClock, sampling, streamCounts, tokensPerStream } from './measure.mjs';

/** Rates by streams of a fresh `cria serve`, and what its start and its first token cost. */
export async function measureCria(modelPath, repeats) {
  const home = mkdtempSync(path.join(tmpdir(), 'cria-bench-'));
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawn(process.execPath, [path.join(root, 'dist', 'main.js'), 'serve'], {
    env: {
      ...process.env,
      HOME: home,
      OLLAMA_HOST: `127.0.0.1:${port}`,
      OLLAMA_MODELS: path.join(home, 'models'),
      OLLAMA_NUM_PARALLEL: '16',
      OLLAMA_CONTEXT_LENGTH: '1024',
    },
    stdio: 'ignore',
  });
  try {
    await untilReady(port, '/');
    const readyMs = performance.now() - startedAt;
    await createModel(port, modelPath);
    const generate = (nonce, stream, onToken) =>
      post(
        port,
        '/api/generate',
        {
          model: 'bench',
          prompt: `${nonce} ${promptOf(stream)}`,
          raw: true,
          options: { ...sampling, seed: stream + 1, num_predict: tokensPerStream, logit_bias: forbidEnd },
        },
        (line) => {
          const event = JSON.parse(line);
          if (event.error) throw new Error(event.error);
          if (!event.done) onToken();
          else if (event.eval_count !== tokensPerStream)
            throw new Error(`an answer of ${event.eval_count} tokens`);
        },
      );
    return { readyMs, rates: await measureRates(generate, repeats) };
  } finally {
    await end(child);
    rmSync(home, { recursive: true, force: true });
  }
}

/** `<|end_of_text|>`, `<|eom_id|>`, `<|eot_id|>` of the vocabulary of Llama 3. */
const forbidEnd = [
  [128_001, false],
  [128_008, false],
  [128_009, false],
];

/** Rates by streams of llama-server with as many slots. */
export async function measureLlamaServer(binary, modelPath, repeats) {
  const port = await freePort();
  const args = [
    '-m',
    modelPath,
    '--host',
    '127.0.0.1',
    '--port',
    `${port}`,
    '-c',
    `${16 * 1024}`,
    '-np',
    '16',
  ];
  const child = spawn(
    binary,
    [...args, '-b', '2048', '-ub', '512', '-t', '0', '-ngl', '0', '--no-webui'].filter(
      (a, i, all) => !(a === '-t' || all[i - 1] === '-t'),
    ),
    {
      stdio: 'ignore',
    },
  );
  try {
    await untilReady(port, '/health');
    const generate = (nonce, stream, onToken) =>
      post(
        port,
        '/completion',
        {
          prompt: `${nonce} ${promptOf(stream)}`,
          stream: true,
          n_predict: tokensPerStream,
          ignore_eos: true,
          seed: stream + 1,
          repeat_penalty: 1,
          samplers: ['top_k', 'top_p', 'min_p', 'temperature'],
          ...sampling,
        },
        (line) => {
          if (line.startsWith('data: ') && line.includes('"stop":false')) onToken();
        },
      );
    return { rates: await measureRates(generate, repeats) };
  } finally {
    await end(child);
  }
}

async function measureRates(generate, repeats) {
  let nonce = 0;
  const run = async (count) => {
    const clock = new StreamClock();
    await Promise.all(
      Array.from({ length: count }, (_, stream) => generate(++nonce, stream, () => clock.piece(stream))),
    );
    return clock.rate();
  };
  await run(1);
  const rates = {};
  for (const count of streamCounts) rates[count] = await repeated(repeats, () => run(count));
  return rates;
}

export async function createModel(port, modelPath) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(modelPath)) hash.update(chunk);
  const digest = `sha256:${hash.digest('hex')}`;
  await post(port, `/api/blobs/${digest}`, createReadStream(modelPath), () => {});
  await post(port, '/api/create', { model: 'bench', files: { 'model.gguf': digest } }, (line) => {
    const { error } = JSON.parse(line);
    if (error) throw new Error(error);
  });
}

// llama-server ends a connection after some requests, so none is used twice.
const agent = new http.Agent({ keepAlive: false, maxSockets: 64 });

/** Sends a body (JSON or a stream) and calls `onLine` for every line of the answer. */
function post(port, url, body, onLine) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port, path: url, method: 'POST', agent },
      (response) => {
        let buffer = '';
        response.setEncoding('utf8');
        response.on('data', (text) => {
          buffer += text;
          const lines = buffer.split('\n');
          buffer = lines.pop();
          try {
            for (const line of lines) if (line.trim() !== '') onLine(line);
          } catch (error) {
            reject(error);
          }
        });
        response.on('end', () =>
          response.statusCode < 300
            ? resolve()
            : reject(new Error(`${url}: ${response.statusCode} ${buffer}`)),
        );
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    if (typeof body.pipe === 'function') body.pipe(request);
    else request.end(JSON.stringify(body));
  });
}

export async function untilReady(port, url) {
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}${url}`);
      if (response.ok) return;
    } catch {
      // not listening yet
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function end(child) {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
