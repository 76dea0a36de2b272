/** Gets files of the user's disk into the server's store: linked where the store lies on this machine, else uploaded. */
import type { CriaClient } from '../../api/client.ts';
import type { Config } from '../../config/index.ts';
import type { BlobLinker } from '../../store/link-blob.ts';
import type { Bar, Progress } from '../terminal/progress.ts';
import { fileError, type ModelFile } from './files.ts';
import { hashFiles, uploadFiles } from './upload.ts';

export interface ProvideOptions {
  readonly client: Pick<CriaClient, 'hasBlob' | 'putBlob'>;
  readonly config: Pick<Config, 'host' | 'modelsDir'>;
  /** Hard links as well, and a word about files that were copied all the same. */
  readonly wantsLinks: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Returns each file's digest, `sha256:…`, by its path. */
export async function provideFiles(
  files: readonly ModelFile[],
  options: ProvideOptions,
): Promise<Map<string, string>> {
  if (files.length === 0) return new Map();
  const { linked, rest } = await linkFiles(files, options);
  const hashed = rest.length === 0 ? new Map<string, string>() : await hashFiles(rest, options);
  await uploadFiles(rest, hashed, options);
  return new Map([...linked, ...hashed]);
}

interface Linked {
  readonly linked: ReadonlyMap<string, string>;
  /** Those that are to be uploaded. */
  readonly rest: readonly ModelFile[];
}

async function linkFiles(files: readonly ModelFile[], options: ProvideOptions): Promise<Linked> {
  const { wantsLinks, progress, config } = options;
  const linker = await openLinker(options);
  if (linker === undefined) {
    if (wantsLinks)
      note(progress, `copying: the server's models are not in ${config.modelsDir}, or it cannot be written`);
    return { linked: new Map(), rest: files };
  }
  const linked = new Map<string, string>();
  const rest: ModelFile[] = [];
  for (const file of files) {
    const result = await linkFile(file, linker, options);
    if ('digest' in result) {
      linked.set(file.path, result.digest);
      continue;
    }
    if (wantsLinks) note(progress, `copying ${file.path}: ${result.reason}`);
    rest.push(file);
  }
  return { linked, rest };
}

/** Undefined unless the server's store is the one that the settings name. */
async function openLinker({
  client,
  config,
  wantsLinks,
  signal,
}: ProvideOptions): Promise<BlobLinker | undefined> {
  if (!config.host.isLocal) return undefined;
  // Loaded here only: few commands touch the store themselves.
  const [{ createBlobLinker }, { createStorePaths }] = await Promise.all([
    import('../../store/link-blob.ts'),
    import('../../store/paths.ts'),
  ]);
  const linker = createBlobLinker({ paths: createStorePaths(config.modelsDir), allowHardLinks: wantsLinks });
  const isShared = await linker.isFolderOf((digest) => client.hasBlob(digest, { signal }));
  return isShared ? linker : undefined;
}

async function linkFile(
  file: ModelFile,
  linker: BlobLinker,
  { client, progress, signal }: ProvideOptions,
): Promise<{ readonly digest: string } | { readonly reason: string }> {
  let bar: Bar | undefined;
  const setCompleted = (bytes: number): void => {
    bar ??= progress.bar(`linking ${file.name}`, file.sizeBytes);
    bar.setCompleted(bytes);
  };
  const linked = await linker
    .link(file.path, { signal, onProgress: setCompleted })
    .catch((error: unknown) => {
      signal.throwIfAborted();
      throw fileError(file.path, error);
    });
  if ('reason' in linked) return linked;
  const { digest } = linked;
  try {
    if (!(await client.hasBlob(digest, { signal }))) {
      const kept = await linked.keep();
      if (!(await client.hasBlob(digest, { signal }))) {
        await kept.undo();
        return { reason: 'the server does not see it' };
      }
    }
  } finally {
    await linked.drop();
  }
  setCompleted(file.sizeBytes);
  return { digest };
}

/** A line that stays. */
function note(progress: Progress, text: string): void {
  progress.spinner(text).stop();
}
