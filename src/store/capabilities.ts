/** What a model can do, from its config, headers and templates. */
import type { Capability } from '../types/model.ts';
import type { ModelConfig } from './config.ts';
import type { ProjectorFacts, WeightsFacts } from './headers.ts';
import type { TemplateFeature } from './template-choice.ts';

const known: readonly Capability[] = [
  'completion',
  'tools',
  'insert',
  'vision',
  'audio',
  'embedding',
  'thinking',
  'image',
];

export interface CapabilityInput {
  readonly config: Pick<ModelConfig, 'capabilities' | 'modelFamily'>;
  /** Undefined for models without readable GGUF weights. */
  readonly weights: WeightsFacts | undefined;
  readonly projectors: readonly ProjectorFacts[];
  readonly templateFeatures: ReadonlySet<TemplateFeature>;
}

/**
 * In Ollama's order of discovery, each once. Ollama also counts what its own parser for a model can read (config `parser`); here answers
 * are read by the template in use, which tells for itself.
 */
export function capabilitiesOf(input: CapabilityInput): readonly Capability[] {
  const { config, weights, projectors, templateFeatures } = input;
  const found = new Set<Capability>(known.filter((capability) => config.capabilities.includes(capability)));
  if (weights !== undefined) {
    found.add(weights.summary.poolingType === undefined ? 'completion' : 'embedding');
    if (weights.hasVisionEncoder) found.add('vision');
    if (weights.hasAudioEncoder) found.add('audio');
    // Beyond Ollama: a vocabulary with the three tokens fills in without a template for it.
    if (weights.summary.fim !== undefined) found.add('insert');
  }
  if (projectors.length > 0) found.add('vision');
  if (projectors.some((projector) => projector.hasAudio)) found.add('audio');
  for (const feature of ['tools', 'insert', 'thinking'] as const)
    if (templateFeatures.has(feature)) found.add(feature);
  if (config.modelFamily === 'gptoss' || config.modelFamily === 'gpt-oss') found.add('thinking');
  if (config.modelFamily === 'nemotron_h_omni') found.delete('audio');
  return [...found];
}
