/**
 * Families that Ollama renders and parses by code of its own: new models of them say so, as both programs can share a store. cria
 * itself takes their Jinja templates.
 */
import type { CreateRequest } from '../types.ts';
import type { Base } from './base.ts';

interface Defaults {
  /** Architecture in the GGUF. */
  readonly family: RegExp;
  /** Of renderer and parser. */
  readonly name: string;
  readonly stop?: string;
}

const defaults: readonly Defaults[] = [
  { family: /^gemma4$/, name: 'gemma4', stop: '<turn|>' },
  { family: /^laguna$/, name: 'laguna' },
  { family: /^nemotron_h/, name: 'nemotron-3-nano' },
];

/** Adds what neither the base nor the request says. */
export function withFamilyDefaults(base: Base, request: CreateRequest): Base {
  const { config, parameters } = base;
  const found = defaults.find(({ family }) => family.test(config.modelFamily));
  const isComplete = (request.renderer || config.renderer) && (request.parser || config.parser);
  if (found === undefined || isComplete) return base;
  const { name, stop } = found;
  const needsStop =
    stop !== undefined && parameters.stop === undefined && request.parameters?.stop === undefined;
  return {
    ...base,
    config: { ...config, renderer: config.renderer || name, parser: config.parser || name },
    ...(needsStop ? { parameters: { ...parameters, stop: [stop] }, hasNewParameters: true } : {}),
  };
}
