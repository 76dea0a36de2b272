import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { displayName, parseModelName } from './name.ts';
import { type TestStore, temporaryStore } from './testdata/test-store.ts';

let test: TestStore;
beforeEach(async () => {
  test = await temporaryStore();
});
afterEach(() => test.remove());

const bytes = Buffer.from('{"schemaVersion":2,"layers":[]}');
const names = async (): Promise<string[]> =>
  (await test.store.manifests.list()).map((entry) => displayName(entry.name)).sort();

describe('list', () => {
  it('is empty without a store', async () => {
    expect(await names()).toEqual([]);
  });

  it('finds manifests four levels deep and skips what is in the wrong place', async () => {
    const { manifests, paths } = test.store;
    for (const name of ['a', 'b:1', 'me/c', 'localhost:5000/ns/d'])
      if (process.platform !== 'win32' || !name.includes(':5000'))
        await manifests.write(parseModelName(name), bytes);
    await writeFile(path.join(paths.manifests, '.DS_Store'), '');
    await writeFile(path.join(path.dirname(paths.manifest(parseModelName('a'))), '.DS_Store'), '');
    await mkdir(path.join(path.dirname(paths.manifest(parseModelName('a'))), 'directory'));
    await mkdir(path.join(paths.manifests, 'host', 'name.space', 'm'), { recursive: true });
    await writeFile(path.join(paths.manifests, 'host', 'name.space', 'm', 't'), bytes);
    expect(await names()).toEqual(['a:latest', 'b:1', 'localhost:5000/ns/d:latest', 'me/c:latest']);
    await names();
    expect(test.logged.filter((line) => line.includes('.DS_Store'))).toHaveLength(1);
  });

  it('never follows a link out of the store', async () => {
    const { manifests, paths } = test.store;
    await manifests.write(parseModelName('a'), bytes);
    const outside = path.join(test.root, '..', 'outside');
    await mkdir(path.join(outside, 'm'), { recursive: true });
    await writeFile(path.join(outside, 'm', 't'), bytes);
    await symlink(outside, path.join(paths.manifests, 'registry.ollama.ai', 'linked'));
    await symlink(path.join(outside, 'm', 't'), paths.manifest(parseModelName('a:linked')));
    expect(await names()).toEqual(['a:latest']);
    await expect(manifests.stat(parseModelName('a:linked'))).rejects.toMatchObject({ code: 'corrupt_store' });
    await expect(manifests.stat(parseModelName('linked/m:t'))).rejects.toMatchObject({
      code: 'corrupt_store',
    });
    await expect(manifests.write(parseModelName('linked/new'), bytes)).rejects.toMatchObject({
      code: 'corrupt_store',
    });
    expect(await readdir(outside)).toEqual(['m']);
  });
});

describe('read and write', () => {
  it('keeps bytes as they are and gives the digest of the file', async () => {
    const { manifests } = test.store;
    const odd = Buffer.from('{ "layers" : [ ] , "x":1 }\n\n');
    await manifests.write(parseModelName('a'), odd);
    const entry = await manifests.stat(parseModelName('a'));
    const loaded = await manifests.read(entry!);
    expect(loaded.bytes).toEqual(odd);
    expect(loaded.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(await readFile(entry!.path)).toEqual(odd);
  });

  it('refuses a manifest that is no manifest or far too big', async () => {
    const { manifests } = test.store;
    for (const content of [Buffer.from('nothing'), Buffer.alloc(9 * 1024 * 1024, '[')]) {
      await manifests.write(parseModelName('a'), content);
      const entry = await manifests.stat(parseModelName('a'));
      await expect(manifests.read(entry!)).rejects.toMatchObject({ code: 'corrupt_store' });
    }
  });

  it('changes the stamp with every write', async () => {
    const { manifests } = test.store;
    const stamps = new Set<string>();
    for (let i = 0; i < 5; i++) {
      await manifests.write(parseModelName('a'), bytes);
      stamps.add((await manifests.stat(parseModelName('a')))!.stamp);
    }
    expect(stamps.size).toBe(5);
  });
});

describe('remove', () => {
  it('removes directories that become empty, and no others', async () => {
    const { manifests, paths } = test.store;
    await manifests.write(parseModelName('me/a'), bytes);
    await manifests.write(parseModelName('me/b'), bytes);
    await manifests.write(parseModelName('h/n/m'), bytes);
    expect(await manifests.remove(parseModelName('me/a'))).toBe(true);
    expect(await manifests.remove(parseModelName('h/n/m'))).toBe(true);
    expect(await manifests.remove(parseModelName('h/n/m'))).toBe(false);
    expect(await readdir(paths.manifests)).toEqual(['registry.ollama.ai']);
    expect(await readdir(path.join(paths.manifests, 'registry.ollama.ai', 'me'))).toEqual(['b']);
    await manifests.remove(parseModelName('me/b'));
    expect(await readdir(test.root)).toEqual(['manifests']);
  });

  it('tidies empty directories and leftovers of a crash, but only old ones', async () => {
    const { manifests, paths } = test.store;
    await manifests.write(parseModelName('a'), bytes);
    await mkdir(path.join(paths.manifests, 'h', 'n', 'm'), { recursive: true });
    const directory = path.dirname(paths.manifest(parseModelName('a')));
    for (const name of ['.latest.123.tmp', '.latest.456.tmp', '.hidden'])
      await writeFile(path.join(directory, name), 'half');
    await utimes(path.join(directory, '.latest.123.tmp'), 1000, 1000);
    await utimes(path.join(directory, '.hidden'), 1000, 1000);
    await manifests.tidy(new Date(2_000_000));
    expect((await readdir(directory)).sort()).toEqual(['.hidden', '.latest.456.tmp', 'latest']);
    expect(await readdir(paths.manifests)).toEqual(['registry.ollama.ai']);
  });
});
