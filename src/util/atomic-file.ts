/** Files that appear under their final name only when they are complete and on disk. */
import { randomInt } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** The part of a file handle that writing needs; tests give one that fails. */
export interface WritableHandle extends Pick<FileHandle, 'sync' | 'close'> {
  /** May write less than asked, as the system call. */
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
}

/** Creates a new file; fails when the path exists. */
export type OpenNewFile = (filePath: string, mode: number) => Promise<WritableHandle>;

const openNewFile: OpenNewFile = (filePath, mode) => open(filePath, 'wx', mode);

/**
 * A file being written under a temporary name. Ends with exactly one of `commit` and `discard`; a discarded file leaves
 * nothing behind.
 */
export class AtomicFile {
  readonly #temporaryPath: string;
  readonly #handle: WritableHandle;
  #position = 0;
  #state: 'open' | 'closed' | 'done' = 'open';

  private constructor(temporaryPath: string, handle: WritableHandle) {
    this.#temporaryPath = temporaryPath;
    this.#handle = handle;
  }

  /** Default mode 0644; the process's umask applies. */
  static async create(
    temporaryPath: string,
    options: { mode?: number; openFile?: OpenNewFile | undefined } = {},
  ): Promise<AtomicFile> {
    const handle = await (options.openFile ?? openNewFile)(temporaryPath, options.mode ?? 0o644);
    return new AtomicFile(temporaryPath, handle);
  }

  /** Until `commit`. */
  get temporaryPath(): string {
    return this.#temporaryPath;
  }

  /** What writes into the file, for a `BatchWriter`; not together with `write`. */
  get target(): Pick<WritableHandle, 'write'> {
    return this.#handle;
  }

  /** Brings to the disk what has been written so far. */
  sync(): Promise<void> {
    return this.#handle.sync();
  }

  async write(bytes: Uint8Array): Promise<void> {
    // A write may be short (a nearly full disk, a signal), so it is repeated until everything is in.
    for (let written = 0; written < bytes.byteLength; ) {
      const left = bytes.byteLength - written;
      const { bytesWritten } = await this.#handle.write(bytes, written, left, this.#position);
      written += bytesWritten;
      this.#position += bytesWritten;
    }
  }

  /** Flushes to disk and gives the file its final name, replacing what was there. Same directory as the temporary path. */
  async commit(finalPath: string): Promise<void> {
    await this.#handle.sync();
    await this.#close();
    await rename(this.#temporaryPath, finalPath);
    this.#state = 'done';
    await syncDirectory(path.dirname(finalPath));
  }

  /** Removes the temporary file; does nothing after `commit`. Never throws. */
  async discard(): Promise<void> {
    if (this.#state === 'done') return;
    await this.#close().catch(() => {});
    this.#state = 'done';
    await rm(this.#temporaryPath, { force: true }).catch(() => {}); // what stays is pruned as a leftover
  }

  async #close(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'closed';
    await this.#handle.close();
  }
}

/** Writes a small file atomically; the directory must exist. */
export async function writeFileAtomic(filePath: string, bytes: Uint8Array): Promise<void> {
  const name = `.${path.basename(filePath)}.${randomInt(2 ** 47)}.tmp`;
  const file = await AtomicFile.create(path.join(path.dirname(filePath), name));
  try {
    await file.write(bytes);
    await file.commit(filePath);
  } finally {
    await file.discard();
  }
}

/** True for the names that `writeFileAtomic` gives to its temporary files; a crash may leave one behind. */
export function isTemporaryFile(name: string): boolean {
  return /^\..+\.\d+\.tmp$/.test(name);
}

/** Makes a rename in the directory durable. Windows cannot open directories and journals renames by itself. */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
