/** Converts a folder into a file. */
import { writeNewGguf } from '../gguf/new-file.ts';
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
  await writeNewGguf(target, conversion.content, { signal });
  return conversion.type;
};
