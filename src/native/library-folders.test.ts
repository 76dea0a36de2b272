import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isCriaError } from '../errors.ts';
import { candidateFolders, findLibraryFiles } from './library-folders.ts';

describe('candidateFolders', () => {
  const everything = (name: string) => `/modules/${name}`;
  const names = (
    platform: string,
    arch: string,
    resolve = everything as (name: string) => string | undefined,
  ) =>
    candidateFolders(platform, arch, resolve).map(({ dir, variant }) => `${path.basename(dir)}:${variant}`);

  it.each([
    ['linux', 'x64', ['linux-x64-cuda:cuda', 'linux-x64-vulkan:vulkan', 'linux-x64:cpu']],
    ['linux', 'arm64', ['linux-arm64:cpu']],
    ['linux', 'arm', ['linux-armv7l:cpu']],
    ['darwin', 'arm64', ['mac-arm64-metal:metal']],
    ['darwin', 'x64', ['mac-x64:cpu']],
    ['win32', 'x64', ['win-x64-cuda:cuda', 'win-x64-vulkan:vulkan', 'win-x64:cpu']],
    ['win32', 'arm64', ['win-arm64:cpu']],
    ['aix', 'ppc64', []],
  ])('%s %s', (platform, arch, expected) => {
    expect(names(platform, arch)).toEqual(expected);
  });

  it('names only what is installed', () => {
    const only = (name: string) => (name === '@node-llama-cpp/linux-x64' ? '/root' : undefined);
    expect(candidateFolders('linux', 'x64', only)).toEqual([
      { dir: path.join('/root', 'bins', 'linux-x64'), variant: 'cpu' },
    ]);
  });
});

describe('findLibraryFiles', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), 'cria-libraries-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it.each([
    ['a CPU build', ['libggml-base.so', 'libggml.v0.5.0.so', 'libllama.v0.5.0.so']],
    ['a GPU build', ['libggml-base.so', 'libggml.cuda.v0.5.0.so', 'libllama.cuda.v0.5.0.so']],
    ['an own build', ['libggml-base.so.0', 'libggml.so.0.5.0', 'libllama.so']],
    ['macOS', ['libggml-base.dylib', 'libggml.metal.v0.5.0.dylib', 'libllama.metal.v0.5.0.dylib']],
    ['Windows', ['ggml-base.dll', 'ggml.v0.5.0.dll', 'llama.v0.5.0.dll']],
  ])('%s', (_, [ggmlBase = '', ggml = '', llama = '']) => {
    for (const name of [
      ggmlBase,
      ggml,
      llama,
      'libllama-common.so',
      'libggml-cpu-zen4.so',
      'llama-addon.node',
    ])
      writeFileSync(path.join(dir, name), '');
    expect(findLibraryFiles(dir)).toEqual({
      ggmlBase: path.join(dir, ggmlBase),
      ggml: path.join(dir, ggml),
      llama: path.join(dir, llama),
    });
  });

  it('says which library is missing', () => {
    writeFileSync(path.join(dir, 'libggml-base.so'), '');
    for (const folder of [dir, path.join(dir, 'none')]) {
      expect(() => findLibraryFiles(folder)).toThrowError(
        expect.toSatisfy((error) => isCriaError(error, 'load_failed') && error.message.includes(folder)),
      );
    }
  });
});
