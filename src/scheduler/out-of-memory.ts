/** Recognises a load that failed for lack of memory, which is worth a second try with less. */
import { isCriaError } from '../errors.ts';

/** How ggml, the C++ runtime, CUDA and the kernel's out-of-memory killer tell it. */
const pattern =
  /out of memory|failed to allocate|unable to allocate|cannot allocate|alloc(?:ation)? failed|bad_alloc|signal: killed/i;

export function isOutOfMemory(error: unknown): boolean {
  return isCriaError(error, 'load_failed') && pattern.test(error.message);
}
