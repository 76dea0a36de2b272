/** Writes a GGUF file that nobody else sees yet. */
import { open, rm } from 'node:fs/promises';
import { type GgufContent, type GgufSink, writeGguf } from './writer.ts';

/**
 * Creates `target`, which must not exist; after a failure it doesn't either. Its bytes may not be on disk yet when this
 * resolves. Errors as in `writeGguf`.
 */
export async function writeNewGguf(
  target: string,
  content: GgufContent,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const handle = await open(target, 'wx');
  const sink: GgufSink = {
    write: async (bytes) => {
      // A write may be short, as the system call.
      for (let written = 0; written < bytes.byteLength; )
        written += (await handle.write(bytes, written, bytes.byteLength - written)).bytesWritten;
    },
  };
  try {
    await writeGguf(sink, content, options);
    await handle.close();
  } catch (error) {
    await handle.close().catch(() => {}); // the first error tells more
    await rm(target, { force: true });
    throw error;
  }
}
