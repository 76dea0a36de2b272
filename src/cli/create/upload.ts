/** Gives the server the files that it does not have yet. */
import type { CriaClient } from '../../api/client.ts';
import { hashFile, inlineHasher } from '../../util/file-hash.ts';
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
    const onProgress = (bytes: number): void => {
      const done = hashedBytes + bytes;
      const percent = Math.floor((done / Math.max(totalBytes, done)) * 100);
      if (progress.isLive) spinner.setMessage(`${message} ${percent}%`);
    };
    const digest = await hashFile(inlineHasher, file.path, { signal, onProgress }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw fileError(file.path, error);
    });
    hashedBytes += file.sizeBytes;
    digests.set(file.path, `sha256:${digest}`);
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
    // Ollama's line for scripts; on a screen it would leave no room for a bar.
    const bar = progress.bar(`copying ${progress.isLive ? file.name : `file ${digest}`}`, file.sizeBytes);
    await client.putBlob(digest, readFileBytes(file.path, signal), {
      sizeBytes: file.sizeBytes,
      signal,
      onProgress: (sentBytes) => bar.setCompleted(sentBytes),
    });
    bar.setCompleted(file.sizeBytes);
  }
}
