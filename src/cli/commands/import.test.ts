/** `cria import` over folders as other programs leave them, against a server that records what it is sent. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeApi, type Reply, type RunResult, runCommand } from '../testdata/harness.ts';

let dir = '';
let api: FakeApi | undefined;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'cria-import-'));
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

/** GGUF by its first bytes; more nobody looks at here. */
const gguf = (name: string): string => write(name, `GGUF ${name}`);
const digestOf = (content: string): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;
const fileOf = (name: string): string => digestOf(`GGUF ${name}`);

interface Run extends RunResult {
  readonly requests: Record<string, unknown>[];
}

async function run(
  args: string[],
  options: { existing?: string[]; stdin?: string; create?: () => Reply } = {},
): Promise<Run> {
  await api?.close();
  api = await FakeApi.start({
    'GET /api/tags': { json: { models: (options.existing ?? []).map((name) => ({ name })) } },
    'HEAD /api/blobs/*': { status: 404 },
    'POST /api/blobs/*': { status: 201 },
    'POST /api/create': options.create ?? { lines: [{ status: 'success' }] },
  });
  const result = await runCommand(['import', ...args], {
    host: api.host,
    cwd: dir,
    stdin: options.stdin ?? '',
  });
  return { ...result, requests: api.callsOf('POST /api/create').map(({ json }) => json) };
}

/** Name → files, as the server was asked for them. */
function sent({ requests }: Run): Record<string, unknown> {
  return Object.fromEntries(requests.map(({ model, files }) => [model, files]));
}

describe('a file', () => {
  it('is named by its name, or as told', async () => {
    gguf('Qwen3-0.6B-Q8_0.gguf');
    expect(sent(await run(['Qwen3-0.6B-Q8_0.gguf']))).toEqual({
      'Qwen3-0.6B:Q8_0': { 'model.gguf': fileOf('Qwen3-0.6B-Q8_0.gguf') },
    });
    const named = await run(['Qwen3-0.6B-Q8_0.gguf', 'mine']);
    expect(named).toMatchObject({ exitCode: 0, requests: [{ model: 'mine' }] });
    expect(named.stdout).toContain("imported 'mine'\n");
  });

  it('brings its other parts and its projector', async () => {
    for (const name of [
      'big-Q4_0-00001-of-00002.gguf',
      'big-Q4_0-00002-of-00002.gguf',
      'mmproj-big-f16.gguf',
      'other.gguf',
    ])
      gguf(name);
    expect(sent(await run(['big-Q4_0-00002-of-00002.gguf']))).toEqual({
      'big:Q4_0': {
        'model-00001-of-00002.gguf': fileOf('big-Q4_0-00001-of-00002.gguf'),
        'model-00002-of-00002.gguf': fileOf('big-Q4_0-00002-of-00002.gguf'),
        'projector.gguf': fileOf('mmproj-big-f16.gguf'),
      },
    });
  });

  it.each<[string, () => string, RegExp]>([
    ['is not there', () => 'nothing.gguf', /^Error: .*nothing\.gguf: no such file or directory/],
    ['is no GGUF file', () => write('a.gguf', 'zip'), /a\.gguf: not a GGUF file/],
    ['lacks a part', () => gguf('a-00001-of-00002.gguf'), /1 of 2 parts are here/],
    ['is a projector', () => gguf('mmproj-a.gguf'), /projector/],
  ])('is refused when it %s', async (_name, make, message) => {
    const { exitCode, stderr, requests } = await run([make()]);
    expect({ exitCode, requests }).toEqual({ exitCode: 1, requests: [] });
    expect(stderr).toMatch(message);
  });
});

