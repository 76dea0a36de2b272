/** Uploaded files, checked before they can become part of a model. */
import { CriaError } from '../../errors.ts';
import { hasGgufMagic, readGgufHeader } from '../../gguf/reader.ts';
import { type Layer, type LayerKind, layerMediaType } from '../../store/manifest.ts';
import type { BaseOptions } from './base.ts';
import type { UploadedFile } from './check-request.ts';
import type { Part } from './split.ts';

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

/** Relative name → path of each file. Throws `blob_not_found`. */
export async function holdFolder(
  files: readonly UploadedFile[],
  options: Pick<BaseOptions, 'store' | 'layers'>,
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  for (const { path, digest } of files) paths.set(path, await holdBlob(digest, options));
  return paths;
}

/** Reads and checks the header. Throws `blob_not_found`, `bad_request` for other kinds of files, `invalid_gguf`. */
export async function openGguf(file: UploadedFile, options: BaseOptions): Promise<Part> {
  const path = await holdBlob(file.digest, options);
  if (!(await hasGgufMagic(path))) {
    const isNamedGguf = file.path.toLowerCase().endsWith('.gguf');
    throw new CriaError('bad_request', isNamedGguf ? 'supplied file was not in GGUF format' : 'unknown type');
  }
  const header = await readGgufHeader(path, { signal: options.signal });
  return { name: file.path, digest: file.digest, path, header };
}

/** The layer that an uploaded file becomes. */
export function layerOf({ name, digest, header }: Part, kind: LayerKind): Layer {
  return { mediaType: layerMediaType(kind), digest, size: header.fileSizeBytes, from: name };
}
