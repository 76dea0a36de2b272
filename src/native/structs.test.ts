/** Compares every struct layout with what a C compiler makes of the headers of the very source that the libraries are built from. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layoutOf, type StructName, structs } from './structs.ts';

const nodeLlamaCpp = createRequire(import.meta.url).resolve.paths('node-llama-cpp') ?? [];
const bundle = nodeLlamaCpp
  .map((modules) => path.join(modules, 'node-llama-cpp', 'llama', 'gitRelease.bundle'))
  .find(existsSync);

function hasTool(name: string): boolean {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const missing = [
  ...(bundle === undefined ? ["node-llama-cpp's source bundle"] : []),
  ...['git', 'cc'].filter((tool) => !hasTool(tool)),
];
if (missing.length > 0)
  process.stderr.write(
    `SKIPPED: struct layouts are not compared with the C headers, for want of: ${missing.join(', ')}\n`,
  );

describe.skipIf(missing.length > 0)('struct layouts', () => {
  let folder: string;
  let printed: Map<string, number>;
  /** Without comments. */
  let headers: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'cria-structs-'));
    const source = path.join(folder, 'source');
    // Only the headers are checked out.
    execFileSync('git', ['clone', '--quiet', '--no-checkout', bundle ?? '', source], { stdio: 'ignore' });
    execFileSync('git', ['-C', source, 'checkout', '--quiet', 'HEAD', '--', 'include', 'ggml/include']);
    headers = ['include/llama.h', 'ggml/include/ggml.h', 'ggml/include/gguf.h']
      .map((file) => readFileSync(path.join(source, file), 'utf8'))
      .join('\n')
      .replaceAll(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, '');
    const lines = Object.keys(structs).flatMap((name) => [
      `printf("${name} %zu\\n", sizeof(struct ${name}));`,
      ...Object.keys(layoutOf(name as StructName).offsets).map(
        (member) => `printf("${name}.${member} %zu\\n", offsetof(struct ${name}, ${member}));`,
      ),
    ]);
    const program = path.join(folder, 'layout.c');
    writeFileSync(
      program,
      `#include <stdio.h>\n#include <stddef.h>\n#include "llama.h"\n#include "gguf.h"\nint main(void) {\n${lines.join('\n')}\nreturn 0;\n}\n`,
    );
    const binary = path.join(folder, 'layout');
    const includes = ['include', 'ggml/include'].map((dir) => `-I${path.join(source, dir)}`);
    execFileSync('cc', ['-w', ...includes, program, '-o', binary]);
    const output = execFileSync(binary, { encoding: 'utf8' });
    printed = new Map(
      output
        .trim()
        .split('\n')
        .map((line) => line.split(' '))
        .map(([name = '', value]) => [name, Number(value)]),
    );
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(Object.keys(structs))('%s', (name) => {
    const { size, offsets } = layoutOf(name as StructName); // a key of `structs`
    const expected = Object.fromEntries(
      Object.keys(offsets).map((key) => [key, printed.get(`${name}.${key}`)]),
    );
    expect({ size, offsets }).toEqual({ size: printed.get(name), offsets: expected });
  });

  it.each(Object.keys(structs))('%s has all members of the header', (name) => {
    // A member left out at the end could hide in padding.
    const body = new RegExp(`struct ${name} \\{([^}]*)\\}`).exec(headers)?.[1] ?? '';
    const members = [...body.matchAll(/(\w+)\s*(?:\[\w+\])?\s*;/g)].map((match) => match[1]);
    expect(Object.keys(layoutOf(name as StructName).offsets)).toEqual(members); // a key of `structs`
  });
});
