/** Writes a body to a new file and finds its digest meanwhile, without holding up the event loop for either. */
import type { Readable } from 'node:stream';
import type { Digest } from '../types/digest.ts';
import type { AtomicFile } from '../util/atomic-file.ts';
import { BackgroundSync } from '../util/background-sync.ts';
import { BatchWriter } from '../util/batch-writer.ts';
import type { FileHash, FileHasher } from '../util/file-hash.ts';
import { createDigestHash, digestFromHex } from './digest.ts';

/** A body is hashed as it passes until it is larger than this; from then on the hasher reads the file. */
const passingBytes = 4 * 1024 * 1024;

/** Leaves `file` open, for the caller to commit or discard. Throws what the body or the disk fails with. */
export async function receiveFile(
  body: Readable,
  file: AtomicFile,
  hasher: FileHasher,
): Promise<{ readonly digest: Digest; readonly sizeBytes: number }> {
  const passing = createDigestHash();
  let growing: FileHash | undefined;
  let sizeBytes = 0;
  const sync = new BackgroundSync(() => file.sync());
  const writer = new BatchWriter(file.target, 0, (end) => growing?.advance(end));
  try {
    // The body stays open after a failure: destroying a request would close the socket before the error is answered.
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      const bytes: Uint8Array = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      sizeBytes += bytes.byteLength;
      if (sizeBytes <= passingBytes) passing.update(bytes);
      else growing ??= hasher.open(file.temporaryPath);
      sync.wrote(bytes.byteLength);
      await writer.push(bytes);
    }
    await writer.flush();
    if (growing === undefined) return { digest: passing.finish(), sizeBytes };
    growing.advance(sizeBytes);
    return { digest: digestFromHex(await growing.finish()), sizeBytes };
  } finally {
    await writer.flush().catch(() => {}); // told above
    await sync.idle();
    growing?.[Symbol.dispose]();
  }
}
