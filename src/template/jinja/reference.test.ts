/** The interpreter against Python's jinja2: texts made by scripts/jinja-reference.py. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isCriaError } from '../../errors.ts';
import { compileJinja } from './index.ts';
import { loadTemplates } from './testdata/templates.ts';

/** A text, or why Python refused. */
type Expected = string | { readonly error: string };

function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`testdata/${name}`, import.meta.url), 'utf8'));
}

/** The date that the script fixed. */
const now = (): Date => new Date(2025, 6, 14, 9, 5, 3);

/** The text; or, as Python's own words differ, just that the template refused. */
function render(source: string, context: Record<string, unknown>): string | { refused: true } {
  try {
    return compileJinja(source).render(context, { now });
  } catch (error) {
    if (isCriaError(error, 'template_error')) return { refused: true };
    throw error;
  }
}

function asOutcome(expected: Expected): string | { refused: true } {
  return typeof expected === 'string' ? expected : { refused: true };
}

const templates = loadTemplates();

describe.skipIf(templates === undefined)('the chat templates of llama.cpp', () => {
  const conversations = readJson<Record<string, Record<string, unknown>>>('conversations.json');
  const expected = readJson<Record<string, Record<string, Expected>>>('templates.expected.json');

  test('all of them have expected texts', () => {
    expect([...(templates?.keys() ?? [])].sort()).toEqual(Object.keys(expected).sort());
  });

  describe.each(Object.entries(expected))('%s', (file, texts) => {
    test.each(Object.entries(texts))('%s', (conversation, text) => {
      const source = templates?.get(file) ?? '';
      expect(render(source, conversations[conversation]!)).toEqual(asOutcome(text));
    });
    test.each(
      Object.entries(texts).filter(
        ([, text]) => typeof text !== 'string' && /^TemplateError: /.test(text.error),
      ),
    )('%s: refuses in its own words', (conversation, text) => {
      const message = typeof text === 'string' ? '' : text.error.replace('TemplateError: ', '');
      const refuse = (): string =>
        compileJinja(templates?.get(file) ?? '').render(conversations[conversation]!);
      expect(refuse).toThrow(expect.objectContaining({ message }));
    });
  });
});

test('expressions and statements', () => {
  const context = readJson<Record<string, unknown>>('snippet-context.json');
  for (const [source, expected] of readJson<[string, Expected][]>('snippets.expected.json'))
    expect(render(source, context), source).toEqual(asOutcome(expected));
});

test('random expressions', () => {
  const { prefix, cases } = readJson<{ prefix: string; cases: [string, Expected][] }>(
    'expressions.expected.json',
  );
  for (const [source, expected] of cases)
    expect(render(prefix + source, {}), source).toEqual(asOutcome(expected));
});

test('random white-space control', () => {
  for (const [source, expected] of readJson<[string, Expected][]>('whitespace.expected.json'))
    expect(render(source, {}), JSON.stringify(source)).toEqual(asOutcome(expected));
});
