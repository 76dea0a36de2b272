/**
 * Converts in a thread of its own: tokenizers of 30 MB of JSON and billions of weights would hold up the server's event
 * loop. One job a worker; see `in-worker.ts`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { toCriaError } from '../errors.ts';
import { type ConvertJob, convertToFile } from './write-file.ts';

// What the other side sends is a ConvertJob; both belong to one build.
const job = workerData as ConvertJob;
const abort = new AbortController();
parentPort?.on('message', () => abort.abort());
try {
  const type = await convertToFile(job, { signal: abort.signal });
  parentPort?.postMessage({ type });
} catch (error) {
  parentPort?.postMessage({ error: toCriaError(error).toJSON() });
}
parentPort?.close();
