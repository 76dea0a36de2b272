/** The adapter of a new model: a GGUF file, or a folder of safetensors that is converted. */
import { CriaError, isCriaError } from '../../errors.ts';
import { adapterBaseOf, checkAdapter } from '../../gguf/adapter.ts';
import { readGgufHeader } from '../../gguf/reader.ts';
import { readModelHeader, splitCountOf } from '../../gguf/split.ts';
import { kindOf } from '../../gguf/summary.ts';
import type { Progress } from '../types.ts';
import type { Base, BaseOptions } from './base.ts';
import { isSafetensors, type UploadedFile } from './check-request.ts';
import type { Staged } from './staged.ts';
import { holdFolder, layerOf, openGguf } from './uploads.ts';

/**
 * Every adapter is checked against the weights that it is for. Throws `bad_request` for one that does not fit or cannot be
 * converted, `blob_not_found`, `invalid_gguf`, `not_implemented`.
 */
export async function* importAdapter(
  files: readonly UploadedFile[],
  base: Base,
  options: BaseOptions,
): AsyncGenerator<Progress, Staged> {
  const { signal } = options;
  const weights = adapterBaseOf(await readModelHeader(base.modelPaths, { signal }));
  if (files.some(isSafetensors)) {
    yield { status: 'converting adapter' };
    const path = await convertAdapter(files, base, options);
    checkAdapter(await readGgufHeader(path, { signal }), weights);
    return { type: 'file', kind: 'adapter', path };
  }
  const [file] = files;
  if (file === undefined) throw new RangeError('there is no adapter');
  yield { status: 'parsing GGUF' };
  const opened = await openGguf(file, options);
  const { header } = opened;
  if (splitCountOf(header) > 1)
    throw new CriaError('not_implemented', 'adapters in several files are not implemented yet');
  if (kindOf(header) !== 'adapter')
    throw new CriaError('bad_request', `${JSON.stringify(file.path)} is not an adapter`);
  checkAdapter(header, weights);
  return { type: 'blob', layer: layerOf(opened, 'adapter') };
}

async function convertAdapter(
  files: readonly UploadedFile[],
  { modelPaths }: Base,
  options: BaseOptions,
): Promise<string> {
  const { layers, convert, signal } = options;
  const target = layers.temporaryFile();
  const paths = await holdFolder(files, options);
  try {
    await convert.adapter({ files: paths, base: modelPaths, target }, { signal });
  } catch (error) {
    // As Ollama has it, these are the client's.
    if (isCriaError(error, 'conversion_failed'))
      throw new CriaError('bad_request', error.message, { cause: error });
    throw error;
  }
  return target;
}
