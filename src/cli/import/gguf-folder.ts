/** Models in folders of GGUF files: LM Studio's, the cache of Hugging Face's tools, llama.cpp's, and plain ones. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { ModelFile } from '../create/files.ts';
import { type GgufGroup, groupGgufFiles } from './gguf-groups.ts';
import { modelName, type NameParts, splitQuantization } from './names.ts';
import type { Findings, FoundModel, Skipped } from './types.ts';
import { findGgufFiles, type GgufFile, readGguf } from './walk.ts';

/** `models--org--repo`, as Hugging Face's tools name their folders; parts of names hold no `--`. */
const hubFolder = /^models--(.+?)--(.+)$/;

/** All models below a folder. */
export async function findInFolder(root: string, signal: AbortSignal): Promise<Findings> {
  const { files, skipped } = await findGgufFiles(root, boundaryOf(root), {
    signal,
    enter: isCurrentSnapshot,
  });
  const models: FoundModel[] = [];
  const allSkipped: Skipped[] = [...skipped];
  for (const { owner, members } of byOwner(root, files)) {
    const { groups, skipped: left } = groupGgufFiles(members);
    models.push(...groups.map((group) => toModel(group, owner)));
    allSkipped.push(...left);
  }
  return { models, skipped: allSkipped };
}

/** The model that a file belongs to, with its other parts and its projector. Throws when it is no GGUF file. */
export async function findFile(file: string): Promise<Findings> {
  const directory = path.dirname(file);
  const named = await readGguf(file).catch((error: unknown) => {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  });
  const siblings: GgufFile[] = [];
  for (const name of readdirSync(directory).sort()) {
    if (name === path.basename(file)) siblings.push(named);
    else if (/\.gguf$/i.test(name))
      siblings.push(
        ...(await readGguf(path.join(directory, name)).then(
          (found) => [found],
          () => [],
        )),
      );
  }
  const [own] = byOwner(directory, siblings).filter(({ members }) => members.includes(named));
  const { groups, skipped } = groupGgufFiles(own?.members ?? [named]);
  const group = groups.find(({ parts }) => parts.includes(named));
  if (group !== undefined) return { models: [toModel(group, own?.owner)], skipped: [] };
  const reason = skipped.find(({ origin }) => path.dirname(origin) === directory)?.reason;
  throw new Error(`${file}: ${reason ?? 'a projector is no model by itself'}`);
}

/** Where a repository of models comes from; undefined in a plain folder, where the files' own names have to do. */
type Owner = Required<Pick<NameParts, 'namespace' | 'model'>> &
  Pick<NameParts, 'host'> & { readonly prefix: string };

/** Files of one repository, or of one folder, belong together. */
function byOwner(
  root: string,
  files: readonly GgufFile[],
): { owner: Owner | undefined; members: GgufFile[] }[] {
  const repositories = new Map<string, readonly Owner[]>();
  const groups = new Map<string, { owner: Owner | undefined; members: GgufFile[] }>();
  for (const file of files) {
    const directory = path.dirname(file.path);
    if (!repositories.has(directory)) repositories.set(directory, llamaCacheOf(directory));
    const name = path.basename(file.path);
    const owner =
      hubOwner(file.path) ??
      repositories.get(directory)?.find(({ prefix }) => name.startsWith(prefix)) ??
      lmStudioOwner(root, file.path);
    const key = `${directory}\n${owner?.prefix ?? ''}`;
    const group = groups.get(key) ?? { owner, members: [] };
    group.members.push(file);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** `…/models--org--repo/snapshots/<commit>/file`: named as a pull of the same file would name it. */
function hubOwner(file: string): Owner | undefined {
  const match = file
    .split(path.sep)
    .map((part) => hubFolder.exec(part))
    .findLast((found) => found !== null);
  if (match === undefined || match === null) return undefined;
  return { host: 'hf.co', namespace: match[1] ?? '', model: match[2] ?? '', prefix: '' };
}

/** llama.cpp keeps files as `org_repo_file` beside `manifest=org=repo=tag.json`. Longer prefixes first. */
function llamaCacheOf(directory: string): readonly Owner[] {
  const owners: Owner[] = [];
  for (const name of readdirSync(directory)) {
    const [, namespace, model] = /^manifest=([^=]+)=([^=]+)=[^=]+\.json$/.exec(name) ?? [];
    if (namespace !== undefined && model !== undefined)
      owners.push({ host: 'hf.co', namespace, model, prefix: `${namespace}_${model}_` });
  }
  return owners.sort((a, b) => b.prefix.length - a.prefix.length);
}

/** LM Studio keeps files as `publisher/repository/file`. */
function lmStudioOwner(root: string, file: string): Owner | undefined {
  const [namespace, model, ...rest] = path.relative(root, file).split(path.sep);
  if (namespace === undefined || model === undefined || rest.length !== 1) return undefined;
  return { namespace, model: model.replace(/[-_]GGUF$/i, ''), prefix: '' };
}

function toModel({ stem, parts, projector }: GgufGroup, owner: Owner | undefined): FoundModel {
  const { base, quantization } = splitQuantization(stem.slice(owner?.prefix.length ?? 0));
  const [first] = parts;
  const files = parts.map((part, i) => toModelFile(part, partName(i, parts.length)));
  if (projector !== undefined) files.push(toModelFile(projector, 'projector.gguf'));
  return {
    name: modelName({ ...(owner ?? { model: base }), tag: quantization }),
    origin: first?.path ?? '',
    files,
    adapters: [],
    contents: {},
  };
}

/** The names of parts have to follow llama.cpp's pattern. */
export function partName(index: number, count: number): string {
  const digits = (n: number): string => String(n).padStart(5, '0');
  return count === 1 ? 'model.gguf' : `model-${digits(index + 1)}-of-${digits(count)}.gguf`;
}

function toModelFile({ realPath, sizeBytes }: GgufFile, name: string): ModelFile {
  return { name, path: realPath, sizeBytes };
}

/** Links of a hub's snapshot lead into the blobs beside the snapshots. */
function boundaryOf(root: string): string {
  const parts = root.split(path.sep);
  const hub = parts.findLastIndex((part) => hubFolder.test(part));
  return hub < 0 ? root : parts.slice(0, hub + 1).join(path.sep);
}

/** Of a hub's snapshots only the current one is looked at: the others are what it was made of once. */
function isCurrentSnapshot(directory: string): boolean {
  const snapshots = path.dirname(directory);
  const repository = path.dirname(snapshots);
  if (path.basename(snapshots) !== 'snapshots' || !hubFolder.test(path.basename(repository))) return true;
  try {
    const reference = path.join(repository, 'refs', 'main');
    const stats = statSync(reference);
    // 40 digits; anything else, such as a pipe that would never end, says nothing.
    if (!stats.isFile() || stats.size > 200) return true;
    const current = readFileSync(reference, 'latin1').trim();
    return current === path.basename(directory) || !existsSync(path.join(snapshots, current));
  } catch {
    return true;
  }
}
