/** Pulling and pushing with bars on the screen. */
import type { CriaClient } from '../api/client.ts';
import { ApiError } from '../api/errors.ts';
import type { CliContext } from './context.ts';
import { followProgress } from './follow-progress.ts';
import { withInterrupt } from './interrupt.ts';
import { Progress } from './terminal/progress.ts';

export interface TransferFlags {
  readonly insecure?: boolean;
}

/** Ctrl-C cancels; what has been pulled stays for the next time. */
export async function transfer(
  client: CriaClient,
  direction: 'pull' | 'push',
  model: string,
  { insecure }: TransferFlags,
  context: CliContext,
): Promise<void> {
  const request = insecure === true ? { model, insecure } : { model };
  await withInterrupt(context, async (signal) => {
    const progress = new Progress(context.stderr);
    try {
      await followProgress(client[direction](request, { signal }), progress);
    } finally {
      progress.stop();
    }
  });
}

/** Pulls a model that the server does not have. */
export async function ensureModel(
  client: CriaClient,
  model: string,
  flags: TransferFlags,
  context: CliContext,
): Promise<void> {
  try {
    await client.show({ model });
  } catch (error) {
    if (!(error instanceof ApiError && error.isNotFound)) throw error;
    try {
      await transfer(client, 'pull', model, flags, context);
    } catch (pullError) {
      if (!(pullError instanceof ApiError)) throw pullError;
      throw new Error(`${error.message}, and it cannot be pulled: ${pullError.message}`, {
        cause: pullError,
      });
    }
  }
}