describe('a folder of', () => {
  it('LM Studio', async () => {
    gguf('models/lmstudio-community/gemma-3-4b-it-GGUF/gemma-3-4b-it-Q4_K_M.gguf');
    gguf('models/lmstudio-community/gemma-3-4b-it-GGUF/gemma-3-4b-it-Q8_0.gguf');
    gguf('models/lmstudio-community/gemma-3-4b-it-GGUF/mmproj-model-bf16.gguf');
    gguf('models/lmstudio-community/gemma-3-4b-it-GGUF/mmproj-model-f16.gguf');
    const base = 'models/lmstudio-community/gemma-3-4b-it-GGUF';
    const projector = { 'projector.gguf': fileOf(`${base}/mmproj-model-f16.gguf`) };
    expect(sent(await run(['models', '--yes']))).toEqual({
      'lmstudio-community/gemma-3-4b-it:Q4_K_M': {
        'model.gguf': fileOf(`${base}/gemma-3-4b-it-Q4_K_M.gguf`),
        ...projector,
      },
      'lmstudio-community/gemma-3-4b-it:Q8_0': {
        'model.gguf': fileOf(`${base}/gemma-3-4b-it-Q8_0.gguf`),
        ...projector,
      },
    });
  });

  it.each([
    ['as a whole', 'hub'],
    ['by a snapshot', 'hub/models--ggml-org--tiny-GGUF/snapshots/new'],
  ])('Hugging Face, %s', async (_name, target) => {
    const repository = 'hub/models--ggml-org--tiny-GGUF';
    gguf(`${repository}/blobs/1`);
    gguf(`${repository}/blobs/2`);
    write(`${repository}/refs/main`, 'new');
    for (const [snapshot, blob] of [
      ['old', '1'],
      ['new', '2'],
    ] as const) {
      mkdirSync(path.join(dir, repository, 'snapshots', snapshot), { recursive: true });
      symlinkSync(`../../blobs/${blob}`, path.join(dir, repository, 'snapshots', snapshot, 'tiny-Q4_0.gguf'));
    }
    expect(sent(await run([target]))).toEqual({
      'hf.co/ggml-org/tiny-GGUF:Q4_0': { 'model.gguf': fileOf(`${repository}/blobs/2`) },
    });
  });

  it.skipIf(process.platform === 'win32')('Hugging Face, whose reference is a pipe', async () => {
    const repository = 'hub/models--org--tiny';
    gguf(`${repository}/snapshots/1/tiny.gguf`);
    mkdirSync(path.join(dir, repository, 'refs'));
    execFileSync('mkfifo', [
      path.join(dir, repository, 'refs/main'),
      path.join(dir, repository, 'snapshots/1/pipe.gguf'),
    ]);
    const result = await run(['hub']);
    expect(Object.keys(sent(result))).toEqual(['hf.co/org/tiny:latest']);
    expect(result.stdout).toContain('pipe.gguf: not a regular file');
  });

  it('llama.cpp', async () => {
    write('cache/manifest=org=a_b-GGUF=latest.json', '{}');
    write('cache/manifest=org=a=Q8_0.json', '{}');
    gguf('cache/org_a_b-GGUF_x-Q4_0.gguf');
    gguf('cache/org_a_b-GGUF_mmproj-x.gguf');
    gguf('cache/org_a_a-Q8_0.gguf');
    expect(sent(await run(['cache', '-y']))).toEqual({
      'hf.co/org/a_b-GGUF:Q4_0': {
        'model.gguf': fileOf('cache/org_a_b-GGUF_x-Q4_0.gguf'),
        'projector.gguf': fileOf('cache/org_a_b-GGUF_mmproj-x.gguf'),
      },
      'hf.co/org/a:Q8_0': { 'model.gguf': fileOf('cache/org_a_a-Q8_0.gguf') },
    });
  });

  it('your own, with names that are taken and files that are none', async () => {
    gguf('mine/a-Q4_0.gguf');
    gguf('mine/sub/A-q4_0.gguf');
    gguf('mine/b.gguf');
    gguf('mine/mmproj-b.gguf');
    write('mine/broken.gguf', 'html');
    write('mine/README.md', '');
    symlinkSync('loop.gguf', path.join(dir, 'mine/loop.gguf'));
    symlinkSync('..', path.join(dir, 'mine/up'));
    const result = await run(['mine', '--yes']);
    expect(sent(result)).toEqual({
      'a:Q4_0': { 'model.gguf': fileOf('mine/a-Q4_0.gguf') },
      'b:latest': { 'model.gguf': fileOf('mine/b.gguf'), 'projector.gguf': fileOf('mine/mmproj-b.gguf') },
      'A:q4_0-2': { 'model.gguf': fileOf('mine/sub/A-q4_0.gguf') },
    });
    for (const [name, reason] of [
      ['broken.gguf', 'not a GGUF file'],
      ['loop.gguf', 'a link to itself'],
    ] as const)
      expect(result.stdout).toContain(`skipped: ${path.join(dir, 'mine', name)}: ${reason}`);
  });

  it('does not follow links out of it', async () => {
    gguf('elsewhere/a.gguf');
    mkdirSync(path.join(dir, 'mine'));
    symlinkSync('../elsewhere/a.gguf', path.join(dir, 'mine/a.gguf'));
    symlinkSync('../elsewhere', path.join(dir, 'mine/elsewhere'));
    const { stdout, requests, exitCode } = await run(['mine']);
    expect({ requests, exitCode }).toEqual({ requests: [], exitCode: 0 });
    expect(stdout).toMatch(
      /^no models to import\nskipped: .*mine\/a\.gguf: a link that leads out of the folder\n$/,
    );
  });

  it('does not go deeper than anybody would', async () => {
    gguf(`mine/${'d/'.repeat(12)}a.gguf`);
    expect((await run(['mine'])).stdout).toContain('too deep');
  });
});

