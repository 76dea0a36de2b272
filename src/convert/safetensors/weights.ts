/** The tensors of a model folder, whichever of its safetensors files they lie in. */
import type { FileHandle } from 'node:fs/promises';
import { cancelledError } from '../../errors.ts';
import { openRegularFile } from '../../gguf/open.ts';
import { conversionError, quoted } from '../error.ts';
import { maxTensors } from '../limits.ts';
import { readSafetensorsHeader, type SafetensorsEntry } from './header.ts';

export interface SourceTensor extends SafetensorsEntry {
  /** Name of the file, for messages. */
  readonly file: string;
  readonly handle: FileHandle;
}

/** A file of weights: its name in the folder and its path on disk. */
export interface WeightsFile {
  readonly name: string;
  readonly path: string;
}

/** Open files; the owner disposes of them when the tensors have been read. */
export class Weights implements AsyncDisposable {
  readonly tensors: ReadonlyMap<string, SourceTensor>;
  readonly #handles: readonly FileHandle[];

  private constructor(tensors: ReadonlyMap<string, SourceTensor>, handles: readonly FileHandle[]) {
    this.tensors = tensors;
    this.#handles = handles;
  }

  /**
   * Opens the files and checks their headers. `index`: tensor → file, as the folder's index tells; every tensor must be
   * where it says. Throws `conversion_failed`, `cancelled`.
   */
  static async open(
    files: readonly WeightsFile[],
    options: { index?: ReadonlyMap<string, string> | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<Weights> {
    const tensors = new Map<string, SourceTensor>();
    const handles: FileHandle[] = [];
    try {
      for (const { name: file, path } of files) {
        if (options.signal?.aborted) throw cancelledError();
        const { handle, sizeBytes } = await openRegularFile(path);
        handles.push(handle);
        for (const entry of await readSafetensorsHeader(handle, sizeBytes, file)) {
          if (tensors.has(entry.name))
            throw conversionError(`tensor ${quoted(entry.name)} is in more than one file`);
          tensors.set(entry.name, { ...entry, file, handle });
        }
        if (tensors.size > maxTensors) throw conversionError(`the model has more than ${maxTensors} tensors`);
      }
      for (const [name, file] of options.index ?? [])
        if (tensors.get(name)?.file !== file)
          throw conversionError(`tensor ${quoted(name)} is not in ${quoted(file)}, where the index says`);
      return new Weights(tensors, handles);
    } catch (error) {
      await closeAll(handles);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeAll(this.#handles);
  }
}

async function closeAll(handles: readonly FileHandle[]): Promise<void> {
  await Promise.all(handles.map((handle) => handle.close()));
}

/** Reads `length` bytes of a tensor from `start` on. Throws `conversion_failed` when the file has become shorter. */
export async function readTensorBytes(
  tensor: SourceTensor,
  start: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  // A fresh buffer, aligned for every element type.
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await tensor.handle.read(bytes, done, length - done, tensor.offset + start + done);
    if (bytesRead === 0) throw conversionError(`${tensor.file} has become shorter while it was read`);
    done += bytesRead;
  }
  return bytes;
}
