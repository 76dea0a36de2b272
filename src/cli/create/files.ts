/** Which files of the user's disk go into a model: one file, or those of a folder that belong to it. */
import { createReadStream } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

export interface ModelFile {
  /** Relative name with forward slashes, as the server gets it. */
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
}

interface Group {
  readonly pattern: RegExp;
  /** PyTorch's formats are zip archives; other files may bear the same names. */
  readonly isZip?: true;
  /** Conversion needs configuration and tokenizer beside the weights. */
  readonly hasCompanions: boolean;
}

/** The first group that has files is taken. */
const groups: readonly Group[] = [
  { pattern: /^(?:[^/]+\/)?model[^/]*\.safetensors$/, hasCompanions: true },
  { pattern: /^consolidated[^/]*\.safetensors$/, hasCompanions: true },
  { pattern: /^pytorch_model[^/]*\.bin$/, isZip: true, hasCompanions: true },
  { pattern: /^consolidated[^/]*\.pth$/, isZip: true, hasCompanions: true },
  { pattern: /^[^/]+\.gguf$/, hasCompanions: false },
  { pattern: /^[^/]+\.bin$/, hasCompanions: false },
];

/** The same for adapters: as peft and mlx-lm name them, or one GGUF file. */
const adapterGroups: readonly Group[] = [
  { pattern: /^adapter_model\.safetensors$/, hasCompanions: true },
  { pattern: /^adapters\.safetensors$/, hasCompanions: true },
  { pattern: /^[^/]+\.gguf$/, hasCompanions: false },
];

const companions = /^(?:[^/]+\/)?[^/]+\.json$|^chat_template\.jinja$/;

/** A file by itself, or a folder's files. Throws an error that names the path when there is nothing to take. */
export async function findModelFiles(target: string): Promise<ModelFile[]> {
  return findFiles(target, groups);
}

/** As `findModelFiles` for an adapter. */
export async function findAdapterFiles(target: string): Promise<ModelFile[]> {
  return findFiles(target, adapterGroups);
}

async function findFiles(target: string, wanted: readonly Group[]): Promise<ModelFile[]> {
  const stats = await stat(target).catch((error: unknown) => {
    throw fileError(target, error);
  });
  if (stats.isFile())
    return [
      { name: path.basename(target), path: target, sizeBytes: stats.size },
      ...(await furtherParts(target)),
    ];
  if (!stats.isDirectory()) throw new Error(`${target}: neither a file nor a folder`);
  const root = await realpath(target);
  const names = await selectNames(await listNames(root), (name) => isZip(path.join(root, name)), wanted);
  return Promise.all(names.map((name) => fileInside(root, name)));
}

/** The first file of a split GGUF stands for all that lie beside it, as for llama.cpp. */
async function furtherParts(target: string): Promise<ModelFile[]> {
  const [, stem = '', count = ''] = /^(.*)-00001-of-(\d{5})\.gguf$/.exec(target) ?? [];
  const files: ModelFile[] = [];
  for (let i = 2; i <= Number(count); i++) {
    const file = `${stem}-${String(i).padStart(5, '0')}-of-${count}.gguf`;
    const stats = await stat(file).catch(() => undefined);
    if (stats === undefined || !stats.isFile()) break; // the server tells which one is missing
    files.push({ name: path.basename(file), path: file, sizeBytes: stats.size });
  }
  return files;
}

/** Picks from the names of files in a folder and the folders in it. */
export async function selectNames(
  names: readonly string[],
  isZip: (name: string) => Promise<boolean>,
  wanted: readonly Group[] = groups,
): Promise<string[]> {
  for (const group of wanted) {
    const weights: string[] = [];
    for (const name of names.filter((candidate) => group.pattern.test(candidate))) {
      if (group.isZip !== true || (await isZip(name))) weights.push(name);
    }
    if (weights.length === 0) continue;
    if (!group.hasCompanions) return weights;
    const tokenizer = names.includes('tokenizer.model') ? /^tokenizer\.model$/ : /^[^/]+\/tokenizer\.model$/;
    return [...weights, ...names.filter((name) => companions.test(name) || tokenizer.test(name))];
  }
  throw new Error(wanted === groups ? 'no Modelfile or safetensors files found' : 'no adapter files found');
}

/** Names of the files of `root` and of the folders in it, sorted; hidden folders are passed over. */
async function listNames(root: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readdir(root, { withFileTypes: true })) {
    if (!entry.isDirectory()) {
      names.push(entry.name);
    } else if (!entry.name.startsWith('.')) {
      const inner = await readdir(path.join(root, entry.name), { withFileTypes: true });
      names.push(...inner.filter((file) => !file.isDirectory()).map((file) => `${entry.name}/${file.name}`));
    }
  }
  return names.sort();
}

/** Links may not lead out of the folder: what is uploaded is what the user pointed at. */
async function fileInside(root: string, name: string): Promise<ModelFile> {
  const link = path.join(root, name);
  const file = await realpath(link).catch((error: unknown) => {
    throw fileError(link, error);
  });
  const relative = path.relative(root, file);
  if (relative.startsWith('..') || path.isAbsolute(relative)) {
    const hint = relative.includes('.cache')
      ? '\n\nDownload with `hf download --local-dir <folder>`, so that the folder has files instead of links into the cache.'
      : '';
    throw new Error(`insecure path: ${relative}${hint}`);
  }
  const stats = await stat(file);
  if (!stats.isFile()) throw new Error(`${file}: not a file`);
  return { name, path: file, sizeBytes: stats.size };
}

async function isZip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.toString('latin1') === 'PK\x03\x04';
  } finally {
    await handle.close();
  }
}

/** The file's bytes, one piece after the other. */
export function readFileBytes(file: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  return createReadStream(file, { highWaterMark: 1 << 20, signal });
}

/** Node's message in the words of other programs: the path first, then what is wrong with it. */
export function fileError(file: string, error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reasons: Record<string, string> = {
    ENOENT: 'no such file or directory',
    EACCES: 'permission denied',
    EISDIR: 'is a directory',
    ENOTDIR: 'not a directory',
  };
  const message = error instanceof Error ? error.message : String(error);
  const reason = (typeof code === 'string' ? reasons[code] : undefined) ?? message;
  return new Error(`${file}: ${reason}`, { cause: error });
}
