/** The files of a hub's repository, as its API lists them (GET /api/models/<repo>/tree/<revision>?recursive=true). */
import { tryParseDigest } from '../../store/digest.ts';
import type { Digest } from '../../types/digest.ts';
import { upstreamError } from '../failure.ts';

/** A file of a repository. */
export interface RepoFile {
  /** Inside the repository; parts separated by `/`, none of them empty, `.` or `..`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Of the content; undefined for small files that are no LFS objects. */
  readonly digest: Digest | undefined;
}

const maxPathLength = 1024;

/** Files of one page. Entries that are no files, or not what they should be, are left out; the rest must be a list. */
export function parseTreePage(bytes: Buffer, host: string): readonly RepoFile[] {
  let entries: unknown;
  try {
    entries = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw upstreamError(`${host} sent no valid list of files`, error);
  }
  if (!Array.isArray(entries)) throw upstreamError(`${host} sent no valid list of files`);
  return entries.map(toFile).filter((file) => file !== undefined);
}

function toFile(entry: unknown): RepoFile | undefined {
  const { type, path, size, lfs } = fieldsOf(entry);
  if (type !== 'file' || typeof path !== 'string' || !isSoundPath(path)) return undefined;
  const large = fieldsOf(lfs);
  const sizeBytes = large.size ?? size;
  if (typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) return undefined;
  const digest = typeof large.oid === 'string' ? tryParseDigest(`sha256:${large.oid}`) : undefined;
  return { path, sizeBytes, digest };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  // Any object can be asked for any key.
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isSoundPath(path: string): boolean {
  if (path.length > maxPathLength || [...path].some((char) => char < ' ')) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** The address of the next page in a `Link` header (RFC 8288). */
export function nextPage(header: string | undefined): string | undefined {
  return /<([^<>]{1,4096})>\s*;[^,]*\brel="?next"?/.exec(header ?? '')?.[1];
}
