/** Holds docs/run.md against the flags and commands that there are. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { helpText, setHelpText, showHelpText } from '../repl/help.ts';
import { runCommand } from '../testdata/harness.ts';

const page = readFileSync(new URL('../../../docs/run.md', import.meta.url), 'utf8');

/** What stands in the first column of the table below `header`, in backticks. */
function listed(header: string, pattern: RegExp): string[] {
  const table = page.slice(page.indexOf(header)).split('\n\n')[0] ?? '';
  const cells = table.split('\n').map((row) => row.split('|')[1] ?? '');
  return cells.flatMap((cell) => cell.match(pattern) ?? []).sort();
}

it('lists every flag and no other', async () => {
  const { stdout } = await runCommand(['run', '--help']);
  const flags = (stdout.match(/^ +--[a-z]+/gm) ?? []).map((flag) => flag.trim());
  expect(listed('| Flag |', /--[a-z]+/g)).toEqual(flags.sort());
});

it('lists every command and no other', () => {
  const inHelp = [helpText, setHelpText, showHelpText]
    .flatMap((text) => text.match(/(?<=^ +|, )\/(?:(?:set|show) )?[a-z?]+/gm) ?? [])
    .filter((name) => !['/set', '/show', '/? shortcuts'].includes(name));
  const expected = [...new Set([...inHelp, '/exit'])].sort();
  expect(listed('| Command |', /\/(?:(?:set|show) )?[a-z?]+/g)).toEqual(expected);
});
