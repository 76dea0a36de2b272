/** Quantizing a GGUF file with llama.cpp's own rules about which tensor gets which type. */
import { CriaError } from '../errors.ts';
import type { Library } from './library.ts';

/** llama.cpp's defaults at the supported version: a shifted member shows as another value. */
const defaults = {
  nthread: 0,
  ftype: 7,
  quantize_output_tensor: true,
  only_copy: false,
  pure: false,
  imatrix: null,
};

export interface QuantizeFileOptions {
  /** llama.h: `enum llama_ftype`. */
  readonly fileType: number;
  /** 0 = all cores. */
  readonly nThreads: number;
}

/** Writes `target`; returns when it is done. Reports on standard error, a line a tensor. Throws `load_failed`. */
export function quantizeFile(
  { llama }: Library,
  source: string,
  target: string,
  { fileType, nThreads }: QuantizeFileOptions,
): void {
  const params = llama.llama_model_quantize_default_params();
  for (const [member, value] of Object.entries(defaults))
    if (params[member] !== value)
      throw new CriaError(
        'load_failed',
        `the llama.cpp library does not match: ${member} of its quantizer differs`,
      );
  const code = llama.llama_model_quantize(source, target, { ...params, ftype: fileType, nthread: nThreads });
  if (code !== 0) throw new CriaError('load_failed', 'llama.cpp could not quantize the model');
}
