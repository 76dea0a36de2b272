/** Converts a folder into a file. */
import { open, rm } from 'node:fs/promises';
import { type GgufSink, writeGguf } from '../gguf/writer.ts';
import { convertFolder } from './convert.ts';
import type { FloatType } from './floats.ts';

export interface ConvertJob {
  /** Relative name → path. */
  readonly files: ReadonlyMap<string, string>;
  /** Does not exist yet, and not after a failure either. */
  readonly target: string;
  /** Type of the matrices; undefined = BF16 where the source has it, else F16. */
  readonly type: FloatType | undefined;
}

/** Resolves to the type of the matrices. Errors as in `convertFolder`, and the system's. */
export type ConvertToFile = (job: ConvertJob, options: { signal: AbortSignal }) => Promise<FloatType>;

export const convertToFile: ConvertToFile = async ({ files, target, type }, { signal }) => {
  await using conversion = await convertFolder(files, { type, signal });
  const handle = await open(target, 'wx');
  const sink: GgufSink = {
    write: async (bytes) => {
      // A write may be short, as the system call.
      for (let written = 0; written < bytes.byteLength; )
        written += (await handle.write(bytes, written, bytes.byteLength - written)).bytesWritten;
    },
  };
  try {
    await writeGguf(sink, conversion.content, { signal });
    await handle.close();
    return conversion.type;
  } catch (error) {
    await handle.close().catch(() => {}); // the first error tells more
    await rm(target, { force: true });
    throw error;
  }
};
