/** Weights that are computed for a new model: converted from safetensors, quantized; and those that are in several parts. */
import { rm } from 'node:fs/promises';
import { CriaError } from '../../errors.ts';
import { readGgufHeader } from '../../gguf/reader.ts';
import { readModelHeader } from '../../gguf/split.ts';
import { describeWeights, type WeightsFacts } from '../../store/headers.ts';
import { layerMediaType } from '../../store/manifest.ts';
import type { Progress } from '../types.ts';
import type { BaseOptions } from './base.ts';
import type { UploadedFile } from './check-request.ts';
import { isSourceType, needsQuantizing, type Quantization } from './quantization.ts';
import { assembleParts, linkParts, type Part } from './split.ts';

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
    return yield* quantizeFile(
      { sources: [target], sourceType: made, quantization, from: undefined },
      options,
    );
  } finally {
    await rm(target, { force: true });
  }
}

/**
 * Adds the files of a split model, a layer each: merging them would take the space and the time of a second copy. Quantized,
 * they become one.
 */
export async function* importParts(
  unordered: readonly Part[],
  options: BaseOptions,
): AsyncGenerator<Progress, WeightsFacts> {
  const { layers, quantization } = options;
  const { parts, header } = assembleParts(unordered);
  const facts = await describeWeights(header);
  const sourceType = facts.summary.fileType;
  if (needsQuantizing(quantization, sourceType)) {
    const sources = parts.map(({ path }) => path);
    return yield* quantizeFile({ sources, sourceType, quantization, from: parts[0]?.name }, options);
  }
  for (const { name, digest, header } of parts)
    await layers.addExisting({
      mediaType: layerMediaType('model'),
      digest,
      size: header.fileSizeBytes,
      from: name,
    });
  return facts;
}

export interface QuantizeSource {
  /** One file, or the parts of a model in their order. */
  readonly sources: readonly string[];
  /** F16, BF16 or F32. */
  readonly sourceType: string;
  readonly quantization: Quantization;
  /** What the layer says about its origin. */
  readonly from: string | undefined;
}

/** Quantizes weights and adds the layer of the result. */
export async function* quantizeFile(
  { sources, sourceType, quantization, from }: QuantizeSource,
  options: BaseOptions,
): AsyncGenerator<Progress, WeightsFacts> {
  const { store, quantize, signal } = options;
  const header = await readModelHeader(sources, { signal });
  const sizes = new Map(header.tensors.map(({ name, sizeBytes }) => [name, sizeBytes]));
  const total = header.fileSizeBytes;
  const status = `quantizing ${sourceType} model to ${quantization.name}`;
  const progress = (completed: number): Progress => ({ status, digest: unknownDigest, total, completed });
  const target = store.paths.temporaryBlob();
  await using parts = sources.length > 1 ? await linkParts(sources, store.paths.temporaryBlob()) : undefined;
  const [first = ''] = sources;
  const source = parts?.path ?? first;
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
