/** A question that is answered with yes or no. */
import { createInterface } from 'node:readline';
import type { World } from './context.ts';

/** Anything but a yes is a no, the end of the input included. Rejects with the signal's reason. */
export async function confirm(
  question: string,
  { stdin, stderr }: Pick<World, 'stdin' | 'stderr'>,
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted();
  stderr.write(`${question} [y/N] `);
  const lines = createInterface({ input: stdin, terminal: false });
  const onAbort = (): void => lines.close();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const answer = await new Promise<string>((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(''));
    });
    signal.throwIfAborted();
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    signal.removeEventListener('abort', onAbort);
    lines.close();
  }
}
