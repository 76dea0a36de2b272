/** All stored models as descriptions in memory, each made anew when its manifest file changes. */
import { stat } from 'node:fs/promises';
import type { Logger } from '../log.ts';
import type { ModelName } from '../types/model-name.ts';
import { LruMap } from '../util/lru.ts';
import { mapLimit } from '../util/map-limit.ts';
import { type DescribeDeps, describeModel, type StoredModel } from './describe.ts';
import { isMissing } from './files.ts';
import { type ManifestEntry, type ManifestStore, stampOf } from './manifests.ts';
import { adoptCasing, fullName } from './name.ts';

export interface Catalog {
  /** All models that can be described; the others are reported in the log, once. */
  list(): Promise<readonly StoredModel[]>;
  /**
   * The model that a name means, matched without regard to case. A name that was found before costs one look at its
   * manifest file. Throws `corrupt_store` or `blob_not_found` when the model cannot be described.
   */
  find(name: ModelName): Promise<StoredModel | undefined>;
  /** The manifest that a name means, readable or not, matched without regard to case. */
  locate(name: ModelName): Promise<ManifestEntry | undefined>;
  /** The name under which a model of this name exists or would be stored: existing casing is kept. */
  canonicalName(name: ModelName): Promise<ModelName>;
}

export interface CatalogDeps extends DescribeDeps {
  readonly manifests: ManifestStore;
  readonly log: Logger;
}

/** Names, as clients spell them, that are remembered. */
const rememberedNames = 4096;
const parallelReads = 8;

export function createCatalog(deps: CatalogDeps): Catalog {
  const { manifests, log } = deps;
  const models = new Map<string, { readonly stamp: string; readonly model: Promise<StoredModel> }>();
  const byRequestedName = new LruMap<string, StoredModel>(rememberedNames);
  const reported = new Set<string>();

  function describe(entry: ManifestEntry): Promise<StoredModel> {
    const known = models.get(entry.path);
    if (known?.stamp === entry.stamp) return known.model;
    const model = manifests.read(entry).then((loaded) => describeModel(loaded, deps));
    const item = { stamp: entry.stamp, model };
    models.set(entry.path, item);
    const forget = (): void => {
      if (models.get(entry.path) === item) models.delete(entry.path);
    };
    model.then((described) => {
      if (!isLasting(described)) forget();
    }, forget);
    return model;
  }

  async function list(): Promise<readonly StoredModel[]> {
    const entries = await manifests.list();
    const described = await mapLimit(entries, parallelReads, async (entry) => {
      try {
        return await describe(entry);
      } catch (error) {
        report(entry, error);
        return undefined;
      }
    });
    const paths = new Set(entries.map((entry) => entry.path));
    for (const path of models.keys()) if (!paths.has(path)) models.delete(path);
    return described.filter((model) => model !== undefined);
  }

  function report(entry: ManifestEntry, error: unknown): void {
    const key = `${entry.path} ${entry.stamp}`;
    if (reported.has(key)) return;
    reported.add(key);
    log.warn('skipped: unreadable model', { path: entry.path, error });
  }

  async function find(name: ModelName): Promise<StoredModel | undefined> {
    const requested = fullName(name);
    const known = byRequestedName.get(requested);
    if (known !== undefined && (await isUnchanged(known.entry))) return known;
    byRequestedName.delete(requested);
    const entry = await locate(name);
    if (entry === undefined) return undefined;
    const model = await describe(entry);
    if (isLasting(model)) byRequestedName.set(requested, model);
    return model;
  }

  async function locate(name: ModelName): Promise<ManifestEntry | undefined> {
    const entries = await manifests.list();
    const wanted = fullName(
      adoptCasing(
        name,
        entries.map((entry) => entry.name),
      ),
    );
    return entries.find((candidate) => fullName(candidate.name) === wanted);
  }

  async function canonicalName(name: ModelName): Promise<ModelName> {
    return adoptCasing(
      name,
      (await manifests.list()).map((entry) => entry.name),
    );
  }

  return { list, find, locate, canonicalName };
}

async function isUnchanged(entry: ManifestEntry): Promise<boolean> {
  try {
    return stampOf(await stat(entry.path)) === entry.stamp;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** False when the same manifest may give another description later, since a missing or broken blob can come back. */
function isLasting(model: StoredModel): boolean {
  if (!('problem' in model.run)) return true;
  const { code } = model.run.problem;
  return code !== 'blob_not_found' && code !== 'corrupt_store';
}
