/** From the name in a request to the model that answers it. */
import { CriaError, isCriaError } from '../errors.ts';
import type { ResolvedModel } from '../types/model.ts';
import type { InferenceDeps } from './run.ts';

type ResolveDeps = Pick<InferenceDeps, 'resolver' | 'warn'>;

/** For generate and chat. A model with a missing part is not found, in Ollama's words; the log tells the part. Throws as the resolver does. */
export async function resolveModel(deps: ResolveDeps, name: string): Promise<ResolvedModel> {
  try {
    return await deps.resolver.resolve(name);
  } catch (error) {
    if (!isCriaError(error, 'blob_not_found')) throw error;
    deps.warn('a part of the model is missing', { model: name, error: error.message });
    throw notPulled(name, error);
  }
}

/** For the other endpoints, which have the same words for every model that is not there. */
export async function resolveForUse(deps: ResolveDeps, name: string): Promise<ResolvedModel> {
  try {
    return await resolveModel(deps, name);
  } catch (error) {
    throw isCriaError(error, 'model_not_found') ? notPulled(name, error) : error;
  }
}

function notPulled(name: string, cause: CriaError): CriaError {
  const message = `model ${JSON.stringify(name)} not found, try pulling it first`;
  return new CriaError('model_not_found', message, { cause });
}
