import { describe, expect, it } from 'vitest';
import { CriaError } from '../errors.ts';
import { isOutOfMemory } from './out-of-memory.ts';

describe('isOutOfMemory', () => {
  it.each([
    ['llama runner process has terminated: signal: killed', true],
    ['ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 12345', true],
    [
      'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 900 MiB on device 0: cudaMalloc failed: out of memory',
      true,
    ],
    ["terminate called after throwing an instance of 'std::bad_alloc'", true],
    ['error loading model: missing tensor', false],
    ['llama runner process has terminated: signal: segmentation fault', false],
  ])('%s: %s', (message, expected) => {
    expect(isOutOfMemory(new CriaError('load_failed', message))).toBe(expected);
  });

  it('concerns loading only', () => {
    expect(isOutOfMemory(new CriaError('runner_died', 'out of memory'))).toBe(false);
    expect(isOutOfMemory(new Error('out of memory'))).toBe(false);
  });
});
