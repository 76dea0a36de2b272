/** The server's side of a conversion in a worker thread. */
import { Worker } from 'node:worker_threads';
import { CriaError, cancelledError, type SerializedError } from '../errors.ts';
import type { ConvertAdapterJob, ConvertedModel, Converter, ConvertJob } from './write-file.ts';

export type WorkerJob =
  | { readonly kind: 'model'; readonly job: ConvertJob }
  | { readonly kind: 'adapter'; readonly job: ConvertAdapterJob };

/** What the worker posts when it is done; models have a result. */
type Answer = { readonly result: ConvertedModel | undefined } | { readonly error: SerializedError };

/** Memory for tokenizers and headers; weights only pass through. */
const maxHeapMb = 4096;

/** `entryPath`: compiled file of the worker. */
export function createWorkerConverter(entryPath: string): Converter {
  return {
    model: async (job, { signal }) => {
      const converted = await runInWorker(entryPath, { kind: 'model', job }, signal);
      if (converted === undefined) throw new RangeError('the worker did not tell what it has written');
      return converted;
    },
    adapter: async (job, { signal }) => {
      await runInWorker(entryPath, { kind: 'adapter', job }, signal);
    },
  };
}

function runInWorker(
  entryPath: string,
  work: WorkerJob,
  signal: AbortSignal,
): Promise<ConvertedModel | undefined> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(cancelledError());
      return;
    }
    const worker = new Worker(entryPath, {
      workerData: work,
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    });
    // The worker removes what it has written, then answers.
    const cancel = (): void => worker.postMessage('cancel');
    signal.addEventListener('abort', cancel, { once: true });
    worker.once('message', (answer: Answer) => {
      if ('error' in answer) reject(CriaError.from(answer.error));
      else resolve(answer.result);
    });
    worker.once('error', (error) =>
      reject(new CriaError('conversion_failed', `the conversion failed: ${error.message}`, { cause: error })),
    );
    // Settled already unless the thread ended without a word.
    worker.once('exit', () => {
      signal.removeEventListener('abort', cancel);
      reject(new CriaError('conversion_failed', 'the conversion ended unexpectedly'));
    });
  });
}
