/** Files that are linked into the server's store instead of being uploaded. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Call, FakeApi, type Reply, type RunResult, runCommand } from '../testdata/harness.ts';

const content = 'GGUF and so on';
const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;

let dir = '';
let models = '';
let api: FakeApi | undefined;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'cria-provide-'));
  models = path.join(dir, 'models');
  mkdirSync(path.join(models, 'blobs'), { recursive: true });
  writeFileSync(path.join(dir, 'm.gguf'), content);
  writeFileSync(path.join(dir, 'Modelfile'), 'FROM ./m.gguf');
});
afterEach(async () => {
  rmSync(dir, { recursive: true, force: true });
  await api?.close();
  api = undefined;
});

const blobs = (): string[] => readdirSync(path.join(models, 'blobs'));
const isBlob = (call: Call): boolean =>
  existsSync(
    path.join(
      models,
      'blobs',
      call.path
        .split('/')
        .at(-1)
        ?.replace(/(:|%3A)/, '-') ?? '',
    ),
  );

/** A server that uses the folder, or another one. */
async function create(args: string[], hasBlob = isBlob): Promise<RunResult> {
  api = await FakeApi.start({
    'HEAD /api/blobs/*': (call): Reply => ({ status: hasBlob(call) ? 200 : 404 }),
    'POST /api/blobs/*': { status: 201 },
    'POST /api/create': { lines: [{ status: 'success' }] },
  });
  return runCommand(['create', 'm', ...args], { host: api.host, cwd: dir, env: { OLLAMA_MODELS: models } });
}

const uploads = (): number =>
  api?.calls.filter(({ method, path: url }) => method === 'POST' && url.startsWith('/api/blobs')).length ?? 0;

describe('cria create --link', () => {
  it('links the file and asks the server whether it sees it', async () => {
    const { exitCode, stderr } = await create(['--link']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'linking m.gguf 100% (14 B)\nsuccess\n' });
    expect(uploads()).toBe(0);
    expect(blobs()).toEqual([digest.replace(':', '-')]);
    expect(statSync(path.join(dir, 'm.gguf')).nlink).toBe(2);
    expect(api?.callsOf('POST /api/create')[0]?.json).toMatchObject({ files: { 'm.gguf': digest } });
  });

  it('uploads to a server that has its models elsewhere, and says so', async () => {
    const { exitCode, stderr } = await create(['--link'], () => false);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`copying: the server's models are not in ${models}`);
    expect(uploads()).toBe(1);
    expect(blobs()).toEqual([]);
  });

  it('uploads what the server does not see after all', async () => {
    let nAsked = 0;
    const { stderr } = await create(['--link'], () => ++nAsked === 1);
    expect(stderr).toContain('m.gguf: the server does not see it');
    expect(uploads()).toBe(1);
    expect(blobs()).toEqual([]);
  });

  it('links nothing that the server has already', async () => {
    await create(['--link'], () => true);
    expect(uploads()).toBe(0);
    expect(blobs()).toEqual([]);
    expect(statSync(path.join(dir, 'm.gguf')).nlink).toBe(1);
  });
});

it('cria create makes no hard links by itself, and keeps quiet about it', async () => {
  const { stderr } = await create([]);
  expect(statSync(path.join(dir, 'm.gguf')).nlink).toBe(1);
  expect(stderr).not.toContain('copying:');
});
