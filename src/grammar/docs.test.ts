/** Holds docs/generation.md against the keywords that are read, and these against the lists of them. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { JsonObject } from '../types/json.ts';
import { Automata } from './automata.ts';
import { honouredFormats, refusedFormats } from './formats.ts';
import { readSchema } from './keywords.ts';
import { honouredKeywords, refusedKeywords } from './vocabulary.ts';

const page = readFileSync(new URL('../../docs/generation.md', import.meta.url), 'utf8');

function codesOf(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

function listAfter(start: string): string[] {
  return codesOf(page.split('\n').find((line) => line.startsWith(start)) ?? '');
}

it('docs/generation.md lists every keyword and format, and no other', () => {
  const [, table = ''] = /^\| Keywords \|.*\n\|.*\n((?:\|.*\n)+)/m.exec(page) ?? [];
  const rows = table
    .trim()
    .split('\n')
    .map((row) => codesOf(row.split('|')[2] ?? ''));
  expect(rows).toEqual(Object.values(honouredKeywords));
  expect(listAfter('Honoured formats:')).toEqual(honouredFormats);
  expect(listAfter('Refused formats:')).toEqual([...refusedFormats]);
  expect(listAfter('Refused keywords:')).toEqual(refusedKeywords);
});

it('the lists hold what is looked for in a schema', () => {
  const asked = new Set<string>();
  const spy = (schema: JsonObject): JsonObject =>
    new Proxy(schema, {
      getOwnPropertyDescriptor(target, key) {
        if (typeof key === 'string') asked.add(key);
        return Reflect.getOwnPropertyDescriptor(target, key);
      },
    });
  const schemas: JsonObject[] = [{}, { type: 'array', items: [] }];
  for (const schema of schemas) readSchema(spy(schema), '#', new Automata());
  // Found in the whole document, by references; the others say what kind of value is meant.
  const elsewhere = ['$defs', 'definitions', '$anchor', '$id'];
  const kindOnly = ['contentEncoding', 'contentMediaType'];
  expect([...asked, ...elsewhere].sort()).toEqual(
    [...Object.values(honouredKeywords).flat(), ...refusedKeywords, ...kindOnly].sort(),
  );
});
