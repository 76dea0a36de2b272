import { chmod, mkdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../store/digest.ts';
import { parseModelName } from '../store/name.ts';
import type { Digest } from '../types/digest.ts';
import { type TestLibrary, temporaryLibrary } from './testdata/test-library.ts';
import type { VerifyEvent } from './types.ts';

let test: TestLibrary;
beforeEach(async () => {
  test = await temporaryLibrary();
  await test.addModel('a', {
    layers: [
      ['system', 'only a'],
      ['license', 'shared'],
    ],
  });
  await test.addModel('b', { layers: [['license', 'shared']] });
});
afterEach(() => test.remove());

const never = new AbortController().signal;
const blobPath = (text: string): string => test.store.paths.blob(digestOf(Buffer.from(text)));

async function verify(...models: string[]): Promise<VerifyEvent[]> {
  const events: VerifyEvent[] = [];
  for await (const event of test.library.verify(models, { signal: never })) events.push(event);
  return events;
}

async function report(...models: string[]): Promise<Extract<VerifyEvent, { type: 'done' }>> {
  const last = (await verify(...models)).at(-1);
  if (last?.type !== 'done') throw new Error('no report');
  return last;
}

describe('verify', () => {
  it('finds nothing in a sound store and counts every byte once', async () => {
    const events = await verify();
    expect(events.at(-1)).toMatchObject({ type: 'done', nModels: 2, nBlobs: 4, damage: [] });
    const progress = events.filter((event) => event.type === 'progress');
    expect(progress[0]?.completedBytes).toBe(0);
    expect(progress.at(-1)).toMatchObject({ completedBytes: progress[0]?.totalBytes });
  });

  it.each<[string, () => Promise<unknown>, string, string, string[]]>([
    [
      'other bytes',
      () => writeFile(blobPath('shared'), 'SHARED'),
      'wrong_digest',
      `has the digest ${digestOf(Buffer.from('SHARED'))}`,
      ['a:latest', 'b:latest'],
    ],
    [
      'too few bytes',
      () => truncate(blobPath('only a'), 3),
      'wrong_size',
      'has 3 bytes instead of 6',
      ['a:latest'],
    ],
    [
      'no file',
      () => rename(blobPath('only a'), path.join(test.root, 'elsewhere')),
      'missing_blob',
      'is missing',
      ['a:latest'],
    ],
  ])('finds %s', async (_name, damage, problem, message, models) => {
    await damage();
    const { damage: found } = await report();
    expect(found).toEqual([
      { problem, message, models: expect.arrayContaining(models), digest: expect.any(String) },
    ]);
    expect(found[0]?.models).toHaveLength(models.length);
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'finds what cannot be read',
    async () => {
      await chmod(blobPath('only a'), 0);
      expect((await report()).damage).toMatchObject([{ problem: 'unreadable_blob', models: ['a:latest'] }]);
    },
  );

  it('tells models that were made here from others', async () => {
    await test.addModel('made', { from: 'a.gguf', layers: [['system', 'only a']] });
    await truncate(blobPath('only a'), 3);
    expect(await report()).toMatchObject({ madeHere: ['made:latest'] });
  });

  it('tells what is damaged also where it cannot be noted', async () => {
    await writeFile(test.store.paths.notes, 'in the way');
    await writeFile(blobPath('only a'), 'ONLY A');
    expect((await report()).damage).toMatchObject([{ problem: 'wrong_digest', models: ['a:latest'] }]);
  });

  it('finds what is no file', async () => {
    await rm(blobPath('only a'));
    await mkdir(blobPath('only a'));
    expect((await report()).damage).toMatchObject([
      {
        problem: 'unreadable_blob',
        message: expect.stringContaining('is not a regular file'),
        models: ['a:latest'],
      },
    ]);
  });

  it('finds a manifest that is none, and looks at the others', async () => {
    await test.store.manifests.write(parseModelName('c'), Buffer.from('{'));
    const { damage, nBlobs } = await report();
    expect(damage).toEqual([
      {
        problem: 'unreadable_manifest',
        message: expect.stringContaining('is not JSON'),
        models: ['c:latest'],
      },
    ]);
    expect(nBlobs).toBe(4);
  });

  it('looks at the named models only', async () => {
    await writeFile(blobPath('only a'), 'ONLY A');
    expect((await report('b')).damage).toEqual([]);
    expect(await report('a', 'A:latest')).toMatchObject({ nModels: 1, damage: [{ models: ['a:latest'] }] });
    await expect(verify('c')).rejects.toMatchObject({ code: 'model_not_found' });
  });

  it('looks at blobs that no model uses', async () => {
    const { path: file } = await test.store.blobs.putBytes(Buffer.from('orphan'));
    await writeFile(file, 'ORPHAN');
    expect((await report()).damage).toMatchObject([{ problem: 'wrong_digest', models: [] }]);
  });

  it('says nothing of a model that is deleted meanwhile', async () => {
    await writeFile(blobPath('only a'), 'ONLY A');
    const damage: VerifyEvent[] = [];
    for await (const event of test.library.verify([], { signal: never })) {
      if (event.type === 'progress' && event.completedBytes === 0) await test.library.remove('a');
      if (event.type === 'damage') damage.push(event);
    }
    expect(damage).toEqual([]);
  });

  it('deletes nothing, but an upload replaces what it found', async () => {
    await writeFile(blobPath('shared'), 'SHARED');
    const digest: Digest = digestOf(Buffer.from('shared'));
    expect(await test.library.hasBlob(digest)).toBe(true); // nobody has looked yet
    await report();
    expect(await test.store.blobs.stat(digest)).toBeDefined();
    expect(await test.library.hasBlob(digest)).toBe(false);
    await test.upload(Buffer.from('shared'));
    expect((await report()).damage).toEqual([]);
  });

  it('can be cancelled', async () => {
    const abort = new AbortController();
    const events = test.library.verify([], { signal: abort.signal });
    await expect(
      (async () => {
        for await (const _ of events) abort.abort();
      })(),
    ).rejects.toMatchObject({ code: 'cancelled' });
  });
});
