import path from 'node:path';
import { expect, it } from 'vitest';
import { parseDigest } from './digest.ts';
import { parseModelName } from './name.ts';
import { createStorePaths } from './paths.ts';

const paths = createStorePaths('/store/models');
const hex = 'ab'.repeat(32);

it('builds Ollama’s paths', () => {
  expect(paths.blob(parseDigest(`sha256:${hex}`))).toBe(path.resolve(`/store/models/blobs/sha256-${hex}`));
  expect(paths.manifest(parseModelName('hf.co/u/r:q'))).toBe(
    path.resolve('/store/models/manifests/hf.co/u/r/q'),
  );
  expect(path.dirname(paths.temporaryBlob())).toBe(paths.blobs);
  expect(paths.temporaryBlob()).not.toBe(paths.temporaryBlob());
});

it('refuses a name that no parser has seen', () => {
  for (const part of ['..', '.', 'a/b', '', 'a\\b'])
    expect(() => paths.manifest({ host: 'h', namespace: 'n', model: part, tag: 't' })).toThrow(
      /invalid model name/,
    );
});
