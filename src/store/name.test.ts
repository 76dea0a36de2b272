import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelName } from '../types/model-name.ts';
import {
  adoptCasing,
  displayName,
  fullName,
  isSameName,
  parseModelName,
  parseModelSource,
  repositoryName,
  tryParseModelName,
} from './name.ts';

describe('parseModelName', () => {
  it.each([
    ['llama3.2', 'registry.ollama.ai/library/llama3.2:latest', 'llama3.2:latest'],
    ['llama3.2:1b', 'registry.ollama.ai/library/llama3.2:1b', 'llama3.2:1b'],
    ['me/m', 'registry.ollama.ai/me/m:latest', 'me/m:latest'],
    ['library/m', 'registry.ollama.ai/library/m:latest', 'm:latest'],
    ['registry.ollama.ai/library/m:x', 'registry.ollama.ai/library/m:x', 'm:x'],
    ['hf.co/user/repo-GGUF:Q4_K_M', 'hf.co/user/repo-GGUF:Q4_K_M', 'hf.co/user/repo-GGUF:Q4_K_M'],
    ['localhost:5000/ns/m', 'localhost:5000/ns/m:latest', 'localhost:5000/ns/m:latest'],
    ['example.com/library/m', 'example.com/library/m:latest', 'example.com/library/m:latest'],
    ['https://example.com/ns/m:t', 'example.com/ns/m:t', 'example.com/ns/m:t'],
    ['http://localhost:5000/ns/m:t', 'localhost:5000/ns/m:t', 'localhost:5000/ns/m:t'],
    ['_m', 'registry.ollama.ai/library/_m:latest', '_m:latest'],
    ['A:B', 'registry.ollama.ai/library/A:B', 'A:B'],
  ])('%s', (text, full, display) => {
    const name = parseModelName(text);
    expect(fullName(name)).toBe(full);
    expect(displayName(name)).toBe(display);
  });

  it.each([
    '',
    ' ',
    ':',
    'm:',
    ':t',
    '/m',
    'ns/',
    'ns//m',
    '//m',
    'h//m',
    'a/b/c/m',
    '.m',
    '-m',
    'm:.t',
    'm:-t',
    'm t',
    'm\n',
    'm\0',
    'mé',
    'a.b/m',
    'm:t:u',
    'm@sha256:0000000000000000000000000000000000000000000000000000000000000000',
    'x'.repeat(81),
    `m:${'x'.repeat(81)}`,
    `${'n'.repeat(81)}/m`,
    `${'h'.repeat(351)}/n/m`,
  ])('refuses %j', (text) => {
    expect(() => parseModelName(text)).toThrow(expect.objectContaining({ code: 'invalid_model_name' }));
  });

  it.each([
    '../../etc/passwd',
    '../m',
    'ns/../m',
    '..',
    'm:..',
    'h/n/..',
    '..\\..\\windows',
    'C:\\m',
    '/etc/passwd',
    'ns/m:../../x',
    '%2e%2e/m',
    'file:///etc/passwd',
    '~/m',
    '$HOME/m',
  ])('CVE-2024-39722: %j leads nowhere', (text) => {
    expect(tryParseModelName(text)).toBeUndefined();
  });

  it('every text is refused or gives four harmless parts that print and parse back', () => {
    const piece = fc.oneof(
      fc.constantFrom('..', '.', '/', ':', '\\', '://', 'm', 'latest', '\0'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const name = tryParseModelName(pieces.join(''));
        if (name === undefined) return;
        for (const part of Object.values(name)) expect(part).toMatch(/^\w[\w.:-]*$/);
        expect(parseModelName(displayName(name))).toEqual(name);
        expect(parseModelName(fullName(name))).toEqual(name);
      }),
    );
  });

  it('names the repository', () => {
    expect(repositoryName(parseModelName('hf.co/user/repo:q'))).toBe('user/repo');
  });
});

describe('adoptCasing', () => {
  const names = (...texts: string[]): ModelName[] => texts.map(parseModelName);
  it.each([
    ['LLAMA3:Latest', ['llama3:latest'], 'llama3:latest'],
    ['Foo', ['foo:x'], 'foo:latest'],
    ['foo:a', ['foo:A', 'bar:a', 'foo:a'], 'foo:a'],
    ['foo:a', ['bar:a', 'Foo:A'], 'Foo:A'],
    ['Me/New:V1', ['me/old:v1'], 'me/New:v1'],
    ['new', [], 'new:latest'],
  ])('%s among %j is %s', (text, existing, expected) => {
    expect(displayName(adoptCasing(parseModelName(text), names(...existing)))).toBe(expected);
  });

  it('isSameName ignores case', () => {
    expect(isSameName(parseModelName('A/b:C'), parseModelName('a/B:c'))).toBe(true);
    expect(isSameName(parseModelName('a'), parseModelName('b'))).toBe(false);
  });
});

describe('parseModelSource', () => {
  it.each([
    ['m', 'unspecified', 'm'],
    ['m:cloud', 'cloud', 'm'],
    ['m:20b-cloud', 'cloud', 'm:20b'],
    ['m:20b:CLOUD', 'cloud', 'm:20b'],
    [' m:local ', 'local', 'm'],
    ['m:tag:Local', 'local', 'm:tag'],
    ['m-cloud', 'unspecified', 'm-cloud'],
    ['h:5000/ns/m-cloud', 'unspecified', 'h:5000/ns/m-cloud'],
    ['m:localx', 'unspecified', 'm:localx'],
  ])('%s', (text, source, base) => {
    expect(parseModelSource(text)).toEqual({ source, base });
  });

  it.each(['m:cloud:local', 'm:cloud:cloud', 'm:x-cloud:local'])('refuses %s', (text) => {
    expect(() => parseModelSource(text)).toThrow(`use either :local or :cloud, not both: "${text}"`);
  });
});
