/** What is common to all commands: help, wrong arguments, errors, the way to a server. */
import { afterEach, describe, expect, it } from 'vitest';
import { ConnectionError } from '../api/errors.ts';
import { parseHost } from '../config/index.ts';
import { commands } from './commands/index.ts';
import { ensureServer } from './server.ts';
import { FakeApi, runCommand } from './testdata/harness.ts';

let api: FakeApi | undefined;

afterEach(async () => {
  await api?.close();
  api = undefined;
});

describe('arguments', () => {
  it.each(commands)('$names is loaded by the names that it has', async ({ names }) => {
    for (const name of names) {
      const { exitCode, stdout } = await runCommand([name, '--help']);
      expect(exitCode).toBe(0);
      expect(stdout.split(' ').slice(0, 3)).toEqual(['Usage:', 'cria', names.join('|')]);
    }
  });

  it.each([[[]], [['help']], [['--help']], [['-h']]])('%j shows all commands', async (argv) => {
    const { exitCode, stdout, stderr } = await runCommand(argv);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const names = ['serve', 'create', 'show', 'run', 'stop', 'list', 'ps', 'cp', 'rm', 'version', 'help'];
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name}[ |]`, 'm'));
  });

  it.each([[['help', 'run']], [['run', '--help']]])('%j shows one', async (argv) => {
    const { exitCode, stdout } = await runCommand(argv);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Usage: cria run \[options\] <model> \[prompt\.\.\.\]$/m);
  });

  it.each<[string[], string]>([
    [['shwo'], "Error: unknown command 'shwo'\n(Did you mean show?)\n"],
    [['nonsense'], "Error: unknown command 'nonsense'\n"],
    [['list', '--verbos'], "Error: unknown option '--verbos'\n"],
    [['run', 'm', '--verbos'], "Error: unknown option '--verbos'\n(Did you mean --verbose?)\n"],
    [['show'], "Error: missing required argument 'model'\n"],
    [['cp', 'a'], "Error: missing required argument 'destination'\n"],
    [['stop', 'a', 'b'], "Error: too many arguments for 'stop'. Expected 1 argument but got 2.\n"],
    [
      ['run', 'm', '--think=very'],
      'Error: invalid value for --think: "very" (must be true, false, high, medium, low, or max)\n',
    ],
    [['run', 'm', '--keepalive', '5x'], 'Error: time: unknown unit "x" in duration "5x"\n'],
    [
      ['run', 'm', '--format', 'yaml'],
      'Error: invalid value for --format: "yaml" (must be json, a JSON Schema, or a file with one or with a grammar)\n',
    ],
    [['run', 'm', '--format', '{"type"'], 'Error: --format: '],
  ])('%j is refused', async (argv, text) => {
    const { exitCode, stdout, stderr } = await runCommand(argv);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(text);
    expect(stderr.startsWith('Error: ')).toBe(true);
  });
});

describe('the way to a server', () => {
  it('starts one on this machine and waits for it', async () => {
    const started = FakeApi.start({ 'GET /api/tags': { json: { models: [] } } });
    // The port is known before anything listens on it: a server that is up, down, and up again.
    const first = await started;
    const { host } = first;
    await first.close();
    const result = await runCommand(['list'], {
      host,
      startServer: () => {
        const port = Number(host.split(':')[1]);
        void FakeApi.start({ 'GET /api/tags': { json: { models: [] } } }, port).then((server) => {
          api = server;
        });
        return { ended: new Promise(() => {}), logFile: '/log' };
      },
    });
    expect(result).toEqual({
      exitCode: 0,
      stdout: 'NAME    ID    SIZE    MODIFIED\n',
      stderr: 'starting cria server…\n',
    });
  });

  it('tells why a server did not start', async () => {
    const result = await runCommand(['list'], {
      startServer: () => ({ ended: Promise.resolve('no space left on device'), logFile: '/home/x/cria.log' }),
    });
    expect(result).toMatchObject({
      exitCode: 1,
      stderr:
        'starting cria server…\nError: could not start a cria server: no space left on device (see /home/x/cria.log)\n',
    });
  });

  it('starts none for another machine', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const client = { heartbeat: () => Promise.reject(new ConnectionError('cannot talk to it', refused)) };
    const host = parseHost('10.0.0.1');
    const start = (): never => {
      throw new Error('nothing is to be started');
    };
    await expect(ensureServer({ client, host, start, notice: () => {} })).rejects.toThrow(
      "could not connect to a cria server at http://10.0.0.1:11434 (cannot talk to it); start one there with 'cria serve', or set OLLAMA_HOST",
    );
  });

  it('starts none where something else went wrong', async () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    const client = { heartbeat: () => Promise.reject(new ConnectionError('cannot talk to it', reset)) };
    const start = (): never => {
      throw new Error('nothing is to be started');
    };
    await expect(ensureServer({ client, host: parseHost(''), start, notice: () => {} })).rejects.toThrow(
      'could not connect to a cria server at http://127.0.0.1:11434 (cannot talk to it)',
    );
  });

  it('warns of an address that it could not read', async () => {
    // The port that is taken instead may be somebody's; nobody can answer at the address of everybody.
    const { stderr } = await runCommand(['stop', 'm'], { host: '255.255.255.255:x' });
    expect(stderr).toMatch(/^Warning: OLLAMA_HOST: invalid port "x", using 11434\n/);
  });

  it('passes the texts of the server on, defused', async () => {
    api = await FakeApi.start({ 'GET /api/tags': { status: 500, json: { error: 'disk \x1b[2Jfailure' } } });
    expect(await runCommand(['list'], { host: api.host })).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'Error: disk failure\n',
    });
  });
});
