/** The inference use cases, put together. */
import { chat } from './chat.ts';
import { embed, embedLegacy } from './embed.ts';
import { generate } from './generate.ts';
import { rerank } from './rerank.ts';
import type { InferenceDeps } from './run.ts';
import { detokenize, tokenize } from './tokenize.ts';
import type { Inference } from './types.ts';

export function createInference(deps: InferenceDeps): Inference {
  return {
    chat: (request, { signal }) => chat(deps, request, signal),
    generate: (request, { signal }) => generate(deps, request, signal),
    embed: (request, { signal }) => embed(deps, request, signal),
    embedLegacy: (request, { signal }) => embedLegacy(deps, request, signal),
    rerank: (request, { signal }) => rerank(deps, request, signal),
    tokenize: (request, { signal }) => tokenize(deps, request, signal),
    detokenize: (request, { signal }) => detokenize(deps, request, signal),
  };
}
