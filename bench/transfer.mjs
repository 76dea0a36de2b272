// npm run bench:transfer: what 1 GB costs a server that pulls it from loopback, pushes it and takes it as an upload, and what
// it costs to convert a folder of safetensors: rate beside sha256sum and the disk, memory, and how long the event loop stood.
import { execFileSync, fork } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  fsyncSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { createServer, request } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, ensureInstalled, root } from '../scripts/setup.mjs';
import { writeLlamaFolder } from './llama-folder.mjs';
import { median, print } from './measure.mjs';

const sizeBytes = 1_000_000_000;
const rounds = 3;
const wanted = { ratio: 0.8, growthMb: 200, delayMs: 50 };

if (process.argv[2] === 'registry') await serveRegistry(...process.argv.slice(3));
else await main();

async function main() {
  ensureInstalled();
  ensureBuilt();
  const directory = mkdtempSync(path.join(os.tmpdir(), 'cria-transfer-'));
  const children = [];
  try {
    const file = path.join(directory, 'blob');
    const digest = makeFile(file);
    const registry = await startedRegistry(children, file, digest);
    const server = await startedServer(children, directory);
    const model = `127.0.0.1:${registry.port}/library/bench:latest`;
    print(
      `${os.cpus()[0]?.model}, ${os.cpus().length} cores, load ${os.loadavg()[0]?.toFixed(1)}, Node ${process.version}`,
    );
    print(
      `at rest      ${eventLoop(await server.probed(() => new Promise((resolve) => setTimeout(resolve, 2000))))}`,
    );

    const shaMs = [];
    const diskMs = [];
    const runs = { pull: [], push: [], upload: [] };
    for (let round = 0; round < rounds; round++) {
      // Side by side, since the machine is not the same from one minute to the next.
      shaMs.push(timeMs(() => execFileSync('sha256sum', [file])));
      diskMs.push(timeMs(() => writeToDisk(file, path.join(directory, 'copy'))));
      runs.pull.push(
        await server.probed(() => post(server.url, '/api/pull', { model, insecure: true, stream: false })),
      );
      await fetch(`${registry.url}/forget`);
      runs.push.push(
        await server.probed(() => post(server.url, '/api/push', { model, insecure: true, stream: false })),
      );
      await remove(server.url, model);
      runs.upload.push(await server.probed(() => upload(server.url, file, digest)));
      // What was uploaded belongs to no model: pulling and deleting one takes it away.
      await post(server.url, '/api/pull', { model, insecure: true, stream: false });
      await remove(server.url, model);
    }
    const reference = median(shaMs);
    print(`sha256sum    ${rate(reference)}`);
    print(`disk         ${rate(median(diskMs))}  (written and synced)`);
    for (const [name, measured] of Object.entries(runs)) print(line(name, measured, reference));

    const folder = path.join(directory, 'folder');
    const names = writeLlamaFolder(folder, path.join(root, 'src/convert/testdata/models/llama'));
    const files = Object.fromEntries(names.map((name) => [name, digestOf(path.join(folder, name))]));
    for (const name of names) await upload(server.url, path.join(folder, name), files[name]);
    const bytes = statSync(path.join(folder, 'model.safetensors')).size;
    const converted = await server.probed(() =>
      post(server.url, '/api/create', { model: 'converted', files, stream: false }),
    );
    print(`convert      ${rate(converted.ms, bytes)}  ${memory([converted])}  ${eventLoop(converted)}`);
    const shown = await server.probed(() => post(server.url, '/api/show', { model: 'converted' }));
    print(`show it      ${eventLoop(shown)}`);
  } finally {
    for (const child of children) child.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

function line(name, measured, shaMs) {
  const ms = median(measured.map((one) => one.ms));
  const ratio = `${(shaMs / ms).toFixed(2)} of sha256sum${name === 'pull' ? `, wanted: ${wanted.ratio.toFixed(2)}` : ''}`;
  const cpu = `${median(measured.map(({ cpuSeconds }) => cpuSeconds)).toFixed(1)} s of processor time`;
  const worst = {
    delayMs: Math.max(...measured.map(({ delayMs }) => delayMs)),
    ranMs: Math.max(...measured.map(({ ranMs }) => ranMs)),
  };
  return `${name.padEnd(12)} ${rate(ms)}  (${ratio})  ${cpu}  ${memory(measured)}  ${eventLoop(worst)}`;
}

function rate(ms, bytes = sizeBytes) {
  return `${Math.round(bytes / 1e3 / ms)} MB/s`;
}

function memory(measured) {
  const growth = Math.max(...measured.map(({ rssGrowthBytes }) => rssGrowthBytes));
  return `memory +${Math.round(growth / 1e6)} MB (allowed: ${wanted.growthMb})`;
}

function eventLoop({ delayMs, ranMs }) {
  return `event loop held up for ${Math.round(delayMs)} ms at most (allowed: ${wanted.delayMs}), ${Math.round(ranMs)} ms by its own work`;
}

function timeMs(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function makeFile(file) {
  const hash = createHash('sha256');
  const noise = randomFillSync(Buffer.alloc(1_000_000));
  const descriptor = openSync(file, 'w');
  for (let i = 0; i < sizeBytes / noise.length; i++) {
    noise.writeUInt32LE(i);
    hash.update(noise);
    writeSync(descriptor, noise);
  }
  fsyncSync(descriptor); // not while others are measured
  closeSync(descriptor);
  return `sha256:${hash.digest('hex')}`;
}

function digestOf(file) {
  return `sha256:${execFileSync('sha256sum', [file]).toString().slice(0, 64)}`;
}

/** What the disk allows: nobody can have a synced copy sooner. */
function writeToDisk(source, target) {
  const [from, to] = [openSync(source, 'r'), openSync(target, 'w')];
  const buffer = Buffer.alloc(1 << 20);
  for (let length = readSync(from, buffer); length > 0; length = readSync(from, buffer))
    writeSync(to, buffer, 0, length);
  fsyncSync(to);
  closeSync(from);
  closeSync(to);
  rmSync(target);
}

async function post(url, route, body) {
  const response = await fetch(url + route, { method: 'POST', body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok || text.includes('"error"')) throw new Error(`${route}: ${text.slice(0, 500)}`);
}

async function remove(url, model) {
  const response = await fetch(`${url}/api/delete`, { method: 'DELETE', body: JSON.stringify({ model }) });
  if (!response.ok) throw new Error(`/api/delete: ${await response.text()}`);
}

async function upload(url, file, digest) {
  const sending = request(`${url}/api/blobs/${digest}`, {
    method: 'POST',
    headers: { 'content-length': statSync(file).size },
  });
  const answered = new Promise((resolve, reject) => sending.once('response', resolve).once('error', reject));
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), sending);
  const answer = await answered;
  answer.resume();
  if (answer.statusCode !== 201) throw new Error(`/api/blobs: status ${answer.statusCode}`);
}

/** The built server with the probe in it, its store in `directory`. */
async function startedServer(children, directory) {
  const port = await freePort();
  const child = fork(path.join(root, 'dist', 'main.js'), ['serve'], {
    execArgv: ['--import', path.join(root, 'bench', 'event-loop-probe.mjs')],
    env: {
      ...process.env,
      HOME: directory,
      USERPROFILE: directory,
      OLLAMA_MODELS: path.join(directory, 'models'),
      OLLAMA_HOST: `127.0.0.1:${port}`,
    },
    silent: true,
  });
  children.push(child);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log += text));
  child.once('exit', (code, signal) => {
    if (signal === null && code !== 0) process.stderr.write(`the server ended with status ${code}:\n${log}`);
  });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    if (await fetch(url).catch(() => undefined)) break;
    if (tries > 200) throw new Error(`the server does not answer: ${log}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const ask = (probe) =>
    new Promise((resolve) => {
      child.once('message', resolve);
      child.send({ probe });
    });
  return {
    url,
    /** Runs `work` and tells what it cost the server. */
    probed: async (work) => {
      await ask('start');
      const start = performance.now();
      await work();
      const ms = performance.now() - start;
      return { ms, ...(await ask('stop')) };
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startedRegistry(children, file, digest) {
  const child = fork(fileURLToPath(import.meta.url), ['registry', file, digest]);
  children.push(child);
  const port = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`the registry ended with status ${code}`)));
  });
  return { port, url: `http://127.0.0.1:${port}` };
}

/** A registry with one model of one blob, which takes whatever is pushed and keeps nothing. */
async function serveRegistry(file, digest) {
  const { size } = statSync(file);
  const layer = { mediaType: 'application/octet-stream', digest, size };
  const manifest = JSON.stringify({ schemaVersion: 2, layers: [layer] });
  let hasBlob = true;
  const server = createServer((incoming, response) => {
    const { method, url = '', headers } = incoming;
    const location = `/v2/library/bench/blobs/uploads/1`;
    if (url === '/forget') {
      hasBlob = false;
      response.end();
    } else if (method === 'POST' || method === 'PATCH' || method === 'PUT') {
      incoming.resume().once('end', () => {
        response.writeHead(method === 'PUT' ? 201 : 202, { location, 'content-length': 0 });
        response.end();
      });
    } else if (url.includes('/manifests/')) response.end(manifest);
    else if (method === 'HEAD') response.writeHead(hasBlob ? 200 : 404, { 'content-length': 0 }).end();
    else {
      const [, first = '0', last = String(size - 1)] = /bytes=(\d+)-(\d+)/.exec(headers.range ?? '') ?? [];
      const [start, end] = [Number(first), Number(last)];
      response.writeHead(206, {
        'content-length': end - start + 1,
        'content-range': `bytes ${start}-${end}/${size}`,
      });
      createReadStream(file, { start, end, highWaterMark: 1 << 20 }).pipe(response);
    }
  });
  server.listen(0, '127.0.0.1', () => process.send?.(server.address().port));
}
