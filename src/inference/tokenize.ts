/** Text to token ids and back, with the model's own vocabulary. Neither waits for a slot, nor makes a loaded model load again. */
import { resolveForUse } from './resolve.ts';
import type { InferenceDeps } from './run.ts';
import type { DetokenizeAnswer, DetokenizeRequest, TokenizeAnswer, TokenizeRequest } from './types.ts';
import { withRunner } from './with-runner.ts';

const needs = { embedding: false, needsSlot: false, takesAnyLoad: true };

/** See `Inference.tokenize`. */
export async function tokenize(
  deps: InferenceDeps,
  request: TokenizeRequest,
  signal: AbortSignal,
): Promise<TokenizeAnswer> {
  const model = await resolveForUse(deps, request.model);
  const { text, addSpecial, parseSpecial } = request;
  const { value, durations } = await withRunner(deps, model, request, needs, signal, async (runner) => {
    const wanted = { text, addSpecial, parseSpecial };
    if (request.withPieces) return runner.tokenizeWithPieces(wanted, { signal });
    return { tokens: await runner.tokenize(wanted, { signal }) };
  });
  return { ...value, ...durations };
}

/** See `Inference.detokenize`. */
export async function detokenize(
  deps: InferenceDeps,
  request: DetokenizeRequest,
  signal: AbortSignal,
): Promise<DetokenizeAnswer> {
  const model = await resolveForUse(deps, request.model);
  const { tokens, special } = request;
  const { value, durations } = await withRunner(deps, model, request, needs, signal, (runner) =>
    runner.detokenize(tokens, { special, signal }),
  );
  return { text: value, ...durations };
}
