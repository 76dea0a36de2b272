import { randomBytes } from 'node:crypto';
import {
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BlobStore, createBlobStore } from './blobs.ts';
import { digestOf, parseDigest } from './digest.ts';
import { createStorePaths, type StorePaths } from './paths.ts';

let root: string;
let paths: StorePaths;
let blobs: BlobStore;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'cria-blobs-'));
  paths = createStorePaths(path.join(root, 'models'));
  blobs = createBlobStore(paths);
});
afterEach(() => rm(root, { recursive: true }));

const content = Buffer.from('some bytes of a model');
const digest = digestOf(content);
const stored = (): Promise<string[]> => readdir(paths.blobs).catch(() => []);
const missing = parseDigest(`sha256:${'0'.repeat(64)}`);

describe('put', () => {
  it('stores a stream under its digest', async () => {
    const blob = await blobs.put(Readable.from([content.subarray(0, 5), content.subarray(5)]), {
      expected: digest,
    });
    expect(blob).toEqual({ digest, path: paths.blob(digest), sizeBytes: content.byteLength });
    expect(await readFile(blob.path)).toEqual(content);
    expect(await stored()).toEqual([path.basename(blob.path)]);
  });

  it('stores an empty stream', async () => {
    const blob = await blobs.put(Readable.from([]), {});
    expect(blob).toMatchObject({ digest: digestOf(Buffer.alloc(0)), sizeBytes: 0 });
  });

  it('drops bytes that hash to something else', async () => {
    await expect(blobs.put(Readable.from([content]), { expected: missing })).rejects.toMatchObject({
      code: 'digest_mismatch',
      message: `digest mismatch, expected "${missing}", got "${digest}"`,
    });
    expect(await stored()).toEqual([]);
  });

  it('leaves nothing when the signal fires in the middle', async () => {
    const controller = new AbortController();
    const endless = Readable.from(
      (async function* () {
        yield content;
        controller.abort();
        for (;;) yield content;
      })(),
    );
    await expect(blobs.put(endless, { signal: controller.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(await stored()).toEqual([]);
  });

  it('leaves nothing when the client goes away in the middle', async () => {
    const body = new Readable({ read() {} });
    body.push(content);
    const putting = blobs.put(body, { expected: digest });
    setImmediate(() => body.destroy(new Error('aborted')));
    await expect(putting).rejects.toThrow('aborted');
    expect(await stored()).toEqual([]);
  });

  it('keeps a blob that is there already, and makes it new', async () => {
    const { path: file } = await blobs.putBytes(content);
    await utimes(file, 0, 0);
    await blobs.put(Readable.from([content]), { expected: digest });
    expect((await stat(file)).mtimeMs).toBeGreaterThan(0);
    expect(await stored()).toHaveLength(1);
  });

  it('replaces a blob that was cut short', async () => {
    await mkdir(paths.blobs, { recursive: true });
    await writeFile(paths.blob(digest), content.subarray(0, 3));
    await blobs.put(Readable.from([content]), { expected: digest });
    expect(await readFile(paths.blob(digest))).toEqual(content);
  });

  it('takes a body that is larger than what is hashed as it passes', async () => {
    const large = randomBytes(5_000_001);
    const pieces = Array.from({ length: 51 }, (_, i) => large.subarray(i * 100_000, (i + 1) * 100_000));
    const blob = await blobs.put(Readable.from(pieces), { expected: digestOf(large) });
    expect(blob.sizeBytes).toBe(large.length);
    expect((await readFile(blob.path)).equals(large)).toBe(true);
    const other = blobs.put(Readable.from(pieces.toReversed()), { expected: digestOf(large) });
    await expect(other).rejects.toMatchObject({ code: 'digest_mismatch' });
    expect(await stored()).toEqual([path.basename(blob.path)]);
  });

  it('takes the same content twice at once', async () => {
    await Promise.all([1, 2, 3].map(() => blobs.put(Readable.from([content]), { expected: digest })));
    expect(await stored()).toHaveLength(1);
  });
});

describe('a full disk', () => {
  const noSpace = (): Error =>
    Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  it.each(['write', 'sync', 'open'] as const)(
    'is told when it fails at %s, and leaves no partial blob',
    async (where) => {
      const full = createBlobStore(paths, {
        openFile: async (file, mode) => {
          if (where === 'open') throw noSpace();
          const handle = await open(file, 'wx', mode);
          return {
            write: async (bytes, offset, length, position) => {
              if (where === 'write') throw noSpace();
              return handle.write(bytes, offset, length, position);
            },
            sync: async () => {
              if (where === 'sync') throw noSpace();
            },
            close: () => handle.close(),
          };
        },
      });
      const body = Readable.from([content.subarray(0, 5), content.subarray(5)]);
      await expect(full.put(body, { expected: digest })).rejects.toMatchObject({
        code: 'disk_full',
        message: 'no space left on device',
      });
      await expect(full.putBytes(content)).rejects.toMatchObject({ code: 'disk_full' });
      expect(await stored()).toEqual([]);
    },
  );
});

describe('stat and read', () => {
  it('knows what is missing', async () => {
    expect(await blobs.stat(missing)).toBeUndefined();
    await expect(blobs.read(missing, 10)).rejects.toMatchObject({ code: 'blob_not_found' });
  });

  it('reads within bounds', async () => {
    await blobs.putBytes(content);
    expect(await blobs.read(digest, 100)).toEqual(content);
    await expect(blobs.read(digest, 10)).rejects.toMatchObject({ code: 'corrupt_store' });
  });

  it.skipIf(process.platform === 'win32')('finds blobs of the first Ollama versions', async () => {
    await mkdir(paths.blobs, { recursive: true });
    await writeFile(paths.legacyBlob(digest), content);
    expect(await blobs.stat(digest)).toMatchObject({ path: paths.legacyBlob(digest) });
    await blobs.remove(digest);
    expect(await stored()).toEqual([]);
  });

  it('CVE-2024-37032: a link in a blob’s place does not lead out of the store', async () => {
    const secret = path.join(root, 'secret');
    await writeFile(secret, content);
    await mkdir(paths.blobs, { recursive: true });
    await symlink(secret, paths.blob(digest));
    await expect(blobs.stat(digest)).rejects.toMatchObject({ code: 'corrupt_store' });
    await expect(blobs.read(digest, 100)).rejects.toMatchObject({ code: 'corrupt_store' });
    await blobs.remove(digest);
    expect(await readFile(secret)).toEqual(content);
  });

  it('CVE-2024-39721: a directory or device is no blob', async () => {
    await mkdir(paths.blob(digest), { recursive: true });
    await expect(blobs.stat(digest)).rejects.toMatchObject({ code: 'corrupt_store' });
  });

  it('works when the whole blobs directory is a link, as on a second disk', async () => {
    await mkdir(path.join(root, 'elsewhere'));
    await mkdir(paths.root);
    await symlink(path.join(root, 'elsewhere'), paths.blobs);
    await blobs.putBytes(content);
    expect(await blobs.stat(digest)).toMatchObject({ sizeBytes: content.byteLength });
  });
});
