/** Refuses a library whose struct layouts or version are not the ones that this program was written for. */
import { CriaError } from '../errors.ts';
import type { LlamaFunctions } from './functions.ts';

/** `llama_version()` of the libraries that the locked node-llama-cpp ships. */
const supportedVersion = /^0\.5\.0(?:-|$)/;

/** llama.cpp's defaults at that version: a shifted member shows as another value. */
const modelDefaults = { n_gpu_layers: -1, use_extra_bufts: true };
const contextDefaults = {
  n_ctx: 512,
  n_batch: 2048,
  n_ubatch: 512,
  n_seq_max: 1,
  n_threads: 4,
  flash_attn_type: -1,
  type_k: 1,
  offload_kqv: true,
  kv_unified: false,
};

/** Throws `load_failed` that names what differs. */
export function checkAbi(
  llama: Pick<
    LlamaFunctions,
    'llama_version' | 'llama_model_default_params' | 'llama_context_default_params'
  >,
): void {
  const version = llama.llama_version();
  if (!supportedVersion.test(version))
    throw new CriaError(
      'load_failed',
      `llama.cpp ${version} is not supported: this program needs version 0.5.0`,
    );
  compare('llama_model_default_params', modelDefaults, llama.llama_model_default_params());
  compare('llama_context_default_params', contextDefaults, llama.llama_context_default_params());
}

function compare(
  name: string,
  expected: Readonly<Record<string, unknown>>,
  actual: Readonly<Record<string, unknown>>,
): void {
  for (const [member, value] of Object.entries(expected)) {
    if (actual[member] !== value)
      throw new CriaError(
        'load_failed',
        `the llama.cpp library does not match: ${name}().${member} is ${String(actual[member])}, not ${String(value)}`,
      );
  }
}
