import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { editText } from './external-editor.ts';
import { historySize, readHistory, writeHistory } from './history.ts';

let dir = '';

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'cria-history-'));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('keeps the newest lines, for the owner only', () => {
  const file = path.join(dir, 'new', 'history');
  expect(readHistory(file)).toEqual([]);
  const lines = Array.from({ length: historySize + 5 }, (_, i) => `line ${i}`);
  writeHistory(file, lines);
  expect(readHistory(file)).toEqual(lines.slice(5));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(path.dirname(file))).toEqual(['history']);
});

it('reads what others wrote', () => {
  const file = path.join(dir, 'history');
  writeFileSync(file, 'a\n\nb');
  expect(readHistory(file)).toEqual(['a', 'b']);
});

it('does without a place to write', () => {
  const file = path.join(dir, 'file');
  writeFileSync(file, 'x');
  writeHistory(path.join(file, 'history'), ['a']);
  expect(readFileSync(file, 'utf8')).toBe('x');
});

it('edits a text elsewhere', () => {
  const script = path.join(dir, 'editor.mjs');
  writeFileSync(
    script,
    `import { readFileSync, writeFileSync } from 'node:fs';
     const file = process.argv.at(-1);
     writeFileSync(file, readFileSync(file, 'utf8') + ' and more\\n');`,
  );
  expect(editText(`${process.execPath} ${script}`, 'some')).toBe('some and more');
});

it('tells when an editor cannot be used', () => {
  expect(() => editText('/no/such/editor', '')).toThrow("could not start the editor '/no/such/editor': ");
  const script = path.join(dir, 'editor.mjs');
  writeFileSync(script, 'process.exitCode = 3;');
  expect(() => editText(`${process.execPath} ${script}`, '')).toThrow(/ended with exit code 3$/);
});
