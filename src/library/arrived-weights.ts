/** Checks of weights that are pulled in several layers, as early as each of them allows. */
import { readGgufHeader } from '../gguf/reader.ts';
import { readModelHeader, requirePart } from '../gguf/split.ts';
import type { GgufHeader } from '../gguf/types.ts';
import { isKind, type Layer } from '../store/manifest.ts';
import type { Store } from '../store/store.ts';

export class ArrivedWeights {
  readonly #store: Pick<Store, 'blobs'>;
  readonly #layers: readonly Layer[];

  /** `layers`: all of the model. */
  constructor(store: Pick<Store, 'blobs'>, layers: readonly Layer[]) {
    this.#store = store;
    this.#layers = layers.filter((layer) => isKind(layer, 'model'));
  }

  /** More than one file: they are worth nothing unless they are the parts of one model. */
  get isSplit(): boolean {
    return this.#layers.length > 1;
  }

  /** To be called for each layer that has arrived. Throws `invalid_gguf` for what is not the part that belongs in its place. */
  async check(layer: Layer, signal: AbortSignal): Promise<void> {
    const index = this.#layers.findIndex(({ digest }) => digest === layer.digest);
    if (!this.isSplit || index < 0) return;
    requirePart(await readGgufHeader(await this.#path(layer), { signal }), index, this.#layers.length);
  }

  /** The header of the whole, when all have arrived. Throws `invalid_gguf` unless they are one whole model. */
  async join(signal: AbortSignal): Promise<GgufHeader> {
    const paths: string[] = [];
    for (const layer of this.#layers) paths.push(await this.#path(layer));
    return readModelHeader(paths, { signal });
  }

  /** Legacy blobs have other names, so that the store has to be asked. */
  async #path({ digest }: Layer): Promise<string> {
    const { blobs } = this.#store;
    return (await blobs.stat(digest))?.path ?? '';
  }
}
