// A server of a script's own: on a free port, with a folder of models of its own.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { ensureBuilt, ensureInstalled, root } from './setup.mjs';

/** Runs `use` with the server and ends it. `cria(...args)` is the command line, `post(url, body)` answers with parsed JSON. */
export async function withServer(modelsDir, use) {
  ensureInstalled();
  ensureBuilt();
  mkdirSync(modelsDir, { recursive: true });
  const host = `127.0.0.1:${await freePort()}`;
  const env = { ...process.env, OLLAMA_HOST: host, OLLAMA_MODELS: modelsDir };
  const main = path.join(root, 'dist/main.js');
  const server = spawn(process.execPath, [main, 'serve'], { env, stdio: 'ignore' });
  try {
    while (!(await fetch(`http://${host}`).catch(() => undefined))) {
      if (server.exitCode !== null) throw new Error(`cria serve ended with status ${server.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return await use({
      cria: (...args) => execFileSync(process.execPath, [main, ...args], { env, stdio: ['ignore', 2, 2] }),
      post: async (url, body) => {
        const response = await fetch(`http://${host}${url}`, { method: 'POST', body: JSON.stringify(body) });
        if (!response.ok) throw new Error(`${url}: ${await response.text()}`);
        return response.json();
      },
    });
  } finally {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill();
    if (server.exitCode === null) await ended;
  }
}

/** File of the weights of a model that the server has. */
export async function weightsOf({ post }, model) {
  const { modelfile } = await post('/api/show', { model });
  return /^FROM (.+)$/m.exec(modelfile)?.[1];
}

async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
