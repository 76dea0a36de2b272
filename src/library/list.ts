/** Stored models as `tags` lists them, loaded ones as `ps` does. */
import type { Scheduler } from '../scheduler/types.ts';
import type { Catalog } from '../store/catalog.ts';
import type { StoredModel } from '../store/describe.ts';
import { totalSize } from '../store/manifest.ts';
import type { ListedModel, LoadedModel } from './types.ts';

/** Newest first, compared in whole seconds as Ollama does; by name within a second. */
export async function listModels(catalog: Catalog): Promise<readonly ListedModel[]> {
  const models = await catalog.list();
  return models
    .map(listedModel)
    .sort((a, b) => seconds(b.modifiedAt) - seconds(a.modifiedAt) || compareTexts(a.name, b.name));
}

const listed = new WeakMap<StoredModel, ListedModel>();

/** The same object as long as the model is the same, so that others can keep what they make of it. */
function listedModel(model: StoredModel): ListedModel {
  const known = listed.get(model);
  if (known !== undefined) return known;
  const made: ListedModel = {
    name: model.displayName,
    digest: model.manifestDigest,
    modifiedAt: model.entry.modifiedAt,
    sizeBytes: totalSize(model.manifest),
    details: model.details,
    capabilities: model.capabilities,
  };
  listed.set(model, made);
  return made;
}

/** The one that stays longest first. */
export function listLoadedModels(scheduler: Pick<Scheduler, 'residents'>): readonly LoadedModel[] {
  return scheduler
    .residents()
    .map(({ model, sizeBytes, sizeVramBytes, expiresAt, nCtx }) => ({
      name: model.displayName,
      digest: model.manifestDigest,
      sizeBytes,
      sizeVramBytes,
      details: { ...model.details, parentModel: '' },
      expiresAt,
      nCtx,
    }))
    .sort((a, b) => seconds(b.expiresAt) - seconds(a.expiresAt));
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** By code units: quicker than by a language's rules, and the same everywhere. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
