/** The server's side of a conversion in a worker thread. */
import { Worker } from 'node:worker_threads';
import { CriaError, cancelledError, type SerializedError } from '../errors.ts';
import type { FloatType } from './floats.ts';
import type { ConvertToFile } from './write-file.ts';

/** What the worker posts when it is done. */
type Answer = { readonly type: FloatType } | { readonly error: SerializedError };

/** Memory for tokenizers and headers; weights only pass through. */
const maxHeapMb = 4096;

/** `entryPath`: compiled file of the worker. */
export function createWorkerConverter(entryPath: string): ConvertToFile {
  return (job, { signal }) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(cancelledError());
        return;
      }
      const worker = new Worker(entryPath, {
        workerData: job,
        resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
      });
      // The worker removes what it has written, then answers.
      const cancel = (): void => worker.postMessage('cancel');
      signal.addEventListener('abort', cancel, { once: true });
      worker.once('message', (answer: Answer) => {
        if ('error' in answer) reject(CriaError.from(answer.error));
        else resolve(answer.type);
      });
      worker.once('error', (error) =>
        reject(
          new CriaError('conversion_failed', `the conversion failed: ${error.message}`, { cause: error }),
        ),
      );
      // Settled already unless the thread ended without a word.
      worker.once('exit', () => {
        signal.removeEventListener('abort', cancel);
        reject(new CriaError('conversion_failed', 'the conversion ended unexpectedly'));
      });
    });
}
