import { describe, expect, it } from 'vitest';
import { isCriaError } from '../errors.ts';
import { checkAbi } from './abi-check.ts';
import type { ContextParams, ModelParams } from './structs.ts';

const model = { n_gpu_layers: -1, use_extra_bufts: true } as ModelParams; // the members that are compared
const context = {
  n_ctx: 512,
  n_batch: 2048,
  n_ubatch: 512,
  n_seq_max: 1,
  n_threads: 4,
  flash_attn_type: -1,
  type_k: 1,
  offload_kqv: true,
  kv_unified: false,
} as ContextParams;

const library = (changes: { version?: string; model?: object; context?: object } = {}) => ({
  llama_version: () => changes.version ?? '0.5.0',
  llama_model_default_params: () => ({ ...model, ...changes.model }),
  llama_context_default_params: () => ({ ...context, ...changes.context }),
});

describe('checkAbi', () => {
  it.each(['0.5.0', '0.5.0-dev'])('takes version %s', (version) => {
    expect(() => checkAbi(library({ version }))).not.toThrow();
  });

  it.each([
    [{ version: '0.5.1' }, '0.5.1'],
    [{ version: '0.50.0' }, '0.50.0'],
    [{ model: { n_gpu_layers: 999 } }, 'n_gpu_layers'],
    [{ context: { n_batch: 4 } }, 'n_batch'],
    [{ context: { kv_unified: undefined } }, 'kv_unified'],
  ])('refuses %j', (changes, mentioned) => {
    expect(() => checkAbi(library(changes))).toThrowError(
      expect.toSatisfy((error) => isCriaError(error, 'load_failed') && error.message.includes(mentioned)),
    );
  });
});
