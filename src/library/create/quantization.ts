/** Quantizations that a request may ask for, by the names that llama-quantize gives them. */
import { CriaError } from '../../errors.ts';

/** Name → llama.h: `enum llama_ftype`. */
const fileTypes: Readonly<Record<string, number>> = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q4_1: 3,
  Q8_0: 7,
  Q5_0: 8,
  Q5_1: 9,
  Q2_K: 10,
  Q3_K_S: 11,
  Q3_K_M: 12,
  Q3_K_L: 13,
  Q4_K_S: 14,
  Q4_K_M: 15,
  Q5_K_S: 16,
  Q5_K_M: 17,
  Q6_K: 18,
  IQ2_XXS: 19,
  IQ2_XS: 20,
  Q2_K_S: 21,
  IQ3_XS: 22,
  IQ3_XXS: 23,
  IQ1_S: 24,
  IQ4_NL: 25,
  IQ3_S: 26,
  IQ3_M: 27,
  IQ2_S: 28,
  IQ2_M: 29,
  IQ4_XS: 30,
  IQ1_M: 31,
  BF16: 32,
  TQ1_0: 36,
  TQ2_0: 37,
  MXFP4: 38,
  Q1_0: 40,
  Q2_0: 41,
};

const aliases: Readonly<Record<string, string>> = {
  Q3_K: 'Q3_K_M',
  Q4_K: 'Q4_K_M',
  Q5_K: 'Q5_K_M',
  MXFP4_MOE: 'MXFP4',
};

/** These throw away so much that llama.cpp wants to know which weights matter (llama-quant.cpp: tensor_requires_imatrix). */
const needMatrix: ReadonlySet<string> = new Set([
  'Q2_K_S',
  'IQ1_S',
  'IQ1_M',
  'IQ2_XXS',
  'IQ2_XS',
  'IQ2_S',
  'IQ2_M',
  'IQ3_XXS',
  'IQ3_XS',
]);

/** Names of the types that a request may ask for. */
export const quantizationNames: readonly string[] = Object.keys(fileTypes).filter(
  (name) => !needMatrix.has(name),
);

/** Types that a model can be quantized from. */
const sources = ['F32', 'F16', 'BF16'] as const;
export type SourceType = (typeof sources)[number];

/** A known quantization. */
export interface Quantization {
  /** As `general.file_type` is told to users. */
  readonly name: string;
  /** llama.h: `enum llama_ftype`. */
  readonly fileType: number;
}

/**
 * Upper and lower case are the same. Throws `conversion_failed` for an unknown name, which Ollama answers with 500, and
 * `bad_request` for a type that needs an importance matrix.
 */
export function parseQuantization(text: string): Quantization {
  const upper = text.trim().toUpperCase();
  const name = Object.hasOwn(aliases, upper) ? (aliases[upper] ?? upper) : upper;
  const fileType = Object.hasOwn(fileTypes, name) ? fileTypes[name] : undefined;
  const supported = `supported types are ${quantizationNames.join(', ')}`;
  if (fileType === undefined)
    throw new CriaError('conversion_failed', `unsupported quantization type ${upper} - ${supported}`);
  if (needMatrix.has(name))
    throw new CriaError(
      'bad_request',
      `quantization type ${name} needs an importance matrix, which is not supported - ${supported}`,
    );
  return { name, fileType };
}

export function isSourceType(name: string): name is SourceType {
  return sources.some((source) => source === name);
}

/** Whether there is something to do. Throws `conversion_failed` for what can never be done. */
export function needsQuantizing(wanted: Quantization | undefined, actual: string): wanted is Quantization {
  if (wanted === undefined || wanted.name === actual) return false;
  if (!isSourceType(actual))
    throw new CriaError('conversion_failed', 'quantization is only supported for F16, BF16 and F32 models');
  return true;
}
