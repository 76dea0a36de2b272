/** The model that comes with cria: registered in an empty store, once. */
import { createReadStream } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '../log.ts';
import type { Store } from '../store/store.ts';
import { writeFileAtomic } from '../util/atomic-file.ts';
import type { CreateRequest, Library } from './types.ts';

export interface BundledModel {
  /** e.g. `cria-mini`. */
  readonly name: string;
  readonly ggufPath: string;
  /** What the model has besides its weights. */
  readonly contents?: Pick<CreateRequest, 'licenses' | 'system' | 'parameters'>;
}

export interface BundledDeps {
  readonly store: Pick<Store, 'paths' | 'blobs' | 'manifests'>;
  readonly library: Pick<Library, 'create'>;
  readonly log: Logger;
}

/**
 * Registers the model unless the store has other models or has had this one: a marker in `<models>/.cria/`, where
 * Ollama never looks, remembers it, so that a deleted model stays deleted. Returns whether it was registered now.
 * Failures (a store that is not ours to write) are logged: they must not keep a server from starting.
 */
export async function registerBundledModel(
  deps: BundledDeps,
  model: BundledModel,
  options: { signal: AbortSignal },
): Promise<boolean> {
  try {
    return await register(deps, model, options);
  } catch (error) {
    deps.log.warn('could not register the bundled model', { model: model.name, error });
    return false;
  }
}

async function register(
  { store, library, log }: BundledDeps,
  model: BundledModel,
  { signal }: { signal: AbortSignal },
): Promise<boolean> {
  const marker = path.join(store.paths.notes, 'bundled.json');
  const registered = await readMarker(marker);
  if (registered.includes(model.name)) return false;
  const entries = await store.manifests.list();
  const isThere = entries.some((entry) => entry.name.model === model.name);
  if (entries.length > 0 && !isThere) return false;
  if (!isThere) {
    if (!(await isFile(model.ggufPath))) {
      log.debug('no bundled model in this package', { path: model.ggufPath });
      return false;
    }
    await create();
  }
  // Also when it was there already: a crash may have come between the model and its marker.
  await writeMarker(marker, [...registered, model.name]);
  return !isThere;

  async function create(): Promise<void> {
    const { digest } = await store.blobs.put(createReadStream(model.ggufPath), { signal });
    const request: CreateRequest = {
      licenses: [],
      ...model.contents,
      model: model.name,
      files: { [path.basename(model.ggufPath)]: digest },
    };
    for await (const { status } of library.create(request, { signal }))
      log.debug(status, { model: model.name });
    log.info('registered the bundled model', { model: model.name });
  }
}

/** A marker that cannot be read is an empty one: at worst the model comes back once. */
async function readMarker(file: string): Promise<readonly string[]> {
  try {
    const { registered } = JSON.parse(await readFile(file, 'utf8'));
    return Array.isArray(registered) ? registered.filter((name) => typeof name === 'string') : [];
  } catch {
    return [];
  }
}

async function writeMarker(file: string, registered: readonly string[]): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFileAtomic(file, Buffer.from(`${JSON.stringify({ registered })}\n`));
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
