/** Holds docs/config.md against the settings. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { settings } from './settings.ts';

it('docs/config.md lists every setting with its default, and no other', () => {
  const page = readFileSync(new URL('../../docs/config.md', import.meta.url), 'utf8');
  const [, table = ''] = /^## Settings$([\s\S]*?)^## /m.exec(page) ?? [];
  const rows = table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
    .map(([, variables = '', defaultText = '']) => [variables, defaultText]);
  const expected = Object.values(settings).map((setting) => [
    setting.variables.map((name) => `\`${name}\``).join(', '),
    setting.defaultText,
  ]);
  expect(rows).toEqual(expected);
});
