import { expect, it } from 'vitest';
import { parseChallenge } from './challenge.ts';

const full = { realm: 'https://h/token', service: 's', scopes: ['repository:a/b:pull', 'x'] };

it.each<[string, string | undefined, ReturnType<typeof parseChallenge>]>([
  [
    'as registries write it',
    'Bearer realm="https://h/token",service="s",scope="repository:a/b:pull x"',
    full,
  ],
  [
    'in any order, with spaces',
    'bearer scope="repository:a/b:pull x", service=s , realm="https://h/token"',
    full,
  ],
  [
    'commas inside of quotes',
    'Bearer realm="r",scope="repository:a/b:push,pull"',
    { realm: 'r', service: '', scopes: ['repository:a/b:push,pull'] },
  ],
  ['no realm', 'Bearer service="s"', undefined],
  ['another scheme', 'Basic realm="x"', undefined],
  ['nothing', undefined, undefined],
  ['endless', `Bearer realm="${'x'.repeat(10_000)}"`, undefined],
])('%s', (_name, header, expected) => expect(parseChallenge(header)).toEqual(expected));
