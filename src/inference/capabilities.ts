/** Refuses what a model cannot do, in Ollama's words. */
import { CriaError } from '../errors.ts';
import type { ThinkValue } from '../types/message.ts';
import type { Capability, ResolvedModel } from '../types/model.ts';

/** Throws `capability_missing` unless the model completes text; `verb` is generate or chat. */
export function requireCompletion(model: ResolvedModel, requested: string, verb: 'generate' | 'chat'): void {
  // Its weights and its projector are of a form that llama.cpp does not know.
  if (isOldVisionLlama(model) && model.projectorPaths.length > 0)
    throw new CriaError(
      'load_failed',
      "'llama3.2-vision' is no longer compatible with your version of Ollama and has been replaced by a newer version. To re-download, run 'ollama pull llama3.2-vision'",
    );
  if (model.capabilities.includes('completion')) return;
  throw new CriaError('capability_missing', `"${requested}" does not support ${verb}`);
}

/** Throws `capability_missing` with the model's full name. */
export function requireCapability(model: ResolvedModel, wanted: Capability): void {
  if (model.capabilities.includes(wanted)) return;
  throw new CriaError('capability_missing', `${model.fullName} does not support ${wanted}`);
}

/** Throws `capability_missing` for models that make images. */
export function refuseImageGeneration(model: ResolvedModel): void {
  if (model.capabilities.includes('image'))
    throw new CriaError('capability_missing', 'image generation models are not currently supported');
}

/** Images reach models with a projector only. Throws `capability_missing`, `bad_request`, and for now `not_implemented`. */
export function requireImageSupport(model: ResolvedModel, imageCount: number): void {
  if (imageCount === 0) return;
  if (imageCount > 1 && isOldVisionLlama(model))
    throw new CriaError(
      'bad_request',
      'this model only supports one image while more than one image requested',
    );
  if (!model.capabilities.includes('audio')) requireCapability(model, 'vision');
  throw new CriaError('not_implemented', 'image input is not implemented yet');
}

/**
 * The `think` that is in effect: a thinking model thinks unless told not to, other models may be told not to.
 * Throws `capability_missing` when a model that cannot think is asked to.
 */
export function effectiveThink(
  model: ResolvedModel,
  requested: string,
  think: ThinkValue | undefined,
): ThinkValue | undefined {
  if (model.capabilities.includes('thinking')) return think ?? true;
  if (think === undefined || think === false) return undefined;
  // The first templates of these models did not know how to think yet.
  const hint = isEarlyThinker(model)
    ? '. Pull the model again to get the latest version with full thinking support'
    : '';
  throw new CriaError('capability_missing', `"${requested}" does not support thinking${hint}`);
}

/** Models that think, and whose clients may send old thoughts back inside of the content. */
export function isEarlyThinker(model: ResolvedModel): boolean {
  return model.details.family === 'qwen3' || model.name.model === 'deepseek-r1';
}

function isOldVisionLlama(model: ResolvedModel): boolean {
  return model.details.family === 'mllama' || (model.details.families?.includes('mllama') ?? false);
}
