/** What a header says about a model, with every number range-checked. */
import type { GgufSummary } from '../types/model.ts';
import { invalidGguf, quoted } from './error.ts';
import { fileTypeName } from './file-types.ts';
import { maxLayers } from './limits.ts';
import { getBoolean, getInteger, getLargestInteger, getString, requireInteger } from './metadata.ts';
import type { GgufHeader } from './types.ts';
import { readSpecialTokens } from './vocabulary.ts';

const maxContext = 2 ** 31 - 1;
const maxWidth = 2 ** 24;
const maxHeads = 65_536;
/** cria's own: written by `convert` for models of sentence-transformers. */
const inputLengthKey = 'sentence_transformers.max_seq_length';
const chatTemplateKey = 'tokenizer.chat_template';

/** The architecture's name, the prefix of its keys. Throws `invalid_gguf` when missing or not a plain name. */
export function architectureOf(header: GgufHeader): string {
  const name = getString(header, 'general.architecture');
  if (name === undefined) throw invalidGguf('the key "general.architecture" is missing');
  if (!/^[\w.-]{1,64}$/.test(name)) throw invalidGguf(`the architecture is ${quoted(name)}`);
  return name;
}

/** Describes a language or embedding model. Throws `invalid_gguf` for values that would end in a crash later. */
export async function summarizeGguf(header: GgufHeader): Promise<GgufSummary> {
  const architecture = architectureOf(header);
  const key = (name: string): string => `${architecture}.${name}`;
  const nLayers = requireInteger(header, key('block_count'), { min: 1, max: maxLayers });
  const nEmbd = requireInteger(header, key('embedding_length'), { min: 1, max: maxWidth });
  const nCtxTrain = requireInteger(header, key('context_length'), { min: 1, max: maxContext });
  // Recurrent architectures have no heads; mixed ones have 0 for some layers.
  const heads = { min: 0, max: maxHeads, maxLength: maxLayers };
  const nHeads = (await getLargestInteger(header, key('attention.head_count'), heads)) ?? 0;
  const nHeadsKv = (await getLargestInteger(header, key('attention.head_count_kv'), heads)) ?? nHeads;
  const headDim = (name: string): number =>
    getInteger(header, key(name), { min: 1, max: maxWidth }) ??
    (nHeads === 0 ? 0 : Math.floor(nEmbd / nHeads));
  const { nVocab, bosToken, eosToken, fim } = await readSpecialTokens(header);
  return {
    architecture,
    sizeBytes: header.fileSizeBytes,
    nLayers,
    nCtxTrain,
    nCtxInput: getInteger(header, inputLengthKey, { min: 1, max: maxContext }),
    nEmbd,
    nHeads,
    nHeadsKv,
    headDimK: headDim('attention.key_length'),
    headDimV: headDim('attention.value_length'),
    nVocab: nVocab > 0 ? nVocab : (getInteger(header, key('vocab_size'), { min: 0, max: maxWidth }) ?? 0),
    fileType: quantizationOf(header),
    chatTemplate: getString(header, chatTemplateKey),
    namedChatTemplates: namedChatTemplates(header),
    poolingType: getInteger(header, key('pooling_type'), { min: 0, max: 4 }),
    isCausal: getBoolean(header, key('attention.causal')),
    bosToken,
    eosToken,
    addBosToken: getBoolean(header, 'tokenizer.ggml.add_bos_token'),
    fim,
  };
}

/** Name of the file's quantization, or "unknown". */
export function quantizationOf(header: GgufHeader): string {
  return fileTypeName(getInteger(header, 'general.file_type', { min: 0, max: 0xffff_ffff }));
}

/** What the model takes besides text, told by the keys of its own encoders. */
export function encodersOf(header: GgufHeader): { readonly vision: boolean; readonly audio: boolean } {
  const architecture = architectureOf(header);
  return {
    vision: header.metadata.has(`${architecture}.vision.block_count`),
    audio: header.metadata.has(`${architecture}.audio.block_count`),
  };
}

/** What a file is for: the weights of a model, or a part that works with one. */
export function kindOf(header: GgufHeader): 'model' | 'adapter' | 'projector' {
  const type = getString(header, 'general.type');
  if (type === 'adapter') return 'adapter';
  if (type === 'projector' || type === 'mmproj' || architectureOf(header) === 'clip') return 'projector';
  return 'model';
}

function namedChatTemplates(header: GgufHeader): Readonly<Record<string, string>> {
  const templates: [string, string][] = [];
  for (const [key, entry] of header.metadata)
    if (key.startsWith(`${chatTemplateKey}.`) && entry.type === 'string')
      templates.push([key.slice(chatTemplateKey.length + 1), String(entry.value)]);
  // fromEntries defines own properties, so a template named `__proto__` is only a template.
  return Object.fromEntries(templates);
}
