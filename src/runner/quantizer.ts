/** Quantizes files in a throw-away process each: llama.cpp aborts on input it does not like. */
import { spawn } from 'node:child_process';
import { CriaError, cancelledError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { AsyncQueue } from '../util/async-queue.ts';
import { describeExit } from './exit-text.ts';
import { OutputTail } from './output-tail.ts';

export interface QuantizeJob {
  readonly source: string;
  /** Does not exist yet. After a failure there may be a part of it. */
  readonly target: string;
  /** llama.h: `enum llama_ftype`. */
  readonly fileType: number;
}

/** Yields the name of each tensor when it is done. Throws `conversion_failed`, `cancelled`. */
export type Quantize = (job: QuantizeJob, options: { signal: AbortSignal }) => AsyncIterable<string>;

export interface QuantizerOptions {
  /** Entry file of the engine's quantizer. */
  readonly entryPath: string;
  /** Folder of the shared libraries; undefined = the engine's default. */
  readonly libraryDir: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly log: Logger;
}

/** llama-quant.cpp prints `[ 1/ 290] name - [ 4096, …], type = f16, …` for every tensor. */
const tensorLine = /^\[\s*\d+\/\s*\d+\]\s+(\S+)\s+-/;

/** What its exception says when a type needs statistics of the model's activations, which nobody has given it. */
const needsMatrix = /importance matrix|imatrix/i;

export function createQuantizer(options: QuantizerOptions): Quantize {
  return async function* quantize(job, { signal }) {
    if (signal.aborted) throw cancelledError();
    const { log } = options;
    const tensors = new AsyncQueue<string>();
    const tail = new OutputTail((line) => {
      log.trace(line);
      const name = tensorLine.exec(line)?.[1];
      if (name !== undefined) tensors.push(name);
    });
    const child = spawn(
      process.execPath,
      [options.entryPath, options.libraryDir ?? '', job.source, job.target, String(job.fileType), '0'],
      { stdio: ['ignore', 'ignore', 'pipe'], env: { ...options.env }, windowsHide: true },
    );
    const kill = (): void => void child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    process.once('exit', kill);
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => tail.push(text));
    child.on('error', (error) =>
      tensors.fail(new CriaError('conversion_failed', error.message, { cause: error })),
    );
    child.on('close', (code, exitSignal) => {
      tail.end();
      if (signal.aborted) tensors.fail(cancelledError());
      else if (code === 0) tensors.end();
      else
        tensors.fail(
          failure(tail, { expected: false, code, signal: exitSignal, lastErrorLine: tail.lastErrorLine }),
        );
    });
    try {
      for (let next = await tensors.next(); next.done !== true; next = await tensors.next()) yield next.value;
    } finally {
      signal.removeEventListener('abort', kill);
      process.off('exit', kill);
      kill();
    }
  };
}

function failure(tail: OutputTail, exit: Parameters<typeof describeExit>[0]): CriaError {
  if (tail.lines.some((line) => needsMatrix.test(line)))
    return new CriaError(
      'conversion_failed',
      'this quantization type needs an importance matrix, which is not supported; choose another one, such as Q3_K_M',
    );
  return new CriaError('conversion_failed', `quantizing failed: ${describeExit(exit)}`);
}
