/** The one builder of paths inside the store; nothing else joins names or digests to paths. */
import { randomInt } from 'node:crypto';
import path from 'node:path';
import { CriaError } from '../errors.ts';
import type { Digest } from '../types/digest.ts';
import type { ModelName } from '../types/model-name.ts';
import { digestHex } from './digest.ts';
import { checkedName, fullName } from './name.ts';

export interface StorePaths {
  readonly root: string;
  readonly blobs: string;
  readonly manifests: string;
  /** cria's own notes, where Ollama never looks. */
  readonly notes: string;
  /** `blobs/sha256-<hex>`. */
  blob(digest: Digest): string;
  /** `blobs/sha256:<hex>`, as the first versions of Ollama wrote it. */
  legacyBlob(digest: Digest): string;
  /** `blobs/sha256-<hex>-partial`: a download in progress; with `part`, the state of one of its parts. */
  partialBlob(digest: Digest, part?: number): string;
  /** A new name for an upload; Ollama prunes leftovers of this form, too. */
  temporaryBlob(): string;
  manifest(name: ModelName): string;
}

/** `root` may be relative to the working directory. */
export function createStorePaths(root: string): StorePaths {
  const absolute = path.resolve(root);
  const blobs = path.join(absolute, 'blobs');
  const manifests = path.join(absolute, 'manifests');
  return {
    root: absolute,
    blobs,
    manifests,
    notes: path.join(absolute, '.cria'),
    blob: (digest) => path.join(blobs, `sha256-${digestHex(digest)}`),
    legacyBlob: (digest) => path.join(blobs, `sha256:${digestHex(digest)}`),
    partialBlob: (digest, part) =>
      path.join(blobs, `sha256-${digestHex(digest)}-partial${part === undefined ? '' : `-${part}`}`),
    temporaryBlob: () => path.join(blobs, `sha256-${randomInt(10 ** 14)}`),
    manifest: (name) => {
      // Names come from the parser already; a second look costs nothing beside a file access.
      if (checkedName(name) === undefined)
        throw new CriaError('invalid_model_name', `invalid model name: ${fullName(name)}`);
      return path.join(manifests, name.host, name.namespace, name.model, name.tag);
    },
  };
}
