/** The one parser of digests, and the hashing that makes them. */
import { createHash } from 'node:crypto';
import { CriaError } from '../errors.ts';
import type { Digest } from '../types/digest.ts';

const grammar = /^sha256[:-]([0-9a-f]{64})$/i;

/** Accepts both separators and both cases; undefined for anything else. */
export function tryParseDigest(text: string): Digest | undefined {
  const hex = grammar.exec(text)?.[1];
  return hex === undefined ? undefined : digestFromHex(hex.toLowerCase());
}

/** As `tryParseDigest`; throws `invalid_digest`. */
export function parseDigest(text: string): Digest {
  const digest = tryParseDigest(text);
  if (digest === undefined) throw new CriaError('invalid_digest', 'invalid digest format');
  return digest;
}

/** The 64 hexadecimal digits. */
export function digestHex(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

export function digestOf(bytes: Uint8Array): Digest {
  const hash = createDigestHash();
  hash.update(bytes);
  return hash.finish();
}

/** Hashes a stream; `finish` is called once. */
export function createDigestHash(): { update(bytes: Uint8Array): void; finish(): Digest } {
  const hash = createHash('sha256');
  return {
    update: (bytes) => void hash.update(bytes),
    finish: () => digestFromHex(hash.digest('hex')),
  };
}

/** `hex`: 64 lower-case digits, from the parser or out of a hash. */
export function digestFromHex(hex: string): Digest {
  return `sha256:${hex}` as Digest;
}
