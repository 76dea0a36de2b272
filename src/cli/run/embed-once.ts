/** `cria run` with an embedding model: the vector of the prompt, as one line of JSON. */
import type { CriaClient } from '../../api/client.ts';
import type { CliContext } from '../context.ts';
import type { RunOptions } from './flags.ts';

export async function embedOnce(
  client: CriaClient,
  options: RunOptions & { readonly prompt: string },
  context: CliContext,
  signal: AbortSignal,
): Promise<void> {
  const { model, prompt, keepAlive, dimensions, truncate } = options;
  if (prompt === '') throw noInputError(model);
  const { embeddings } = await client.embed(
    {
      model,
      input: prompt,
      ...(keepAlive === undefined ? {} : { keep_alive: keepAlive }),
      ...(dimensions === undefined ? {} : { dimensions }),
      ...(truncate === undefined ? {} : { truncate }),
    },
    { signal },
  );
  context.stdout.write(`${JSON.stringify(embeddings[0] ?? [])}\n`);
}

export function noInputError(model: string): Error {
  return new Error(`embedding models require input text. Usage: cria run ${model} "your text here"`);
}
