/**
 * Converts in a thread of its own: tokenizers of 30 MB of JSON and billions of weights would hold up the server's event
 * loop. One job a worker; see `in-worker.ts`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { toCriaError } from '../errors.ts';
import type { WorkerJob } from './in-worker.ts';
import { converter } from './write-file.ts';

// What the other side sends is a WorkerJob; both belong to one build.
const work = workerData as WorkerJob;
const abort = new AbortController();
parentPort?.on('message', () => abort.abort());
try {
  const { signal } = abort;
  const result =
    work.kind === 'model'
      ? await converter.model(work.job, { signal })
      : await converter.adapter(work.job, { signal });
  parentPort?.postMessage({ result });
} catch (error) {
  parentPort?.postMessage({ error: toCriaError(error).toJSON() });
}
parentPort?.close();
