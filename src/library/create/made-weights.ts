/** Weights that are computed for a new model: converted from safetensors, merged of parts, quantized. */
import { rm } from 'node:fs/promises';
import { CriaError } from '../../errors.ts';
import { readGgufHeader } from '../../gguf/reader.ts';
import { quantizationOf } from '../../gguf/summary.ts';
import { describeWeights, type WeightsFacts } from '../../store/headers.ts';
import { layerMediaType } from '../../store/manifest.ts';
import type { Progress } from '../types.ts';
import type { BaseOptions } from './base.ts';
import type { UploadedFile } from './check-request.ts';
import { isSourceType, needsQuantizing, type Quantization } from './quantization.ts';
import { mergeParts, orderParts, type Part } from './split.ts';

/** Ollama's stand-in for the digest of what is being made. */
const unknownDigest = '0000000000000000000';

/** Converts a folder of safetensors and adds the layer of its weights. */
export async function* importSafetensors(
  files: readonly UploadedFile[],
  options: BaseOptions,
): AsyncGenerator<Progress, WeightsFacts> {
  yield { status: 'converting model' };
  const paths = new Map<string, string>();
  for (const { path, digest } of files) paths.set(path, await holdBlob(digest, options));
  const { store, convert, quantization, signal } = options;
  const target = store.paths.temporaryBlob();
  try {
    // Floating-point types need no second pass.
    const type =
      quantization !== undefined && isSourceType(quantization.name) ? quantization.name : undefined;
    const made = await convert({ files: paths, target, type }, { signal });
    if (!needsQuantizing(quantization, made)) return await addWeights(target, undefined, options);
    return yield* quantizeFile({ source: target, sourceType: made, quantization, from: undefined }, options);
  } finally {
    await rm(target, { force: true });
  }
}

/** Merges the files of a split model and adds the layer of its weights. */
export async function* importParts(
  unordered: readonly Part[],
  options: BaseOptions,
): AsyncGenerator<Progress, WeightsFacts> {
  const { store, quantization, signal } = options;
  const parts = orderParts(unordered);
  const target = store.paths.temporaryBlob();
  try {
    await mergeParts(parts, target, { signal });
    const header = await readGgufHeader(target, { signal });
    const sourceType = quantizationOf(header);
    const from = parts[0]?.name;
    if (!needsQuantizing(quantization, sourceType)) return await addWeights(target, from, options);
    return yield* quantizeFile({ source: target, sourceType, quantization, from }, options);
  } finally {
    await rm(target, { force: true });
  }
}

export interface QuantizeSource {
  readonly source: string;
  /** F16, BF16 or F32. */
  readonly sourceType: string;
  readonly quantization: Quantization;
  /** What the layer says about its origin. */
  readonly from: string | undefined;
}

/** Quantizes a file and adds the layer of the result. */
export async function* quantizeFile(
  { source, sourceType, quantization, from }: QuantizeSource,
  options: BaseOptions,
): AsyncGenerator<Progress, WeightsFacts> {
  const { store, quantize, signal } = options;
  const header = await readGgufHeader(source, { signal });
  const sizes = new Map(header.tensors.map(({ name, sizeBytes }) => [name, sizeBytes]));
  const total = header.fileSizeBytes;
  const status = `quantizing ${sourceType} model to ${quantization.name}`;
  const progress = (completed: number): Progress => ({ status, digest: unknownDigest, total, completed });
  const target = store.paths.temporaryBlob();
  try {
    let completed = header.dataOffset;
    yield progress(0);
    for await (const tensor of quantize({ source, target, fileType: quantization.fileType }, { signal })) {
      completed += sizes.get(tensor) ?? 0;
      yield progress(Math.min(completed, total));
    }
    yield progress(total);
    yield { status: 'verifying conversion' };
    return await addWeights(target, from, options);
  } finally {
    await rm(target, { force: true });
  }
}

/** Checks a file that was made, as one that was uploaded, and adds its layer. */
export async function addWeights(
  file: string,
  from: string | undefined,
  { layers, signal }: BaseOptions,
): Promise<WeightsFacts> {
  const facts = await describeWeights(await readGgufHeader(file, { signal }));
  await layers.addFile(file, {
    mediaType: layerMediaType('model'),
    ...(from === undefined ? {} : { from }),
    signal,
  });
  return facts;
}

/** Path of an uploaded blob, which is kept from now on. Throws `blob_not_found`. */
export async function holdBlob(
  digest: UploadedFile['digest'],
  { store, layers }: Pick<BaseOptions, 'store' | 'layers'>,
): Promise<string> {
  await layers.hold(digest);
  const blob = await store.blobs.stat(digest);
  if (blob === undefined) throw new CriaError('blob_not_found', `blob ${JSON.stringify(digest)} not found`);
  return blob.path;
}
