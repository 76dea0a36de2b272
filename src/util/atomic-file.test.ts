import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AtomicFile, writeFileAtomic } from './atomic-file.ts';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'cria-atomic-'));
  file = path.join(directory, 'file');
});
afterEach(() => rm(directory, { recursive: true }));

it('replaces a file as a whole', async () => {
  await writeFile(file, 'old');
  await writeFileAtomic(file, Buffer.from('new'));
  expect(await readFile(file, 'utf8')).toBe('new');
  expect(await readdir(directory)).toEqual(['file']);
});

it('is invisible under its final name before commit, and gone after discard', async () => {
  const atomic = await AtomicFile.create(path.join(directory, 'temporary'));
  await atomic.write(Buffer.from('half'));
  expect(await readdir(directory)).toEqual(['temporary']);
  await atomic.discard();
  await atomic.discard();
  expect(await readdir(directory)).toEqual([]);
});

it('goes on after short writes', async () => {
  const atomic = await AtomicFile.create(path.join(directory, 'temporary'), {
    openFile: async (filePath) => {
      const handle = await open(filePath, 'wx');
      return {
        write: (bytes, offset, length, position) =>
          handle.write(bytes, offset, Math.min(length, 3), position),
        sync: () => handle.sync(),
        close: () => handle.close(),
      };
    },
  });
  await atomic.write(Buffer.from('0123456789'));
  await atomic.commit(file);
  expect(await readFile(file, 'utf8')).toBe('0123456789');
});

it('never writes over a file that has its temporary name', async () => {
  await writeFile(file, 'mine');
  await expect(AtomicFile.create(file)).rejects.toMatchObject({ code: 'EEXIST' });
  expect(await readFile(file, 'utf8')).toBe('mine');
});
