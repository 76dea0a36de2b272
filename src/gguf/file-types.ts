/** Names of `general.file_type`: how most tensors of a file are quantized (llama.h: llama_ftype). */

/** As Ollama writes them, and llama.cpp's names where Ollama has none. Index = the number in the file. */
const names: readonly (string | undefined)[] = [
  'F32',
  'F16',
  'Q4_0',
  'Q4_1',
  'MXFP4', // llama.cpp has retired the number; Ollama's own files use it
  undefined,
  undefined,
  'Q8_0',
  'Q5_0',
  'Q5_1',
  'Q2_K',
  'Q3_K_S',
  'Q3_K_M',
  'Q3_K_L',
  'Q4_K_S',
  'Q4_K_M',
  'Q5_K_S',
  'Q5_K_M',
  'Q6_K',
  'IQ2_XXS',
  'IQ2_XS',
  'Q2_K_S',
  'IQ3_XS',
  'IQ3_XXS',
  'IQ1_S',
  'IQ4_NL',
  'IQ3_S',
  'IQ3_M',
  'IQ2_S',
  'IQ2_M',
  'IQ4_XS',
  'IQ1_M',
  'BF16',
  undefined,
  undefined,
  undefined,
  'TQ1_0',
  'TQ2_0',
  'MXFP4',
  'NVFP4',
  'Q1_0',
  'Q2_0',
];

export const unknownFileType = 'unknown';

export function fileTypeName(id: number | undefined): string {
  return (id === undefined ? undefined : names[id]) ?? unknownFileType;
}
