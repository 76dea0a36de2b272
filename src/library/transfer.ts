/** What pull and push have in common: names, and progress lines while a blob is on its way. */
import { CriaError } from '../errors.ts';
import type { Transfer } from '../registry/types.ts';
import type { Layer } from '../store/manifest.ts';
import { parseModelSource, tryParseModelName } from '../store/name.ts';
import type { ModelName } from '../types/model-name.ts';
import { whilePending } from '../util/while-pending.ts';
import type { Progress } from './types.ts';

/** How often a transfer is reported. */
const reportMs = 60;

/** Throws `bad_request` for two source suffixes, `invalid_model_name`, and `forbidden` for models of a cloud. */
export function transferName(model: string): ModelName {
  const { source, base } = parseModelSource(model);
  const name = tryParseModelName(base);
  if (name === undefined) throw new CriaError('invalid_model_name', 'invalid model name');
  if (source === 'cloud')
    throw new CriaError('forbidden', 'ollama cloud is disabled: remote model is unavailable');
  return name;
}

/** One line about a blob; `verb` is `pulling` or `pushing`. */
export function blobProgress(verb: string, { digest, size }: Layer, completed: number): Progress {
  return {
    status: `${verb} ${digest.slice('sha256:'.length, 'sha256:'.length + 12)}`,
    digest,
    total: size,
    completed,
  };
}

/** Lines until the transfer is done, the last one saying so. Throws what it fails with. */
export async function* followTransfer(
  verb: string,
  layer: Layer,
  transfer: Transfer,
): AsyncGenerator<Progress, void> {
  for await (const _ of whilePending(transfer.done, reportMs))
    yield blobProgress(verb, layer, transfer.completedBytes());
  yield blobProgress(verb, layer, layer.size);
}
