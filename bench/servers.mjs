// The servers that are measured: a fresh `cria serve`, and llama.cpp's llama-server where bench/build-peer made it.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { root } from '../scripts/setup.mjs';
import { workDir } from './model.mjs';

/** The path of one of llama.cpp's tools of the same tag, undefined before bench/build-peer. */
export function peerTool(name) {
  const file = path.join(workDir, 'peer', 'build', 'bin', name);
  return existsSync(file) ? file : undefined;
}

/** Calls `use(port, readyMs)` with a server that has one model, `bench`, and ends it. */
export async function withCria(modelPath, settings, use) {
  const home = mkdtempSync(path.join(tmpdir(), 'cria-bench-'));
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawn(process.execPath, [path.join(root, 'dist', 'main.js'), 'serve'], {
    env: {
      ...process.env,
      HOME: home,
      OLLAMA_HOST: `127.0.0.1:${port}`,
      OLLAMA_MODELS: path.join(home, 'models'),
      ...settings,
    },
    stdio: 'ignore',
  });
  try {
    await untilReady(port, '/');
    const readyMs = performance.now() - startedAt;
    await createModel(port, modelPath);
    return await use(port, readyMs);
  } finally {
    await end(child);
    rmSync(home, { recursive: true, force: true });
  }
}

/** Calls `use(port)` with a llama-server of the same model, as many threads and as large batches, and ends it. */
export async function withLlamaServer(binary, modelPath, args, use) {
  const port = await freePort();
  const common = [
    '--host',
    '127.0.0.1',
    '--port',
    `${port}`,
    '-ngl',
    '0',
    '-b',
    '2048',
    '-ub',
    '512',
    '--no-webui',
  ];
  const child = spawn(binary, ['-m', modelPath, ...common, '-t', `${physicalCores()}`, ...args], {
    stdio: 'ignore',
  });
  try {
    await untilReady(port, '/health');
    return await use(port);
  } finally {
    await end(child);
  }
}

// llama-server ends a connection after some requests, so none is used twice.
const agent = new http.Agent({ keepAlive: false, maxSockets: 64 });

/** Sends a body (JSON or a stream) and calls `onLine` for every line of the answer. */
export function post(port, url, body, onLine) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port, path: url, method: 'POST', agent },
      (response) => {
        let buffer = '';
        response.setEncoding('utf8');
        const take = (line) => {
          if (line.trim() === '' || response.statusCode >= 300) return;
          try {
            onLine(line);
          } catch (error) {
            reject(error);
          }
        };
        response.on('data', (text) => {
          buffer += text;
          const lines = buffer.split('\n');
          buffer = lines.pop();
          for (const line of lines) take(line);
        });
        response.on('end', () => {
          if (response.statusCode >= 300) reject(new Error(`${url}: ${response.statusCode} ${buffer}`));
          take(buffer);
          resolve();
        });
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    if (typeof body.pipe === 'function') body.pipe(request);
    else request.end(JSON.stringify(body));
  });
}

async function createModel(port, modelPath) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(modelPath)) hash.update(chunk);
  const digest = `sha256:${hash.digest('hex')}`;
  // The model that comes with cria is there already.
  const { ok: isThere } = await fetch(`http://127.0.0.1:${port}/api/blobs/${digest}`, { method: 'HEAD' });
  if (!isThere) await post(port, `/api/blobs/${digest}`, createReadStream(modelPath), () => {});
  await post(port, '/api/create', { model: 'bench', files: { 'model.gguf': digest } }, (line) => {
    const { error } = JSON.parse(line);
    if (error) throw new Error(error);
  });
}

async function untilReady(port, url) {
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

function end(child) {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The threads that cria takes on its own: hyper-threads add nothing. */
function physicalCores() {
  try {
    const list = execFileSync('lscpu', ['-p=core,socket'], { encoding: 'utf8' });
    return new Set(list.split('\n').filter((line) => /^\d/.test(line))).size;
  } catch {
    return availableParallelism();
  }
}
