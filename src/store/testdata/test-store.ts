/** A store in a temporary directory, and models to put into it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CriaError } from '../../errors.ts';
import { tinyModel } from '../../gguf/testdata/tiny-model.ts';
import type { GgufWriteValue } from '../../gguf/types.ts';
import { writeGguf } from '../../gguf/writer.ts';
import { createLogger } from '../../log.ts';
import type { JsonObject } from '../../types/json.ts';
import { configMediaType, type LayerKind, layerMediaType } from '../manifest.ts';
import { parseModelName } from '../name.ts';
import { createStore, type Store, type StoreOptions } from '../store.ts';
import type { InspectGoTemplate } from '../template-choice.ts';

/** Looks for the variables' names; a source with `{{ broken` does not parse. */
export const fakeInspect: InspectGoTemplate = (source) => {
  if (source.includes('{{ broken'))
    throw new CriaError('template_error', 'template: :1: unclosed action', { data: { line: 1, column: 3 } });
  return {
    usesTools: source.includes('.Tools'),
    usesSuffix: source.includes('.Suffix'),
    thinkingTags: source.includes('.Thinking') ? {} : undefined,
  };
};

export interface ModelSpec {
  /** Changes of the tiny model's metadata; null = a manifest without weights. */
  readonly gguf?: Readonly<Record<string, GgufWriteValue | undefined>> | null;
  /** Keys of the config blob; null = no config. */
  readonly config?: JsonObject | null;
  /** Further layers: texts as they are. */
  readonly layers?: readonly (readonly [kind: LayerKind | string, content: string | Uint8Array])[];
  /** `from` of the model layer. */
  readonly from?: string;
}

export interface TestStore {
  readonly store: Store;
  readonly root: string;
  readonly logged: string[];
  addModel(name: string, spec?: ModelSpec): Promise<void>;
  /** Bytes of the tiny model. */
  gguf(changes?: Readonly<Record<string, GgufWriteValue | undefined>>): Promise<Buffer>;
  remove(): Promise<void>;
}

export async function temporaryStore(options: Partial<StoreOptions> = {}): Promise<TestStore> {
  const directory = await mkdtemp(path.join(tmpdir(), 'cria-store-'));
  const root = path.join(directory, 'models');
  const logged: string[] = [];
  const store = createStore({
    root,
    inspectGoTemplate: fakeInspect,
    log: createLogger('debug', (line) => logged.push(line)),
    ...options,
  });
  const { blobs, manifests } = store;

  async function gguf(changes: Readonly<Record<string, GgufWriteValue | undefined>> = {}): Promise<Buffer> {
    const file = path.join(directory, 'tiny.gguf');
    await writeGguf(file, tinyModel(changes));
    return readFile(file);
  }

  async function layer(mediaType: string, content: string | Uint8Array, from?: string) {
    const { digest, sizeBytes } = await blobs.putBytes(Buffer.from(content));
    return { mediaType, digest, size: sizeBytes, from };
  }

  async function addModel(name: string, spec: ModelSpec = {}): Promise<void> {
    const config = spec.config === undefined ? { model_format: 'gguf', model_family: 'llama' } : spec.config;
    const layers = spec.gguf === null ? [] : [await layer(layerMediaType('model'), await gguf(spec.gguf), spec.from)];
    for (const [kind, content] of spec.layers ?? [])
      layers.push(await layer(kind.includes('/') ? kind : layerMediaType(kind as LayerKind), content));
    const manifest = {
      schemaVersion: 2,
      config: config === null ? undefined : await layer(configMediaType, JSON.stringify(config)),
      layers,
    };
    await manifests.write(parseModelName(name), Buffer.from(JSON.stringify(manifest)));
  }

  return { store, root, logged, addModel, gguf, remove: () => rm(directory, { recursive: true }) };
}
