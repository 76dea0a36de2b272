/** Weights that are computed for a new model: converted from safetensors. */
import { readGgufHeader } from '../../gguf/reader.ts';
import type { GgufHeader } from '../../gguf/types.ts';
import type { Progress } from '../types.ts';
import type { BaseOptions } from './base.ts';
import type { UploadedFile } from './check-request.ts';
import { isSourceType } from './quantization.ts';
import { holdFolder } from './uploads.ts';

/** Converts a folder of safetensors. Throws `conversion_failed`, `not_implemented`, `blob_not_found`. */
export async function* convertModel(
  files: readonly UploadedFile[],
  options: BaseOptions,
): AsyncGenerator<Progress, { path: string; header: GgufHeader; isFromFp8: boolean }> {
  yield { status: 'converting model' };
  const { layers, convert, quantization, signal } = options;
  const path = layers.temporaryFile();
  // Floating-point types need no second pass.
  const type = quantization !== undefined && isSourceType(quantization.name) ? quantization.name : undefined;
  const job = { files: await holdFolder(files, options), target: path, type };
  const { isFromFp8 } = await convert.model(job, { signal });
  return { path, header: await readGgufHeader(path, { signal }), isFromFp8 };
}
