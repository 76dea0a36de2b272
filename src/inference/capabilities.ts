/** Refuses what a model cannot do, in Ollama's words. */
import { CriaError } from '../errors.ts';
import type { ThinkValue } from '../types/message.ts';
import type { Capability, ResolvedModel } from '../types/model.ts';

/** Throws `capability_missing` unless the model completes text; `verb` is generate or chat. */
export function requireCompletion(model: ResolvedModel, requested: string, verb: 'generate' | 'chat'): void {
  if (model.capabilities.includes('completion')) return;
  throw new CriaError('capability_missing', `"${requested}" does not support ${verb}`);
}

/** Throws `capability_missing` with a line for each capability that is not there. */
export function requireCapabilities(model: ResolvedModel, wanted: readonly Capability[]): void {
  const missing = wanted.filter((capability) => !model.capabilities.includes(capability));
  if (missing.length === 0) return;
  const lines = missing.map((capability) => `${model.fullName} does not support ${capability}`);
  throw new CriaError('capability_missing', lines.join('\n'));
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
  throw new CriaError('capability_missing', `"${requested}" does not support thinking`);
}
