/** The commands that ask the server one thing and print it. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ListedModel, RunningModel } from '../../api/types.ts';
import { FakeApi, type Routes, runCommand } from '../testdata/harness.ts';
import { listTable } from './list.ts';
import { psTable } from './ps.ts';
import { versionText } from './version.ts';

let api: FakeApi | undefined;

afterEach(async () => {
  await api?.close();
  api = undefined;
});

async function run(argv: string[], routes: Routes): ReturnType<typeof runCommand> {
  api = await FakeApi.start(routes);
  return runCommand(argv, { host: api.host });
}

const details = {
  parent_model: '',
  format: 'gguf',
  family: 'llama',
  families: ['llama'],
  parameter_size: '8.0B',
  quantization_level: 'Q4_K_M',
};
const digest = '365c0bd3c000a25d28ddbf732fe1c6add414de7275464c4e4d1c3b5fcb5d8ad1';
const now = Date.parse('2026-08-21T12:00:00Z');

describe('list', () => {
  const models: ListedModel[] = [
    { name: 'llama3:latest', size: 4_661_224_676, modified_at: '2026-08-07T12:00:00Z' },
    { name: 'ns/Tiny:q8', size: 656_000, modified_at: '2026-08-21T11:59:00.123456789Z' },
  ].map((model) => ({ ...model, model: model.name, digest, details }));

  it('prints a table', () => {
    expect(listTable(models, '', now)).toBe(
      [
        'NAME             ID              SIZE      MODIFIED',
        'llama3:latest    365c0bd3c000    4.7 GB    2 weeks ago',
        'ns/Tiny:q8       365c0bd3c000    656 KB    59 seconds ago',
        '',
      ].join('\n'),
    );
  });

  it('has no size for models that run elsewhere', () => {
    const remote = models.map((model) => ({ ...model, size: 384, remote_model: 'x' }));
    expect(listTable(remote, 'llama', now)).toMatch(/^llama3:latest +365c0bd3c000 +- +2 weeks ago$/m);
  });

  it('filters by prefix without regard to case', () => {
    expect(listTable(models, 'NS/T', now).split('\n')).toHaveLength(3);
    expect(listTable(models, 'tiny', now)).toBe('NAME    ID    SIZE    MODIFIED\n');
  });

  it.each([['list'], ['ls']])('cria %s', async (name) => {
    const { exitCode, stdout, stderr } = await run([name, 'llama'], {
      'GET /api/tags': { json: { models } },
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(
      /^NAME {13}ID {14}SIZE {6}MODIFIED\nllama3:latest {4}365c0bd3c000 {4}4\.7 GB {4}.*\n$/,
    );
  });
});

describe('ps', () => {
  const model = (size: number, size_vram: number, expires_at: string): RunningModel => ({
    name: 'm:latest',
    model: 'm:latest',
    digest,
    details,
    size,
    size_vram,
    expires_at,
    context_length: 4096,
  });

  it.each([
    [model(5e9, 0, '2026-08-21T12:04:30Z'), '5 GB    100% CPU    4096       4 minutes from now'],
    [model(5e9, 5e9, '2318-12-01T00:00:00Z'), '5 GB    100% GPU    4096       Forever'],
    [model(3e9, 2e9, '2026-08-21T11:59:59Z'), '3 GB    33%/67% CPU/GPU    4096       Stopping...'],
    [model(3e9, 4e9, '0001-01-01T00:00:00Z'), '3 GB    Unknown      4096       Never'],
    [model(0, 0, '2026-08-21T12:00:01Z'), '0 B     100% CPU     4096       1 second from now'],
  ])('%#', (running, row) => {
    const [, line = ''] = psTable([running], '', now).split('\n');
    expect(line.replaceAll(/ +/g, ' ')).toBe(`m:latest 365c0bd3c000 ${row.replaceAll(/ +/g, ' ')}`);
  });

  it('has its own columns and filters with regard to case', async () => {
    const { stdout } = await run(['ps', 'M'], { 'GET /api/ps': { json: { models: [model(1, 0, '')] } } });
    expect(stdout).toBe('NAME    ID    SIZE    PROCESSOR    CONTEXT    UNTIL\n');
  });
});

describe('show', () => {
  const shown = {
    details,
    modified_at: '2026-08-07T12:00:00Z',
    license: 'MIT\n\nPermission is\nhereby granted',
    modelfile: '# Modelfile\nFROM m',
    parameters: 'stop                           "a  b"\nnum_ctx                        4096',
    template: '{{ .Prompt }}',
    system: 'Be kind.',
    capabilities: ['completion', 'tools'],
    requires: '0.14.0',
    model_info: {
      'general.architecture': 'llama',
      'general.parameter_count': 8030261312,
      'llama.context_length': 8192,
      'llama.embedding_length': 4096,
      'tokenizer.ggml.tokens': ['a', 'b', 'c', 'long', 'longer'],
      'tokenizer.ggml.add_bos_token': true,
    },
    projector_info: {
      'general.architecture': 'clip',
      'general.parameter_count': 311_000_000,
      'clip.vision.embedding_length': 1024,
      'clip.vision.projection_dim': 768,
    },
    tensors: [{ name: 'output.weight', type: 'Q6_K', shape: [4096, 128256] }],
  };
  const routes: Routes = { 'POST /api/show': { json: shown } };

  it('tells where a model runs that runs elsewhere', async () => {
    const remote = { ...shown, remote_model: 'x:1t', remote_host: 'https://example.com' };
    const { stdout } = await run(['show', 'm'], { 'POST /api/show': { json: remote } });
    expect(stdout).toMatch(
      /^ {2}Model\n {4}Remote model +x:1t\n {4}Remote URL +https:\/\/example\.com\n {4}architecture +llama\n/,
    );
  });

  it('prints sections', async () => {
    const { stdout, exitCode } = await run(['show', 'm'], routes);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`  Model
    architecture        llama
    parameters          8.0B
    context length      8192
    embedding length    4096
    quantization        Q4_K_M
    requires            0.14.0

  Capabilities
    completion
    tools

  Projector
    architecture        clip
    parameters          311M
    embedding length    1024
    dimensions          768

  Parameters
    stop       "a  b"
    num_ctx    4096

  System
    Be kind.

  License
    MIT
    Permission is
    ...

`);
    expect(api?.callsOf('POST /api/show')[0]?.json).toEqual({ model: 'm', verbose: false });
  });

  it('adds metadata and tensors with -v', async () => {
    const { stdout } = await run(['show', '-v', 'm'], routes);
    expect(stdout).toContain(`  Metadata
    general.architecture            llama
    general.parameter_count         8030261312
    llama.context_length            8192
    llama.embedding_length          4096
    tokenizer.ggml.add_bos_token    true
    tokenizer.ggml.tokens           [a b c ...+2 more]

  Tensors
    output.weight    Q6_K    [4096 128256]

`);
    expect(api?.callsOf('POST /api/show')[0]?.json).toEqual({ model: 'm', verbose: true });
  });

  it.each([
    ['license', `${shown.license}\n`],
    ['modelfile', `${shown.modelfile}\n`],
    ['parameters', `${shown.parameters}\n`],
    ['template', '{{ .Prompt }}\n'],
    ['system', 'Be kind.\n'],
  ])('--%s prints that part only', async (part, text) => {
    expect((await run(['show', 'm', `--${part}`], routes)).stdout).toBe(text);
  });

  it('refuses two parts', async () => {
    expect(await run(['show', 'm', '--license', '--system'], routes)).toMatchObject({
      exitCode: 1,
      stderr:
        "Error: only one of '--license', '--modelfile', '--parameters', '--system', or '--template' can be specified\n",
    });
  });

  it('defuses what a model says about itself on a terminal', async () => {
    api = await FakeApi.start({ 'POST /api/show': { json: { ...shown, system: 'a\x1b]0;x\x07b' } } });
    const options = { host: api.host, isStdoutTerminal: true };
    expect((await runCommand(['show', 'm', '--system'], options)).stdout).toBe('ab\n');
  });
});

describe('cp, rm, stop', () => {
  it('copies', async () => {
    expect(await run(['cp', 'a', 'b'], { 'POST /api/copy': {} })).toEqual({
      exitCode: 0,
      stdout: "copied 'a' to 'b'\n",
      stderr: '',
    });
    expect(api?.callsOf('POST /api/copy')[0]?.json).toEqual({ source: 'a', destination: 'b' });
  });

  it('unloads and deletes one model after the other, whatever becomes of the others', async () => {
    const result = await run(['rm', 'a', 'b', 'c'], {
      'POST /api/generate': ({ json }) => (json.model === 'b' ? { status: 404, json: { error: 'x' } } : {}),
      'DELETE /api/delete': ({ json }) =>
        json.model === 'b' ? { status: 404, json: { error: "model 'b' not found" } } : {},
    });
    expect(result).toEqual({
      exitCode: 1,
      stdout: "deleted 'a'\ndeleted 'c'\n",
      stderr: "Error: model 'b' not found\n",
    });
    expect(api?.callsOf('POST /api/generate')[0]?.json).toEqual({ model: 'a', keep_alive: 0 });
  });

  it('stops', async () => {
    expect(await run(['stop', 'm'], { 'POST /api/generate': {} })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: '',
    });
    expect(api?.callsOf('POST /api/generate')[0]?.json).toEqual({ model: 'm', keep_alive: 0 });
  });

  it('says that there is nothing to stop', async () => {
    const routes = { 'POST /api/generate': { status: 404, json: { error: "model 'm' not found" } } };
    expect(await run(['stop', 'm'], routes)).toMatchObject({
      exitCode: 1,
      stderr: 'Error: couldn\'t find model "m" to stop\n',
    });
  });
});

describe('version', () => {
  it.each([
    [
      '0.1.0',
      { version: '0.33.0', criaVersion: '0.1.0' },
      'cria version is 0.1.0\nOllama API version is 0.33.0\n',
    ],
    [
      '0.1.0',
      { version: '0.33.0', criaVersion: '0.2.0' },
      'cria version is 0.2.0\nOllama API version is 0.33.0\nWarning: client version is 0.1.0\n',
    ],
    [
      '0.1.0',
      { version: '0.5.0', criaVersion: undefined },
      'cria version is 0.1.0\nWarning: the running server is not cria but Ollama 0.5.0 or alike\n',
    ],
    ['0.1.0', undefined, 'Warning: could not connect to a running cria instance\ncria version is 0.1.0\n'],
  ])('%s %j', (client, server, text) => {
    expect(versionText(client, server)).toBe(text);
  });

  it.each([[['version']], [['-v']], [['--version']]])('%j starts no server', async (argv) => {
    const { exitCode, stdout } = await runCommand(argv);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Warning: could not connect .*\ncria version is \d+\.\d+\.\d+\n$/);
  });
});