describe('a folder of Ollama', () => {
  function addModel(name: string, layers: [string, string][], config: object = {}, root = 'ollama'): void {
    const store = (content: string): { digest: string; size: number } => {
      write(`${root}/blobs/${digestOf(content).replace(':', '-')}`, content);
      return { digest: digestOf(content), size: content.length };
    };
    const manifest = {
      schemaVersion: 2,
      config: {
        mediaType: 'application/vnd.docker.container.image.v1+json',
        ...store(JSON.stringify(config)),
      },
      layers: layers.map(([kind, content]) => ({
        mediaType: `application/vnd.ollama.image.${kind}`,
        ...store(content),
      })),
    };
    write(`${root}/manifests/${name}`, JSON.stringify(manifest));
  }

  it('is taken with all that belongs to a model', async () => {
    addModel(
      'registry.ollama.ai/library/llava/7b',
      [
        ['model', 'GGUF weights'],
        ['projector', 'GGUF projector'],
        ['adapter', 'GGUF adapter'],
        ['template', '{{ .Prompt }}'],
        ['system', 'Be kind.'],
        ['params', '{"stop":["a"],"temperature":0.5}'],
        ['messages', '[{"role":"user","content":"hi"}]'],
        ['license', 'MIT'],
        ['license', 'BSD'],
      ],
      { renderer: 'r', parser: 'p', requires: '0.1', capabilities: ['vision'] },
    );
    expect((await run(['ollama'])).requests).toEqual([
      {
        model: 'llava:7b',
        files: { 'model.gguf': digestOf('GGUF weights'), 'projector.gguf': digestOf('GGUF projector') },
        adapters: { 'adapter.gguf': digestOf('GGUF adapter') },
        template: '{{ .Prompt }}',
        system: 'Be kind.',
        parameters: { stop: ['a'], temperature: 0.5 },
        messages: [{ role: 'user', content: 'hi' }],
        license: ['MIT', 'BSD'],
        renderer: 'r',
        parser: 'p',
        requires: '0.1',
        info: { capabilities: ['vision'] },
        stream: true,
      },
    ]);
  });

  it('is found one level deeper, and keeps names of other registries', async () => {
    addModel('hf.co/org/repo/Q4_0', [['model', 'GGUF']], {}, 'home/models');
    expect(Object.keys(sent(await run(['home'])))).toEqual(['hf.co/org/repo:Q4_0']);
  });

  it('says what is not imported', async () => {
    addModel('registry.ollama.ai/library/cloud/latest', [], {
      remote_host: 'https://ollama.com',
      remote_model: 'x',
    });
    addModel('registry.ollama.ai/library/mlx/latest', [['tensor', 'x']]);
    addModel('registry.ollama.ai/library/gone/latest', [['model', 'GGUF gone']]);
    rmSync(path.join(dir, 'ollama/blobs', digestOf('GGUF gone').replace(':', '-')));
    write('ollama/manifests/registry.ollama.ai/library/bad/latest', '{');
    const { stdout, requests } = await run(['ollama']);
    expect(requests).toEqual([]);
    for (const text of [
      'skipped: cloud:latest: it runs on another server',
      'skipped: mlx:latest: it has no GGUF weights',
      'skipped: gone:latest: it is incomplete',
      'skipped: bad:latest: manifest of bad:latest is not JSON',
    ])
      expect(stdout).toContain(text);
  });
});

describe('several models', () => {
  beforeEach(() => {
    gguf('mine/a.gguf');
    gguf('mine/b.gguf');
  });

  it('are imported after a question only', async () => {
    expect(await run(['mine'])).toMatchObject({
      exitCode: 1,
      requests: [],
      stderr: expect.stringContaining('--yes'),
    });
  });

  it('are shown only with --dry-run, and nothing is changed', async () => {
    const { stdout, requests, exitCode } = await run(['mine', '--dry-run']);
    expect({ requests, exitCode }).toEqual({ requests: [], exitCode: 0 });
    expect(stdout).toMatch(/^NAME .*SIZE .*FROM.*\na:latest .*\nb:latest /);
    expect(readdirSync(path.join(dir, 'mine'))).toEqual(['a.gguf', 'b.gguf']);
    expect(readFileSync(path.join(dir, 'mine/a.gguf'), 'utf8')).toBe('GGUF mine/a.gguf');
  });

  it('cannot share a name', async () => {
    expect(await run(['mine', 'name'])).toMatchObject({ exitCode: 1, requests: [] });
  });

  it('are left out when they are there', async () => {
    const result = await run(['mine'], { existing: ['A:latest'] });
    expect(Object.keys(sent(result))).toEqual(['b:latest']);
    expect(result.stdout).toContain('a.gguf: there is a model a:latest already');
  });

  it('do not hinder each other', async () => {
    let n = 0;
    const create = (): Reply =>
      n++ === 0 ? { status: 400, json: { error: 'bad file' } } : { lines: [{ status: 'success' }] };
    const result = await run(['mine', '--yes'], { create });
    expect(result).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('Error: a:latest: bad file\n'),
    });
    expect(result.stdout).toContain("imported 'b:latest'\n");
  });
});
