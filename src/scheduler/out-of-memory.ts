/** Recognises what failed for lack of memory. */
import { isCriaError } from '../errors.ts';

/** How ggml, the C++ runtime, CUDA and the kernel's out-of-memory killer tell it. */
const pattern =
  /out of memory|failed to allocate|unable to allocate|cannot allocate|alloc(?:ation)? failed|bad_alloc|signal: killed/i;

/** True for a load that is worth a second try with less. */
export function isOutOfMemory(error: unknown): boolean {
  return isCriaError(error, 'load_failed') && pattern.test(error.message);
}

/** True for the last words of a runner that found no memory while it worked. */
export function tellsOfMemory(lastErrorLine: string | undefined): boolean {
  return lastErrorLine !== undefined && pattern.test(lastErrorLine);
}
