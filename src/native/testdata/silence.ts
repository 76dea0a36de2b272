/** Keeps llama.cpp's hundreds of lines about every load out of the tests' output. */
import koffi from 'koffi';
import type { Library } from '../library.ts';
import { findLibraryFiles } from '../library-folders.ts';

let isSilent = false;

/**
 * The log callback is called by any thread, so it cannot be JavaScript. `ggml_time_init` does for it: it may be called at any
 * time, does nothing visible, and ignores the arguments, as the calling conventions of all 64-bit platforms allow.
 */
export function silence(library: Library): Library {
  if (isSilent) return library;
  isSilent = true;
  const files = findLibraryFiles(library.dir);
  const nothing: unknown = koffi.load(files.ggmlBase).symbol('ggml_time_init');
  koffi.load(files.llama).func('void llama_log_set(void *, void *)')(nothing, null);
  return library;
}
