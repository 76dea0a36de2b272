import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptySession } from '../testdata/session.ts';
import { commandLines, completionsOf } from './completion.ts';
import { helpText, setHelpText, showHelpText } from './help.ts';
import { runSlashCommand } from './slash.ts';

let dir = '';

beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'cria-completion-'));
  mkdirSync(path.join(dir, 'my folder'));
  for (const name of ['notes.txt', 'nonsense.md', '.hidden', 'my folder/a b.txt']) {
    writeFileSync(path.join(dir, name), '');
  }
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

function complete(line: string): ReturnType<typeof completionsOf> {
  return completionsOf(line, { cwd: dir, homeDir: path.join(dir, 'my folder') });
}

it.each<[string, string[], string]>([
  ['/s', ['/set ', '/show ', '/save '], '/s'],
  ['/set n', ['/set nohistory', '/set nowordwrap', '/set noformat', '/set nothink'], '/set n'],
  ['/set parameter temp', ['/set parameter temperature '], '/set parameter temp'],
  ['/show i', ['/show info'], '/show i'],
  ['/nonsense', [], '/nonsense'],
  ['Read @no', ['@nonsense.md', '@notes.txt'], '@no'],
  ['@', ['@my\\ folder/', '@nonsense.md', '@notes.txt'], '@'],
  ['(@./not', ['@./notes.txt'], '@./not'],
  ['@.h', ['@.hidden'], '@.h'],
  ['@my\\ f', ['@my\\ folder/'], '@my\\ f'],
  ['@my\\ folder/', ['@my\\ folder/a\\ b.txt'], '@my\\ folder/'],
  ['@~/a', ['@~/a\\ b.txt'], '@~/a'],
  ['@nowhere/x', [], '@nowhere/x'],
  ['me@no', [], 'me@no'],
  ['no', [], 'no'],
])('%j', (line, completions, word) => {
  expect(complete(line)).toEqual([completions, word]);
});

describe('commandLines', () => {
  it.each(commandLines)('%s is a command', (line) => {
    const [effect] = runSlashCommand(line, emptySession).effects;
    expect(effect).not.toMatchObject({ text: expect.stringMatching(/^(Unknown|Invalid)/) });
  });

  it('has all that the help tells of', () => {
    const texts = helpText + setHelpText + showHelpText;
    const inHelp = texts.match(/(?<=^ +|, )\/(?:(?:set|show) )?[a-z?]+/gm) ?? [];
    for (const command of inHelp) {
      expect(commandLines.some((line) => line.startsWith(command))).toBe(true);
    }
  });
});
