/** The server's progress lines of create (and of transfers) on the user's screen. */
import type { ProgressResponse } from '../api/types.ts';
import type { Bar, Progress, Spinner } from './terminal/progress.ts';

/** Shows each new status as a line, those with sizes as bars. Throws when the stream ends without `success`. */
export async function followProgress(
  lines: AsyncIterable<ProgressResponse>,
  progress: Progress,
): Promise<void> {
  const bars = new Map<string, Bar>();
  let spinner: Spinner | undefined;
  let lastStatus = '';
  for await (const { status, digest, total, completed } of lines) {
    if (digest !== undefined && total !== undefined && total > 0) {
      spinner?.stop();
      const bar = bars.get(digest) ?? progress.bar(status, total);
      bars.set(digest, bar);
      bar.setCompleted(completed ?? 0);
    } else if (status !== lastStatus) {
      spinner?.stop();
      spinner = progress.spinner(status);
    }
    lastStatus = status;
  }
  spinner?.stop();
  if (lastStatus !== 'success') throw new Error('the server ended its answer before the work was done');
}
