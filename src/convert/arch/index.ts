/** Which family an entry of `architectures` in config.json belongs to. */
import type { ConfigReader } from '../config.ts';
import { conversionError, quoted } from '../error.ts';
import { readBert, readBertClassifier } from './bert.ts';
import { readGemma, readGemma2, readGemma3 } from './gemma.ts';
import { readLlama, readMistral } from './llama.ts';
import { readMixtral } from './mixtral.ts';
import { readNomicBert } from './nomic-bert.ts';
import { readPhi3 } from './phi3.ts';
import { readQwen2 } from './qwen2.ts';
import { readQwen3, readQwen3Moe } from './qwen3.ts';
import type { ReadArchitecture } from './types.ts';
import { readXlmRoberta, readXlmRobertaClassifier } from './xlm-roberta.ts';

const families: Readonly<Record<string, ReadArchitecture>> = {
  BertModel: readBert,
  BertForMaskedLM: readBert,
  BertForSequenceClassification: readBertClassifier,
  GemmaForCausalLM: readGemma,
  Gemma2ForCausalLM: readGemma2,
  Gemma3ForCausalLM: readGemma3,
  LlamaForCausalLM: readLlama,
  MistralForCausalLM: readMistral,
  MixtralForCausalLM: readMixtral,
  NomicBertModel: readNomicBert,
  Phi3ForCausalLM: readPhi3,
  Qwen2ForCausalLM: readQwen2,
  Qwen3ForCausalLM: readQwen3,
  Qwen3MoeForCausalLM: readQwen3Moe,
  XLMRobertaModel: readXlmRoberta,
  XLMRobertaForMaskedLM: readXlmRoberta,
  XLMRobertaForSequenceClassification: readXlmRobertaClassifier,
};

/** Entries of `architectures` that can be converted. */
export const architectureNames: readonly string[] = Object.keys(families);

/** Throws `conversion_failed` for an architecture that is missing or unknown. */
export function architectureReader(config: ConfigReader): ReadArchitecture {
  const name = config.textsOr('architectures', undefined)?.[0];
  if (name === undefined) throw conversionError('unknown architecture');
  const reader = Object.hasOwn(families, name) ? families[name] : undefined;
  if (reader === undefined) throw conversionError(`unsupported architecture ${quoted(name)}`);
  return reader;
}
