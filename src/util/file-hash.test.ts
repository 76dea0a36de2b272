/** Hashing in this thread and in others keeps the same promises. */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FileHasher, hashFile, inlineHasher } from './file-hash.ts';
import { createHashThreads } from './hash-threads.ts';

let dir = '';
let file = '';
/** More than one turn of the thread, and no multiple of anything. */
const bytes = randomBytes(9_000_001);
const hexOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'cria-hash-'));
  file = path.join(dir, 'file');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The worker as the build makes it. */
function compiledWorker(): string {
  const root = path.resolve(import.meta.dirname, '../..');
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const config = path.join(dir, 'tsconfig.json');
  const files = [path.join(import.meta.dirname, 'hash-worker.ts')];
  const compilerOptions = {
    rootDir: path.join(root, 'src'),
    outDir: dir,
    noCheck: true,
    sourceMap: false,
    types: [],
  };
  writeFileSync(
    config,
    JSON.stringify({ extends: path.join(root, 'tsconfig.json'), files, include: [], compilerOptions }),
  );
  execFileSync(process.execPath, [tsc, '-p', config]);
  writeFileSync(path.join(dir, 'package.json'), '{"type":"module"}');
  return path.join(dir, 'util/hash-worker.js');
}

const implementations: readonly [name: string, create: () => FileHasher][] = [
  ['in this thread', () => inlineHasher],
  ['in threads', () => createHashThreads({ entryPath: compiledWorker(), maxThreads: 2, idleMs: 0 })],
];

describe.each(implementations)('hashing %s', (_name, create) => {
  let hasher: FileHasher;
  beforeAll(() => {
    hasher = create();
    writeFileSync(file, bytes);
  });

  it('hashes a whole file and tells how far it is', async () => {
    const seen: number[] = [];
    expect(await hashFile(hasher, file, { onProgress: (n) => seen.push(n) })).toBe(hexOf(bytes));
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it.each([0, 1, 1024 * 1024, 1024 * 1024 + 1])('hashes a file of %d bytes', async (size) => {
    const small = path.join(dir, `small-${size}`);
    writeFileSync(small, bytes.subarray(0, size));
    expect(await hashFile(hasher, small)).toBe(hexOf(bytes.subarray(0, size)));
  });

  it('follows a file that grows and changes its name', async () => {
    const growing = path.join(dir, 'growing');
    writeFileSync(growing, '');
    using hash = hasher.open(growing);
    for (let at = 0; at < bytes.length; at += 2_000_000) {
      appendFileSync(growing, bytes.subarray(at, at + 2_000_000));
      hash.advance(Math.min(at + 2_000_000, bytes.length));
      hash.advance(1); // nothing goes back
    }
    await expect.poll(() => hash.position).toBeGreaterThan(4_000_000); // without being asked to finish
    renameSync(growing, path.join(dir, 'grown'));
    expect(await hash.finish()).toBe(hexOf(bytes));
  });

  it('hashes no more than it was told of', async () => {
    using hash = hasher.open(file);
    hash.advance(5_000_000);
    expect(await hash.finish()).toBe(hexOf(bytes.subarray(0, 5_000_000)));
  });

  it('hashes several files at a time', async () => {
    const files = [1, 2, 3, 4, 5].map((n) => path.join(dir, `many-${n}`));
    for (const [i, name] of files.entries()) writeFileSync(name, bytes.subarray(i));
    expect(await Promise.all(files.map((name) => hashFile(hasher, name)))).toEqual(
      files.map((_, i) => hexOf(bytes.subarray(i))),
    );
  });

  it.each(['before it starts', 'under way'])('stops when it is cancelled %s', async (when) => {
    const controller = new AbortController();
    if (when === 'before it starts') controller.abort();
    const hashing = hashFile(hasher, file, { signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(hashing).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('tells what is wrong with a file', async () => {
    await expect(hashFile(hasher, path.join(dir, 'nobody'))).rejects.toThrow('ENOENT');
    {
      using hash = hasher.open(path.join(dir, 'nobody'));
      hash.advance(1);
      await expect(hash.finish()).rejects.toThrow('ENOENT');
    }
    const shrunk = path.join(dir, 'shrunk');
    writeFileSync(shrunk, bytes);
    truncateSync(shrunk, 100);
    using hash = hasher.open(shrunk);
    hash.advance(bytes.length);
    await expect(hash.finish()).rejects.toThrow('shorter');
    expect(await hashFile(hasher, file)).toBe(hexOf(bytes)); // the others do not suffer
  });
});

it('a thread that does not start fails those who wait for it', async () => {
  const threads = createHashThreads({ entryPath: path.join(dir, 'nothing.mjs') });
  writeFileSync(file, bytes);
  await expect(hashFile(threads, file)).rejects.toMatchObject({ code: 'internal' });
});
