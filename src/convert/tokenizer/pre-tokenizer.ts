/**
 * Finds llama.cpp's name of a pre-tokenizer (`tokenizer.ggml.pre`) by what tokenizer.json says about it. llama.cpp has the
 * rules built in under names; a name is given only where the rules are known to be the same.
 */

import type { JsonValue } from '../../types/json.ts';
import type { ConfigReader } from '../config.ts';
import { isJsonObject } from '../config.ts';
import { unsupported } from '../error.ts';

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const tail = '| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const qwen2 = `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${tail}`;
const cl100k = `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}${tail}`;
const upper = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const lower = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';
const tekken = `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+|[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
const o200k = `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+${contractions}?|[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*${contractions}?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

/** Steps of a pre-tokenizer in short → llama.cpp's name; with `ignore_merges` of the BPE model where it matters. */
const names: readonly {
  readonly steps: readonly string[];
  readonly name: string;
  readonly ignoresMerges?: boolean;
}[] = [
  { steps: [`split ${qwen2}`, 'bytes'], name: 'qwen2' },
  { steps: [`split ${cl100k}`, 'bytes'], name: 'llama-bpe', ignoresMerges: true },
  { steps: [`split ${cl100k}`, 'bytes'], name: 'dbrx', ignoresMerges: false },
  { steps: [`split ${tekken}`, 'bytes'], name: 'tekken', ignoresMerges: true },
  { steps: [`split ${o200k}`, 'bytes'], name: 'gpt-4o' },
  { steps: ['gpt2 bytes'], name: 'gpt-2' },
  { steps: ['digits', 'gpt2 bytes'], name: 'smollm' },
];

/** Throws `not_implemented` when llama.cpp has no name for it that is known here. */
export function preTokenizerName(
  tokenizer: ConfigReader,
  { ignoresMerges }: { ignoresMerges: boolean },
): string {
  const steps = stepsOf(tokenizer.raw('pre_tokenizer') ?? null);
  const match = names.find(
    (entry) =>
      entry.steps.join('\n') === steps.join('\n') && (entry.ignoresMerges ?? ignoresMerges) === ignoresMerges,
  );
  if (match === undefined)
    throw unsupported(
      `this tokenizer is not implemented yet (pre-tokenizer: ${steps.join(', ').slice(0, 300)})`,
    );
  return match.name;
}

/** True when texts are taken apart into bytes, as GPT-2 does. */
export function isByteLevel(tokenizer: ConfigReader): boolean {
  return stepsOf(tokenizer.raw('pre_tokenizer') ?? null).some((step) => step.endsWith('bytes'));
}

function stepsOf(value: JsonValue): readonly string[] {
  if (!isJsonObject(value)) return [];
  switch (value.type) {
    case 'Sequence':
      return Array.isArray(value.pretokenizers) ? value.pretokenizers.flatMap(stepsOf) : [];
    case 'Split': {
      const regex = isJsonObject(value.pattern) ? value.pattern.Regex : undefined;
      const isPlain = typeof regex === 'string' && isSplit(value.behavior, value.invert);
      return [isPlain ? `split ${regex}` : `unknown split ${JSON.stringify(value)}`];
    }
    case 'Digits':
      return [value.individual_digits === true ? 'digits' : 'digit groups'];
    case 'ByteLevel': {
      // A space that is put before the text would have to be told to llama.cpp.
      const prefix = value.add_prefix_space === true ? 'space ' : '';
      // The regular expression of GPT-2 is used unless it is switched off.
      return [value.use_regex === false ? `${prefix}bytes` : `${prefix}gpt2 bytes`];
    }
    default:
      return [`unknown ${JSON.stringify(value)}`];
  }
}

/** `Isolated` makes pieces of the matches; so does removing what does not match, where the expression matches everything. */
function isSplit(behavior: JsonValue | undefined, invert: JsonValue | undefined): boolean {
  return (behavior === 'Isolated' && invert !== true) || (behavior === 'Removed' && invert === true);
}
