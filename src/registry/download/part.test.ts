import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { digestFromHex, digestOf } from '../../store/digest.ts';
import { createStorePaths } from '../../store/paths.ts';
import { BatchWriter } from '../../util/batch-writer.ts';
import { inlineHasher } from '../../util/file-hash.ts';
import { defaultSettings } from '../settings.ts';
import { completedBytes, contiguousBytes, isComplete, type Part, planParts } from './part.ts';
import { PartFiles } from './part-files.ts';

async function directory(): Promise<string> {
  const created = await mkdtemp(path.join(tmpdir(), 'cria-parts-'));
  onTestFinished(() => rm(created, { recursive: true }));
  return created;
}

const sizes = { count: 64, minBytes: defaultSettings.minPartBytes, maxBytes: defaultSettings.maxPartBytes };

describe('planParts', () => {
  it.each([
    [0, []],
    [1, [1]],
    [16_000_000, [16_000_000]],
    [40_000_000, [16_000_000, 16_000_000, 8_000_000]],
    [2_048_000_000, new Array(64).fill(32_000_000)],
    [6_400_000_001, [...new Array(100).fill(64_000_000), 1]],
  ])('of %d bytes', (total, expected) => {
    expect(planParts(total, sizes).map((part) => part.size)).toEqual(expected);
  });

  it('covers every byte once', () => {
    fc.assert(
      fc.property(fc.nat(20_000), fc.integer({ min: 50, max: 5000 }), (total, min) => {
        let end = 0;
        for (const [i, part] of planParts(total, { count: 16, minBytes: min, maxBytes: min * 2 }).entries()) {
          expect(part).toMatchObject({ index: i, offset: end, completed: 0 });
          expect(part.size).toBeGreaterThan(0);
          end += part.size;
        }
        expect(end).toBe(total);
      }),
    );
  });
});

describe('PartFiles', () => {
  const digest = digestOf(Buffer.from('x'));

  async function setUp(): Promise<{ files: PartFiles; base: string }> {
    const paths = createStorePaths(await directory());
    await mkdir(paths.blobs);
    return { files: new PartFiles(paths, digest), base: paths.partialBlob(digest) };
  }

  it('writes Ollama’s form and reads it back', async () => {
    const { files, base } = await setUp();
    const parts = planParts(25, { count: 16, minBytes: 10, maxBytes: 10 });
    (parts[1] as Part).completed = 4;
    await writeFile(base, Buffer.alloc(25));
    for (const part of parts) await files.save(part);
    expect(await readFile(`${base}-1`, 'utf8')).toBe('{"N":1,"Offset":10,"Size":10,"Completed":4}\n');
    const loaded = await files.load(25);
    expect(loaded).toEqual([
      { index: 0, offset: 0, size: 10, completed: 0, isPatched: false },
      { index: 1, offset: 10, size: 10, completed: 4, isPatched: true },
      { index: 2, offset: 20, size: 5, completed: 0, isPatched: false },
    ]);
    expect(completedBytes(loaded ?? [])).toBe(4);
    await files.removeAll();
    expect(await files.load(25)).toBeUndefined();
  });

  const good = '{"N":1,"Offset":10,"Size":15,"Completed":3}';
  it.each<[string, string]>([
    ['no JSON', 'x'],
    ['another number', good.replace('"N":1', '"N":2')],
    ['a gap', good.replace('"Offset":10', '"Offset":11')],
    ['too short', good.replace('"Size":15', '"Size":14')],
    ['more than there is', good.replace('"Completed":3', '"Completed":16')],
    ['negative', good.replace('"Completed":3', '"Completed":-1')],
    ['a fraction', good.replace('"Completed":3', '"Completed":0.5')],
    ['a string', good.replace('"Size":15', '"Size":"15x"')],
    ['null', 'null'],
    ['endless', `${good}${' '.repeat(5000)}`],
  ])('takes %s for nothing', async (_name, text) => {
    const { files, base } = await setUp();
    await writeFile(base, Buffer.alloc(25));
    await writeFile(`${base}-0`, '{"N":0,"Offset":0,"Size":10,"Completed":10}\n');
    await writeFile(`${base}-1`, good);
    expect(await files.load(25)).toHaveLength(2);
    await writeFile(`${base}-1`, text);
    expect(await files.load(25)).toBeUndefined();
  });

  it('takes parts without their data for nothing', async () => {
    const { files, base } = await setUp();
    await writeFile(`${base}-0`, '{"N":0,"Offset":0,"Size":10,"Completed":10}\n');
    expect(await files.load(10)).toBeUndefined();
    await writeFile(base, Buffer.alloc(9));
    expect(await files.load(10)).toBeUndefined();
  });
});

describe('writing and hashing', () => {
  it('writes every byte at its place and hashes the whole, in whatever order parts come', async () => {
    const dir = await directory();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 3000 }),
        fc.array(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 400 })), { maxLength: 40 }),
        async (content, steps) => {
          const bytes = Buffer.from(content);
          const file = path.join(dir, String(run++));
          const handle = await open(file, 'w+');
          const parts = planParts(bytes.length, { count: 1, minBytes: 300, maxBytes: 300 });
          using hash = inlineHasher.open(file);
          const writers = parts.map(
            (part) =>
              new BatchWriter(handle, part.offset, (end) => {
                part.completed = end - part.offset;
                hash.advance(contiguousBytes(parts));
              }),
          );
          const sent = parts.map(() => 0);
          const send = async (i: number, count: number): Promise<void> => {
            const part = parts[i];
            const at = sent[i] ?? 0;
            if (part === undefined) return;
            const end = Math.min(at + count, part.size);
            sent[i] = end;
            await writers[i]?.push(bytes.subarray(part.offset + at, part.offset + end));
            await writers[i]?.flush();
          };
          for (const [i, count] of steps) await send(i, count);
          for (const i of [...parts.keys()].reverse()) await send(i, 300);
          expect(parts.every(isComplete)).toBe(true);
          expect(digestFromHex(await hash.finish())).toBe(digestOf(bytes));
          await handle.close();
          expect((await readFile(file)).equals(bytes)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });
});
