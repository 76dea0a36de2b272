/** The inference use cases, put together. */
import { chat } from './chat.ts';
import { generate } from './generate.ts';
import type { InferenceDeps } from './run.ts';
import type { Inference } from './types.ts';

export function createInference(deps: InferenceDeps): Inference {
  return {
    chat: (request, { signal }) => chat(deps, request, signal),
    generate: (request, { signal }) => generate(deps, request, signal),
  };
}
