/**
 * Throw-away process: quantizes a GGUF file. Arguments: folder of the libraries (empty = the default), source, target,
 * number of the file type, threads. llama.cpp's lines on standard error tell the progress. See `runner/quantizer.ts`.
 */
import { Library } from '../native/library.ts';
import { quantizeFile } from '../native/quantize.ts';

try {
  const [libraryDir, source, target, fileType, nThreads] = process.argv.slice(2);
  if (source === undefined || target === undefined) throw new Error('a source and a target are needed');
  const library = Library.load(libraryDir || undefined);
  quantizeFile(library, source, target, { fileType: Number(fileType), nThreads: Number(nThreads) });
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
