/** Files that a prompt names. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takeAttachments } from './attachments.ts';
import { findMediaPaths, findMentions } from './file-paths.ts';

const png = Buffer.from('\x89PNG\r\n\x1a\nrest', 'latin1');
let dir = '';

beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'cria-attachments-'));
  const files: Record<string, string | Buffer> = {
    'notes.txt': 'Buy milk.\n',
    'my notes.txt': 'Sleep.',
    'code.md': '```js\n1\n```\n',
    'fake.png': 'hello',
    'cat.png': png,
    'a.wav': 'RIFF\0\0\0\0WAVE',
    'binary.bin': Buffer.from([0xff, 0xfe]),
    'zero.txt': 'a\0b',
    'long.txt': 'x'.repeat(4 * 1024 * 1024 + 1),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(dir, name), content);
  mkdirSync(path.join(dir, 'folder'));
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

function take(prompt: string, acceptsMedia = false, typedFrom = 0): ReturnType<typeof takeAttachments> {
  return takeAttachments(prompt, { cwd: dir, homeDir: dir, acceptsMedia, typedFrom });
}

describe('findMediaPaths', () => {
  it.each<[string, string[]]>([
    ['What is in ./a.png and /b/c.JPG?', ['./a.png', '/b/c.JPG']],
    ['../up.webp ~/home.jpeg', ['../up.webp', '~/home.jpeg']],
    ['./my\\ cat\\ \\(1\\).png', ['./my cat (1).png']],
    ['"/with space/a.png" and \'./b c.wav\'', ['/with space/a.png', './b c.wav']],
    ['C:\\pictures\\a.png', ['C:\\pictures\\a.png']],
    ['(./a.png), ./b.png.', ['./a.png', './b.png']],
    ['see https://example.com/a.png', []],
    ['a.png, dir/a.png', []],
    ['./a.pngx ./a.txt /help', []],
  ])('%j', (prompt, paths) => {
    expect(findMediaPaths(prompt).map((found) => found.path)).toEqual(paths);
  });
});

describe('findMentions', () => {
  it.each<[string, string[]]>([
    ['@a.txt and (@b/c.md)', ['a.txt', 'b/c.md)']],
    ['@my\\ notes.txt @"my notes.txt" @\'it.txt\'', ['my notes.txt', 'my notes.txt', 'it.txt']],
    ['@~/a @/b @../c @C:\\d\\e.txt', ['~/a', '/b', '../c', 'C:\\d\\e.txt']],
    ['me@example.com, a/@b, @@c', []],
    ['@ @" @', []],
  ])('%j', (prompt, paths) => {
    expect(findMentions(prompt).map((found) => found.path)).toEqual(paths);
  });

  it('is done with long texts at once', () => {
    const escapes = '\\a'.repeat(50_000);
    expect(findMediaPaths(`./${escapes}`)).toEqual([]);
    expect(findMentions(`@${escapes}`).map(({ path }) => path)).toEqual([escapes]);
  });

  it('tells where they stand', () => {
    const piece = fc.constantFrom('@', 'a', '.txt', ' ', '"', "'", '\\', '/', '\n', '(', 'ä');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const prompt = pieces.join('');
        for (const { at, text } of [...findMentions(prompt), ...findMediaPaths(prompt)]) {
          expect(prompt.startsWith(text, at)).toBe(true);
        }
      }),
    );
  });
});

describe('takeAttachments: texts', () => {
  it.each<[string, string, string[]]>([
    [
      'Sum up @notes.txt, please.',
      'notes.txt:\n```\nBuy milk.\n```\n\nSum up notes.txt, please.',
      ['notes.txt'],
    ],
    ['(@"my notes.txt")?', 'my notes.txt:\n```\nSleep.\n```\n\n(my notes.txt)?', ['my notes.txt']],
    [
      '@code.md or @./notes.txt?',
      'code.md:\n````\n```js\n1\n```\n````\n\n./notes.txt:\n```\nBuy milk.\n```\n\ncode.md or ./notes.txt?',
      ['code.md', './notes.txt'],
    ],
    [' @notes.txt ', 'Buy milk.\n', ['notes.txt']],
  ])('%j', async (prompt, expected, paths) => {
    const notes = paths.map((name) => `Added file '${name}'`);
    expect(await take(prompt)).toEqual({ prompt: expected, images: [], notes });
  });

  it.each(['@nothing.txt ', '@folder', 'notes.txt', './notes.txt', 'a@notes.txt', '@everyone: hi!', '@\0'])(
    '%j stays as it is',
    async (prompt) => {
      expect(await take(prompt)).toEqual({ prompt, images: [], notes: [] });
    },
  );

  it.each<[string, string]>([
    ['@long.txt', 'long.txt: file size exceeds maximum limit (4MB)'],
    ['@binary.bin', 'binary.bin: neither text (UTF-8) nor a JPEG, PNG or WebP image or a WAV file'],
    ['@zero.txt', 'zero.txt: neither text (UTF-8) nor a JPEG'],
    ['@cat.png', 'cat.png: this model takes text only'],
  ])('%j is refused', async (prompt, message) => {
    await expect(take(prompt)).rejects.toThrow(message);
  });

  it('leaves what was not typed alone', async () => {
    const prompt = '@notes.txt @notes.txt';
    expect((await take(prompt, false, 11)).prompt).toMatch(/@notes\.txt notes\.txt$/);
  });
});

describe('takeAttachments: pictures and sounds', () => {
  it('are taken out of the text', async () => {
    const { prompt, images, notes } = await take('What do ./cat.png and ~/a.wav and @cat.png say?', true);
    expect(prompt).toBe('What do  and  and  say?');
    expect(images[0]).toBe(png.toString('base64'));
    expect(notes).toEqual(["Added image './cat.png'", "Added audio '~/a.wav'", "Added image 'cat.png'"]);
  });

  it('stay in the text of a model that takes none', async () => {
    expect((await take('./cat.png')).prompt).toBe('./cat.png');
  });

  it('stay in the text when there is no file, and are refused when they are no pictures', async () => {
    const prompt = ' look at ./nothing.png ';
    expect(await take(prompt, true)).toEqual({ prompt, images: [], notes: [] });
    await expect(take('./fake.png', true)).rejects.toThrow(
      './fake.png: not a JPEG, PNG or WebP image or a WAV file',
    );
  });
});
