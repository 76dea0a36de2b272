/** Model name, as a client typed it → the model that inference runs. */
import { CriaError } from '../errors.ts';
import type { ResolvedModel } from '../types/model.ts';
import type { Catalog } from './catalog.ts';
import { isRemote, type StoredModel } from './describe.ts';
import { parseModelName, parseModelSource } from './name.ts';

export interface Resolver {
  /**
   * Throws `bad_request` (two source suffixes), `invalid_model_name`, `model_not_found`, `forbidden` (a cloud model), and
   * what is wrong with the stored model: `blob_not_found`, `corrupt_store`, `invalid_gguf`, `not_implemented`.
   */
  resolve(text: string): Promise<ResolvedModel>;
}

export function createResolver(catalog: Catalog): Resolver {
  return {
    resolve: async (text) => {
      const { run } = await findByText(catalog, text);
      if ('problem' in run) throw run.problem;
      return run.model;
    },
  };
}

/** The stored model that a typed name means, whether or not it can be run. Errors as in `resolve`. */
export async function findByText(catalog: Catalog, text: string): Promise<StoredModel> {
  const { source, base } = parseModelSource(text);
  if (base === '') throw notFound(text);
  if (source === 'cloud')
    throw new CriaError('forbidden', 'ollama cloud is disabled: remote model is unavailable');
  const model = await catalog.find(parseModelName(base));
  if (model === undefined || (source === 'local' && isRemote(model.config))) throw notFound(text);
  return model;
}

function notFound(text: string): CriaError {
  return new CriaError('model_not_found', `model '${text}' not found`);
}
