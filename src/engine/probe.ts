/**
 * Throw-away process: loads the libraries of the folder given as the only argument and prints one line of JSON about the
 * devices they find. A driver that crashes takes this process down and nobody else. See `runner/library-choice.ts`.
 */
import { Library } from '../native/library.ts';

const kinds = { cpu: 'cpu', gpu: 'gpu', integratedGpu: 'igpu', accelerator: 'accel' } as const;

try {
  const devices = Library.load(process.argv[2]).devices();
  const answer = devices.map(({ name, description, kind, totalBytes, freeBytes }) => ({
    name,
    description,
    type: kinds[kind],
    totalBytes,
    freeBytes,
  }));
  process.stdout.write(`${JSON.stringify({ devices: answer })}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
