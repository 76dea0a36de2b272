/** The layers of a model that is being put together, kept from being pruned meanwhile. */
import { rm } from 'node:fs/promises';
import { CriaError } from '../../errors.ts';
import { digestOf } from '../../store/digest.ts';
import { encodeJson } from '../../store/json.ts';
import { isKind, type Layer, type LayerKind, layerMediaType } from '../../store/manifest.ts';
import type { Store } from '../../store/store.ts';
import type { Digest } from '../../types/digest.ts';

/** A layer, and whether its blob was made for this model. */
export interface NewLayer {
  readonly layer: Layer;
  readonly isNew: boolean;
  /** What is said about it instead of whether it is new. */
  readonly status?: string;
}

export class LayerList {
  readonly #store: Pick<Store, 'blobs' | 'garbage' | 'paths'>;
  readonly #holds: AsyncDisposable[] = [];
  readonly #created: Digest[] = [];
  readonly #temporaryFiles: string[] = [];
  #layers: NewLayer[] = [];

  constructor(store: Pick<Store, 'blobs' | 'garbage' | 'paths'>) {
    this.#store = store;
  }

  /** In manifest order. */
  get layers(): readonly NewLayer[] {
    return this.#layers;
  }

  /** Keeps a blob from being pruned until `keep` or `discard`. */
  async hold(digest: Digest): Promise<void> {
    this.#holds.push(await this.#store.garbage.hold([digest]));
  }

  /** A path to make a file at, which is gone after `discard` unless it was added. */
  temporaryFile(): string {
    const path = this.#store.paths.temporaryBlob();
    this.#temporaryFiles.push(path);
    return path;
  }

  /** Adds a layer whose blob exists. Throws `corrupt_store` when it does not. */
  async addExisting(layer: Layer): Promise<void> {
    await this.hold(layer.digest);
    if ((await this.#store.blobs.stat(layer.digest)) === undefined)
      throw new CriaError('corrupt_store', `blob ${layer.digest} is missing`);
    await this.#store.blobs.touch(layer.digest);
    this.#layers.push({ layer, isNew: false });
  }

  /** Adds a file that was made for this model; it is taken over or deleted. Throws `cancelled`. */
  async addFile(
    file: string,
    { signal, ...layer }: Pick<Layer, 'mediaType' | 'from'> & { readonly signal: AbortSignal },
  ): Promise<void> {
    const { blobs } = this.#store;
    const digest = await blobs.hashFile(file, { signal });
    await this.hold(digest); // before it exists, so that nobody can prune it in between
    const { sizeBytes, existed } = await blobs.adopt(file, digest);
    if (!existed) this.#created.push(digest);
    this.#layers.push({ layer: { ...layer, digest, size: sizeBytes }, isNew: !existed });
  }

  async addText(kind: LayerKind, text: string, options: { status?: string } = {}): Promise<void> {
    this.#layers.push({ ...(await this.store(layerMediaType(kind), Buffer.from(text))), ...options });
  }

  async addJson(kind: LayerKind, value: unknown): Promise<void> {
    this.#layers.push(await this.store(layerMediaType(kind), encodeJson(value)));
  }

  /** Writes a blob without adding a layer: for the config. */
  async store(mediaType: string, bytes: Uint8Array): Promise<NewLayer> {
    await this.hold(digestOf(bytes)); // before it exists, so that nobody can prune it in between
    const { digest, sizeBytes, existed } = await this.#store.blobs.putBytes(bytes);
    if (!existed) this.#created.push(digest);
    return { layer: { mediaType, digest, size: sizeBytes }, isNew: !existed };
  }

  has(kind: LayerKind, digest: Digest): boolean {
    return this.#layers.some(({ layer }) => layer.digest === digest && isKind(layer, kind));
  }

  drop(...kinds: readonly LayerKind[]): void {
    this.#layers = this.#layers.filter(({ layer }) => !isKind(layer, ...kinds));
  }

  /** To be called when the manifest is written: the blobs are its own now. */
  async keep(): Promise<void> {
    this.#created.length = 0;
    await this.#endHolds();
  }

  /** Deletes temporary files, and the blobs that were made for a model that did not come about: none after `keep`. */
  async discard(): Promise<void> {
    for (const file of this.#temporaryFiles.splice(0)) await rm(file, { force: true });
    await this.#endHolds();
    await this.#store.garbage.removeUnreferenced(this.#created.splice(0));
  }

  async #endHolds(): Promise<void> {
    for (const hold of this.#holds.splice(0)) await hold[Symbol.asyncDispose]();
  }
}
