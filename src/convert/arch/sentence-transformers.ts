/** What the sentence-transformers library keeps beside a model: how texts become embeddings, and how long they may be. */
import { type ConfigReader, isJsonObject } from '../config.ts';
import { conversionError, quoted, unsupported } from '../error.ts';
import type { ModelFolder } from '../folder.ts';
import { maxConfigBytes } from '../limits.ts';
import { type Metadata, uint } from '../metadata.ts';

/**
 * Some models were trained on shorter texts than they have positions for: sentence-transformers cuts texts to this length. Its older
 * versions keep it in a file of their own, the newer ones with the tokenizer.
 */
export async function inputLength(folder: ModelFolder, nPositions: number): Promise<Metadata> {
  const own = await folder.readJson('sentence_bert_config.json');
  const tokenizer = await folder.readJson('tokenizer_config.json');
  const length = own?.raw('max_seq_length') ?? tokenizer?.raw('model_max_length');
  const isShorter = typeof length === 'number' && length >= 1 && length < nPositions;
  return isShorter ? [['sentence_transformers.max_seq_length', uint(Math.trunc(length))]] : [];
}

/** llama.h: `enum llama_pooling_type`. */
export const poolingTypes = { mean: 1, cls: 2, lasttoken: 3, rank: 4 } as const;

/**
 * How sentence-transformers makes one embedding out of those of the tokens: modules.json names the folder with the
 * pooling's configuration. Without it the mean is taken, as sentence-transformers does.
 */
export async function poolingMetadata(arch: string, folder: ModelFolder): Promise<Metadata> {
  const modules = (await folder.readValue('modules.json', maxConfigBytes)) ?? [];
  if (!Array.isArray(modules)) throw conversionError('modules.json must be a list');
  let pooling: ConfigReader | undefined;
  for (const item of modules) {
    const { type, path } = isJsonObject(item) ? item : {};
    const kind = typeof type === 'string' ? type.split('.').at(-1) : undefined;
    if (kind === 'Pooling') pooling = await folder.readJson(`${String(path)}/config.json`);
    else if (kind !== 'Transformer' && kind !== 'Normalize')
      throw unsupported(`models with the module ${quoted(String(kind))} are not implemented yet`);
  }
  const type = pooling === undefined ? poolingTypes.mean : poolingTypeOf(pooling);
  return [[`${arch}.pooling_type`, uint(type)]];
}

function poolingTypeOf(pooling: ConfigReader): number {
  const old = {
    pooling_mode_mean_tokens: 'mean',
    pooling_mode_cls_token: 'cls',
    pooling_mode_lasttoken: 'lasttoken',
  };
  const known = Object.entries(old).filter(([key]) => pooling.flagOr(key, false));
  const isOther = pooling
    .keys()
    .some((key) => key.startsWith('pooling_mode_') && !Object.hasOwn(old, key) && pooling.raw(key) === true);
  const mode = known.length === 1 && !isOther ? known[0]?.[1] : pooling.textOr('pooling_mode', '');
  if (mode === 'mean' || mode === 'cls' || mode === 'lasttoken') return poolingTypes[mode];
  throw unsupported('this way of pooling embeddings is not implemented');
}
