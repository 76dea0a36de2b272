/** `cria create` against a server that records what it is sent. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeApi, type Routes, type RunOptions, runCommand } from '../testdata/harness.ts';
import { selectNames } from './files.ts';
import { expandPath, isPathOnly } from './paths.ts';

let dir = '';
let api: FakeApi | undefined;

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'cria-create-'));
});

afterEach(async () => {
  rmSync(dir, { recursive: true, force: true });
  await api?.close();
  api = undefined;
});

function write(name: string, content: string): string {
  const file = path.join(dir, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

function digestOf(content: string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

const created: Routes = {
  'HEAD /api/blobs/*': { status: 404 },
  'POST /api/blobs/*': { status: 201 },
  'POST /api/create': {
    lines: [{ status: 'parsing GGUF' }, { status: 'writing manifest' }, { status: 'success' }],
  },
};

async function create(
  args: string[],
  { routes = created, ...options }: RunOptions & { routes?: Routes } = {},
): ReturnType<typeof runCommand> {
  api = await FakeApi.start(routes);
  return runCommand(['create', ...args], { host: api.host, cwd: dir, ...options });
}

function sentRequest(): Record<string, unknown> {
  return api?.callsOf('POST /api/create')[0]?.json ?? {};
}

describe('cria create', () => {
  it('sends what the Modelfile says', async () => {
    write(
      'Modelfile',
      `FROM llama3
SYSTEM Be kind.
TEMPLATE """{{ .Prompt }}"""
PARAMETER temperature 0.5
PARAMETER stop a
PARAMETER stop b
PARAMETER low_vram true
MESSAGE user Hi
LICENSE MIT
RENDERER r
PARSER p
REQUIRES v0.14.0`,
    );
    const { exitCode, stdout, stderr } = await create(['m', '-q', 'q4_K_M']);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: 'warning: parameter low_vram is deprecated\n',
    });
    expect(stderr).toBe('parsing GGUF\nwriting manifest\nsuccess\n');
    expect(sentRequest()).toEqual({
      model: 'm',
      from: 'llama3',
      system: 'Be kind.',
      template: '{{ .Prompt }}',
      parameters: { temperature: 0.5, stop: ['a', 'b'] },
      messages: [{ role: 'user', content: 'Hi' }],
      license: ['MIT'],
      renderer: 'r',
      parser: 'p',
      requires: '0.14.0',
      quantize: 'q4_K_M',
      stream: true,
    });
  });

  it('uploads files by their digest and skips those that the server has', async () => {
    write('sub/model.gguf', 'weights');
    write('sub/mmproj.gguf', 'projector');
    write('sub/lora.gguf', 'adapter');
    const modelfile = write('sub/My.modelfile', 'FROM ./model.gguf\nFROM mmproj.gguf\nADAPTER lora.gguf');
    const has = digestOf('projector');
    const { exitCode, stderr } = await create(['m', '-f', modelfile], {
      cwd: '/',
      routes: { ...created, [`HEAD /api/blobs/${encodeURIComponent(has)}`]: { status: 200 } },
    });
    expect(exitCode).toBe(0);
    expect(stderr).toBe(
      [
        'gathering model components',
        `copying file ${digestOf('weights')} 100% (7 B)`,
        `copying file ${digestOf('adapter')} 100% (7 B)`,
        'parsing GGUF',
        'writing manifest',
        'success',
        '',
      ].join('\n'),
    );
    const uploads = api?.calls.filter(
      ({ method, path }) => method === 'POST' && path.startsWith('/api/blobs/'),
    );
    expect(uploads?.map(({ path: url, body }) => [decodeURIComponent(url), body.toString()])).toEqual([
      [`/api/blobs/${digestOf('weights')}`, 'weights'],
      [`/api/blobs/${digestOf('adapter')}`, 'adapter'],
    ]);
    expect(sentRequest()).toEqual({
      model: 'm',
      files: { 'model.gguf': digestOf('weights'), 'mmproj.gguf': has },
      adapters: { 'lora.gguf': digestOf('adapter') },
      stream: true,
    });
  });

  it.each<[string, string]>([
    ['the first part', 'FROM ./m-00001-of-00003.gguf\n'],
    ['every part', [1, 2, 3].map((i) => `FROM ./m-0000${i}-of-00003.gguf\n`).join('')],
    ['their folder', 'FROM .\n'],
  ])('takes all parts of a split model by %s', async (_name, modelfile) => {
    const names = [1, 2, 3].map((i) => `m-0000${i}-of-00003.gguf`);
    for (const name of names) write(name, `part ${name}`);
    write('Modelfile', modelfile);
    const { exitCode } = await create(['split']);
    expect(exitCode).toBe(0);
    expect(sentRequest().files).toEqual(
      Object.fromEntries(names.map((name) => [name, digestOf(`part ${name}`)])),
    );
  });

  it('takes the files of an adapter and leaves its checkpoints', async () => {
    write('Modelfile', 'FROM llama3\nADAPTER ./lora');
    write('lora/adapter_model.safetensors', 'weights');
    write('lora/adapter_config.json', '{}');
    write('lora/optimizer.pt', 'state');
    expect((await create(['m'])).exitCode).toBe(0);
    expect(sentRequest()).toEqual({
      model: 'm',
      from: 'llama3',
      adapters: {
        'adapter_model.safetensors': digestOf('weights'),
        'adapter_config.json': digestOf('{}'),
      },
      stream: true,
    });
  });

  it('takes the files of the present folder when there is no Modelfile', async () => {
    write('a.gguf', 'weights');
    expect((await create(['m'])).exitCode).toBe(0);
    expect(sentRequest()).toMatchObject({ files: { 'a.gguf': digestOf('weights') } });
  });

  it('draws bars on a terminal', async () => {
    write('Modelfile', 'FROM ./a.gguf');
    write('a.gguf', 'weights');
    const { stderr } = await create(['m'], { isStderrTerminal: true });
    expect(stderr).toMatch(/copying a\.gguf 100% ▕█+▏ 7 B/);
    expect(stderr.endsWith('\x1b[?25h')).toBe(true);
  });

  it.each<[string, string | undefined, string[], string]>([
    [
      'a named Modelfile that is not there',
      undefined,
      ['-f', 'x/Modelfile'],
      'x/Modelfile: no such file or directory',
    ],
    ['a folder as Modelfile', undefined, ['-f', '.'], ': is a directory'],
    ['a folder without an adapter', 'FROM x\nADAPTER .', [], 'no adapter files found'],
    ['an empty folder', undefined, [], 'no Modelfile or safetensors files found'],
    ['a mistake in the Modelfile', 'FROM m\nFORM x', [], '(line 2): command must be one of'],
    ['an unknown parameter', 'FROM m\nPARAMETER x 1', [], "unknown parameter 'x'"],
    ['a path to nothing', 'FROM ./nothing.gguf', [], 'nothing.gguf: no such file or directory'],
    ['an adapter that is not there', 'FROM m\nADAPTER a.gguf', [], 'a.gguf: no such file or directory'],
    [
      'a draft that is the model',
      'FROM Modelfile\nDRAFT ./Modelfile',
      [],
      'DRAFT must not reference the same local path as FROM: ',
    ],
  ])('refuses %s without asking the server', async (_name, modelfile, args, message) => {
    if (modelfile !== undefined) write('Modelfile', modelfile);
    const { exitCode, stderr } = await create(['m', ...args]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^Error: /);
    expect(stderr).toContain(message);
    expect(api?.calls).toEqual([]);
  });

  it.each<[string, Routes, string]>([
    [
      'a refused request',
      { 'POST /api/create': { status: 400, json: { error: 'invalid model name' } } },
      'Error: invalid model name\n',
    ],
    [
      'an error in the middle',
      { 'POST /api/create': { lines: [{ status: 'x' }, { error: 'disk full' }] } },
      'x\nError: disk full\n',
    ],
    [
      'an answer that breaks off',
      { 'POST /api/create': { lines: [{ status: 'x' }] } },
      'x\nError: the server ended its answer before the work was done\n',
    ],
  ])('tells %s', async (_name, routes, text) => {
    write('Modelfile', 'FROM m');
    expect(await create(['m'], { routes })).toEqual({ exitCode: 1, stdout: '', stderr: text });
  });
});

describe('model folders', () => {
  const zips = new Set(['pytorch_model-1.bin', 'consolidated.00.pth']);
  const isZip = async (name: string): Promise<boolean> => zips.has(name);

  it.each<[string, string[], string[]]>([
    [
      'safetensors, with what belongs to them',
      [
        'README.md',
        'a.gguf',
        'chat_template.jinja',
        'config.json',
        'model-00001-of-00002.safetensors',
        'onnx/model.onnx',
        'pooling/config.json',
        'pytorch_model-1.bin',
        'tokenizer.model',
        'vision/model.safetensors',
        'vision/tokenizer.model',
      ],
      [
        'model-00001-of-00002.safetensors',
        'vision/model.safetensors',
        'chat_template.jinja',
        'config.json',
        'pooling/config.json',
        'tokenizer.model',
      ],
    ],
    [
      'a nested tokenizer',
      ['consolidated.safetensors', 'a/tokenizer.model'],
      ['consolidated.safetensors', 'a/tokenizer.model'],
    ],
    [
      'zipped PyTorch weights',
      ['pytorch_model-1.bin', 'x.bin', 'config.json'],
      ['pytorch_model-1.bin', 'config.json'],
    ],
    ['weights that are no zip', ['pytorch_model.bin', 'consolidated.00.pth'], ['consolidated.00.pth']],
    ['GGUF files alone', ['a.gguf', 'b.gguf', 'c.bin', 'config.json'], ['a.gguf', 'b.gguf']],
    ['other files', ['pytorch_model.bin', 'config.json'], ['pytorch_model.bin']],
  ])('%s', async (_name, names, expected) => {
    expect(await selectNames(names, isZip)).toEqual(expected);
  });

  it('follows links inside the folder only', async () => {
    write('store/weights', 'weights');
    write('weights', 'weights');
    write('outside/.cache/blob', 'other');
    mkdirSync(path.join(dir, 'store/model'));
    symlinkSync('../weights', path.join(dir, 'store/model.gguf'));
    expect((await create(['m', '-f', write('Modelfile', 'FROM store')])).stderr).toMatch(
      /^Error: insecure path: \.\.\/weights\n/,
    );
    rmSync(path.join(dir, 'store/model.gguf'));
    symlinkSync('weights', path.join(dir, 'store/model.gguf'));
    await api?.close();
    expect((await create(['m'])).exitCode).toBe(0);
    expect(sentRequest()).toMatchObject({ files: { 'model.gguf': digestOf('weights') } });
    rmSync(path.join(dir, 'store/model.gguf'));
    symlinkSync('nowhere', path.join(dir, 'store/model.gguf'));
    await api?.close();
    expect((await create(['m'])).stderr).toContain('store/model.gguf: no such file or directory');
    rmSync(path.join(dir, 'store/model.gguf'));
    symlinkSync('../outside/.cache/blob', path.join(dir, 'store/model.gguf'));
    await api?.close();
    expect((await create(['m'])).stderr).toContain('--local-dir');
  });
});

it.each([
  ['a.gguf', '/base/a.gguf'],
  ['./a.gguf', '/base/a.gguf'],
  ['../a.gguf', '/a.gguf'],
  ['/x/a.gguf', '/x/a.gguf'],
  ['~', '/home/llama'],
  ['~/a.gguf', '/home/llama/a.gguf'],
  ['~nobody-of-that-name/a', '/base/~nobody-of-that-name/a'],
])('expandPath(%s) = %s', (text, expected) => {
  expect(expandPath(text, '/base', '/home/llama')).toBe(expected);
});

it.each([
  ['./a', true],
  ['../a', true],
  ['/a', true],
  ['~/a', true],
  ['C:\\a', true],
  ['a', false],
  ['ns/a:tag', false],
  ['hf.co/user/repo', false],
])('isPathOnly(%s) = %s', (text, expected) => {
  expect(isPathOnly(text)).toBe(expected);
});
