import { expect, it } from 'vitest';
import type { GgufSummary } from '../types/model.ts';
import { type CapabilityInput, capabilitiesOf } from './capabilities.ts';
import type { WeightsFacts } from './headers.ts';

const weights = (summary: Partial<GgufSummary> = {}, facts: Partial<WeightsFacts> = {}): WeightsFacts => ({
  // The function looks at these two fields of the summary only.
  summary: { poolingType: undefined, fim: undefined, ...summary } as GgufSummary,
  parameterSize: '1B',
  hasVisionEncoder: false,
  hasAudioEncoder: false,
  ...facts,
});

const cases: [string, Partial<CapabilityInput>, string[]][] = [
  ['a text model', { weights: weights() }, ['completion']],
  ['an embedding model', { weights: weights({ poolingType: 0 }) }, ['embedding']],
  ['no weights', { weights: undefined }, []],
  [
    'built-in encoders',
    { weights: weights({}, { hasVisionEncoder: true, hasAudioEncoder: true }) },
    ['completion', 'vision', 'audio'],
  ],
  ['a projector', { weights: weights(), projectors: [{ hasAudio: false }] }, ['completion', 'vision']],
  [
    'a projector with audio',
    { weights: weights(), projectors: [{ hasAudio: true }] },
    ['completion', 'vision', 'audio'],
  ],
  [
    'a template with tools and thinking',
    { weights: weights(), templateFeatures: new Set(['thinking', 'tools']) },
    ['completion', 'tools', 'thinking'],
  ],
  [
    'fill-in-the-middle tokens',
    { weights: weights({ fim: { prefix: 'p', suffix: 's', middle: 'm' } }) },
    ['completion', 'insert'],
  ],
  [
    'a config that tells',
    { config: { capabilities: ['tools', 'image', 'nonsense'], modelFamily: '' }, weights: weights() },
    ['tools', 'image', 'completion'],
  ],
  [
    'gpt-oss',
    { config: { capabilities: [], modelFamily: 'gptoss' }, weights: weights() },
    ['completion', 'thinking'],
  ],
  [
    'nemotron_h_omni',
    {
      config: { capabilities: [], modelFamily: 'nemotron_h_omni' },
      weights: weights({}, { hasAudioEncoder: true }),
    },
    ['completion'],
  ],
];

it.each(cases)('%s', (_, input, expected) => {
  const capabilities = capabilitiesOf({
    config: { capabilities: [], modelFamily: 'llama' },
    weights: undefined,
    projectors: [],
    templateFeatures: new Set(),
    ...input,
  });
  expect(capabilities).toEqual(expected);
});
