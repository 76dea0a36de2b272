/** Gives the server the files that it does not have yet. */
import { createHash } from 'node:crypto';
import type { CriaClient } from '../../api/client.ts';
import type { Progress } from '../terminal/progress.ts';
import { fileError, type ModelFile, readFileBytes } from './files.ts';

export interface UploadOptions {
  readonly client: Pick<CriaClient, 'hasBlob' | 'putBlob'>;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Hashes the files and returns each one's digest, `sha256:…`, by its path. */
export async function hashFiles(
  files: readonly ModelFile[],
  { progress, signal }: Pick<UploadOptions, 'progress' | 'signal'>,
): Promise<Map<string, string>> {
  const message = 'gathering model components';
  const spinner = progress.spinner(message);
  const totalBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const digests = new Map<string, string>();
  let hashedBytes = 0;
  for (const file of files) {
    const hash = createHash('sha256');
    try {
      for await (const chunk of readFileBytes(file.path, signal)) {
        hash.update(chunk);
        hashedBytes += chunk.length;
        const percent = Math.floor((hashedBytes / Math.max(totalBytes, hashedBytes)) * 100);
        if (progress.isLive) spinner.setMessage(`${message} ${percent}%`);
      }
    } catch (error) {
      signal.throwIfAborted();
      throw fileError(file.path, error);
    }
    digests.set(file.path, `sha256:${hash.digest('hex')}`);
  }
  spinner.setMessage(message);
  spinner.stop();
  return digests;
}

/** Uploads the files that the server lacks, one after the other: the disk and the server's hashing are the bottleneck. */
export async function uploadFiles(
  files: readonly ModelFile[],
  digests: ReadonlyMap<string, string>,
  { client, progress, signal }: UploadOptions,
): Promise<void> {
  for (const file of files) {
    const digest = digests.get(file.path);
    if (digest === undefined || (await client.hasBlob(digest, { signal }))) continue;
    const bar = progress.bar(`copying file ${digest}`, file.sizeBytes);
    await client.putBlob(digest, readFileBytes(file.path, signal), {
      sizeBytes: file.sizeBytes,
      signal,
      onProgress: (sentBytes) => bar.setCompleted(sentBytes),
    });
    bar.setCompleted(file.sizeBytes);
  }
}
