// npm run bench:transfer: a pull of 1 GB from loopback against sha256sum of the same file: rate, memory, event loop.
import { execFileSync, fork } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, ensureInstalled, root } from '../scripts/setup.mjs';

const sizeBytes = 1_000_000_000;

if (process.argv[2] === 'serve') await serveFile(process.argv[3], process.argv[4]);
else if (process.argv[2] === 'pull') await pullBlob(...process.argv.slice(3));
else await main();

async function main() {
  ensureInstalled();
  ensureBuilt();
  const directory = mkdtempSync(path.join(os.tmpdir(), 'cria-transfer-'));
  try {
    const file = path.join(directory, 'blob');
    const digest = makeFile(file);
    const shaMs = Math.min(...[1, 2].map(() => timeMs(() => execFileSync('sha256sum', [file]))));
    const server = await started('serve', file, digest);
    const puller = await started('pull', path.join(directory, 'models'), String(server.message.port), digest);
    server.child.kill();
    const { ms, rssGrowthBytes, maxDelayMs } = puller.message;
    const rate = (time) => `${Math.round(sizeBytes / 1e3 / time)} MB/s`;
    process.stdout.write(
      [
        `${os.cpus()[0]?.model}, ${os.cpus().length} cores, load ${os.loadavg()[0]?.toFixed(1)}, Node ${process.version}`,
        `sha256sum        ${rate(shaMs)}`,
        `pull             ${rate(ms)}  (${(shaMs / ms).toFixed(2)} of sha256sum; wanted: 0.80)`,
        `memory growth    ${Math.round(rssGrowthBytes / 1e6)} MB  (allowed: 200)`,
        `event loop       ${maxDelayMs.toFixed(1)} ms at most  (allowed: 50)`,
        '',
      ].join('\n'),
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
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
  closeSync(descriptor);
  return `sha256:${hash.digest('hex')}`;
}

function timeMs(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** A process of this script and the first message that it sends. */
function started(...args) {
  const child = fork(fileURLToPath(import.meta.url), args);
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve({ child, message }));
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with status ${code}`)));
  });
}

/** A registry that has one blob. */
async function serveFile(file, digest) {
  const { size } = statSync(file);
  const server = createServer((request, response) => {
    if (!request.url?.endsWith(digest)) {
      response.writeHead(404).end();
      return;
    }
    const [, start = '0', end = String(size - 1)] =
      /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
    const [first, last] = [Number(start), Number(end)];
    response.writeHead(206, {
      'content-length': last - first + 1,
      'content-range': `bytes ${first}-${last}/${size}`,
    });
    createReadStream(file, { start: first, end: last, highWaterMark: 1 << 20 }).pipe(response);
  });
  server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));
}

/** Pulls the blob in this process with cria's own registry room, and tells what that cost. */
async function pullBlob(modelsDir, port, digest) {
  const { monitorEventLoopDelay } = await import('node:perf_hooks');
  const load = (file) => import(path.join(root, 'dist', file));
  const [{ createStore }, { createRegistry }, { parseModelName }, { silentLogger }] = await Promise.all(
    ['store/store.js', 'registry/registry.js', 'store/name.js', 'log.js'].map(load),
  );
  const store = createStore({ root: modelsDir, inspectGoTemplate: () => ({}), log: silentLogger });
  const registry = createRegistry({
    paths: store.paths,
    blobs: store.blobs,
    stateDir: modelsDir,
    proxy: { http: '', https: '', none: [] },
    privateHosts: [],
    userAgent: 'bench',
    log: silentLogger,
  });
  const session = registry.open({ name: parseModelName(`127.0.0.1:${port}/a/b`), isInsecure: true });
  const signal = new AbortController().signal;
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const rssBefore = process.memoryUsage.rss();
  let rssPeak = rssBefore;
  const timer = setInterval(() => {
    rssPeak = Math.max(rssPeak, process.memoryUsage.rss());
  }, 20);
  delay.enable();
  const start = performance.now();
  await session.fetchBlob({ mediaType: 'x', digest, size: sizeBytes }, { signal }).done;
  const ms = performance.now() - start;
  delay.disable();
  clearInterval(timer);
  await registry.close();
  process.send?.({ ms, rssGrowthBytes: rssPeak - rssBefore, maxDelayMs: delay.max / 1e6 });
  process.disconnect?.();
}
