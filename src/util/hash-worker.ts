/** Thread that hashes files; see `hash-threads.ts`, which starts it. Nothing here waits: a thread may block on a disk. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { HashAnswer, HashOrder } from './hash-threads.ts';

interface Job {
  readonly fd: number;
  readonly hash: ReturnType<typeof createHash>;
  position: number;
  end: number;
  isFinishing: boolean;
}

/** As much as stays in the processor's cache between reading and hashing. */
const buffer = Buffer.allocUnsafeSlow(128 * 1024);
/** Ten to twenty milliseconds' work; then it is another job's turn, and messages are read. */
const turnBytes = 8 * 1024 * 1024;

// Whoever waits for an answer of the server comes first. Linux gives each thread a priority of its own; elsewhere this would
// slow down the whole process.
if (process.platform === 'linux') setPriority(Math.min(getPriority() + 5, 19));

const jobs = new Map<number, Job>();
let isScheduled = false;

parentPort?.on('message', (order: HashOrder) => {
  attempt(order.id, () => {
    const job = jobs.get(order.id);
    if (order.kind === 'open') {
      const fd = openSync(order.path, 'r');
      jobs.set(order.id, { fd, hash: createHash('sha256'), position: 0, end: 0, isFinishing: false });
    } else if (job === undefined) {
      return; // it has failed meanwhile
    } else if (order.kind === 'close') {
      close(order.id);
    } else {
      if (order.kind === 'advance') job.end = order.end;
      else job.isFinishing = true;
      schedule();
    }
  });
});

function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(() => {
    isScheduled = false;
    for (const [id, job] of jobs) attempt(id, () => takeTurn(id, job));
    if ([...jobs.values()].some((job) => job.position < job.end)) schedule();
  });
}

function takeTurn(id: number, job: Job): void {
  const before = job.position;
  const turnEnd = Math.min(job.end, before + turnBytes);
  while (job.position < turnEnd) {
    const length = readSync(job.fd, buffer, 0, Math.min(buffer.length, turnEnd - job.position), job.position);
    if (length === 0) throw new Error('the file has become shorter while it was hashed');
    job.hash.update(length === buffer.length ? buffer : buffer.subarray(0, length));
    job.position += length;
  }
  if (job.position > before) answer({ id, kind: 'progress', position: job.position });
  if (!job.isFinishing || job.position < job.end) return;
  answer({ id, kind: 'done', hex: job.hash.digest('hex') });
  close(id);
}

function attempt(id: number, work: () => void): void {
  try {
    work();
  } catch (error) {
    close(id);
    answer({ id, kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
}

function close(id: number): void {
  const job = jobs.get(id);
  if (job === undefined) return;
  jobs.delete(id);
  closeSync(job.fd);
}

function answer(message: HashAnswer): void {
  parentPort?.postMessage(message);
}
