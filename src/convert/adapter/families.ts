/** Which matrices of a GGUF's architecture an adapter can change, under the names that transformers gives them. */
import type { AdapterBase } from '../../gguf/adapter.ts';
import { commonRules, feedForwardRules, outputRule } from '../arch/decoder.ts';
import { rotated } from '../arch/llama.ts';
import { fusedRules } from '../arch/phi3.ts';
import type { TensorRule } from '../arch/types.ts';
import { conversionError } from '../error.ts';

const separateRules = [...commonRules, ...feedForwardRules, outputRule];

const families: Readonly<Record<string, (base: AdapterBase) => readonly TensorRule[]>> = {
  gemma: () => separateRules,
  gemma2: () => separateRules,
  gemma3: () => separateRules,
  // Mistral and Mixtral are written as Llama.
  llama: (base) => separateRules.map((rule) => rotated(rule, base)),
  phi3: () => [...commonRules, ...fusedRules, outputRule],
  qwen2: () => separateRules,
  qwen3: () => separateRules,
  // Its experts are not among the rules.
  qwen3moe: () => [...commonRules, outputRule],
};

/** GGUF's names of the architectures whose adapters can be converted. */
export const adapterArchitectures: readonly string[] = Object.keys(families);

/** The rule for a module, with its layer filled in; undefined for a module that the architecture does not have. */
export type FindRule = (module: string) => TensorRule | undefined;

/** Throws `conversion_failed` for an architecture whose adapters are not known. */
export function adapterRules(base: AdapterBase): FindRule {
  const rules = Object.hasOwn(families, base.architecture) ? families[base.architecture]?.(base) : undefined;
  if (rules === undefined) throw conversionError('unsupported architecture');
  const byName = new Map(rules.map((rule) => [rule.from.replace(/^\//, ''), rule]));
  return (module) => {
    const layer = /^layers\.(\d{1,4})\./.exec(module)?.[1];
    const pattern = layer === undefined ? module : module.replace(layer, '{l}');
    const rule = byName.get(`${pattern}.weight`);
    return rule && { ...rule, to: rule.to.replace('{l}', String(Number(layer))) };
  };
}
