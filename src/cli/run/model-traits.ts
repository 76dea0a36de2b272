/** What `cria run` needs to know about a model before it asks it anything. */
import type { ShowResponse } from '../../api/types.ts';
import type { Think } from './flags.ts';

export interface ModelTraits {
  readonly canThink: boolean;
  /** It answers with vectors, never with text. */
  readonly embedsOnly: boolean;
  readonly acceptsMedia: boolean;
  /** The conversation that the model begins with; the server puts it before each request. */
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

/** Of a model that has not been asked yet. */
export const unknownTraits: ModelTraits = {
  canThink: false,
  embedsOnly: false,
  acceptsMedia: false,
  messages: [],
};

export function traitsOf(shown: ShowResponse): ModelTraits {
  const capabilities = shown.capabilities ?? [];
  return {
    canThink: capabilities.includes('thinking'),
    embedsOnly: capabilities.includes('embedding') && !capabilities.includes('completion'),
    acceptsMedia: capabilities.includes('vision') || capabilities.includes('audio'),
    messages: shown.messages ?? [],
  };
}

/** What the user asked for, else: a model that can think does. */
export function effectiveThink(asked: Think | undefined, traits: ModelTraits): Think | undefined {
  return asked ?? (traits.canThink ? true : undefined);
}
