/** `cria run` as a person at a terminal uses it, and as a script does, with a real server and model. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { main, startCria, type TestServer } from '../support/cria.ts';
import { hasDockerRegistry, startDockerRegistry } from '../support/registry.ts';
import { hasTerminals, Terminal } from '../support/terminal.ts';

const hello = '>>> Send a message';
const pasteOn = '\x1b[?2004h';
const pasteOff = '\x1b[?2004l';
const ctrl = (letter: string): string => String.fromCharCode(letter.charCodeAt(0) & 0x1f);

let server: TestServer;
let dir = '';

beforeAll(async () => {
  server = await startCria();
  dir = mkdtempSync(path.join(tmpdir(), 'cria-run-'));
});

afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Makes the model say what `rule` allows and nothing else: what a trained one says may change. */
function saying(rule: string): string[] {
  const file = path.join(mkdtempSync(path.join(dir, 'grammar-')), 'answer.gbnf');
  writeFileSync(file, `root ::= ${rule}\n`);
  return ['run', 'cria-mini', '--format', file];
}

describe.skipIf(!hasTerminals)('cria run on a terminal', () => {
  let terminal: Terminal;

  function open(args: string[], { columns = 60, env = {} } = {}): Terminal {
    terminal = new Terminal(args, { env: { ...server.env, ...env }, columns, cwd: dir });
    return terminal;
  }

  afterEach(() => terminal.close());

  it('converses: lines, several lines, texts by their path, commands', async () => {
    writeFileSync(path.join(dir, 'notes.txt'), 'Buy milk.');
    open(saying('"There is not much that one could say about that, is there?"'), { columns: 40 });
    await terminal.sees(hello);
    terminal.type('hello');
    expect(await terminal.sees('Thinking...')).toEqual(['Thinking...']);
    await terminal.sees('...done thinking.');
    expect(terminal.output).toContain('\x1b[2mThinking...\x1b[22m');
    expect(await terminal.sees('is there?')).toEqual([
      '',
      'There is not much that one could say',
      'about that, is there?',
    ]);
    await terminal.sees(hello);

    terminal.type('/set nothink');
    await terminal.sees("Set 'nothink' mode.");
    terminal.type('"""two');
    await terminal.sees('...');
    terminal.type('lines"""');
    await terminal.sees('is there?');
    await terminal.sees(hello);
    terminal.press('\x1b[200~pasted\rtext\x1b[201~');
    await terminal.sees('... text');
    terminal.press('\r');
    await terminal.sees('is there?');
    await terminal.sees(hello);
    terminal.type('Read @notes.txt');
    await terminal.sees("Added file 'notes.txt'");
    await terminal.sees('is there?');
    await terminal.sees(hello);

    terminal.type('/set system Be kind.');
    await terminal.sees('Set system message.');
    terminal.type('/set parameter num_predict 7');
    await terminal.sees("Set parameter 'num_predict' to '7'");
    terminal.type('/save kind');
    await terminal.sees("Created new model 'kind'");
    terminal.press(ctrl('C'));
    await terminal.sees('Use Ctrl + d or /bye to exit.');
    terminal.type('/bye');
    expect(await terminal.exit()).toBe(0);

    const { stdout } = await server.cli(['show', 'kind', '--modelfile']);
    expect(stdout).toContain('SYSTEM Be kind.\n');
    expect(stdout).toContain('PARAMETER num_predict 7\n');
    const turns = [...stdout.matchAll(/^MESSAGE user ("""|"|)([\s\S]*?)\1$/gm)].map((match) => match[2]);
    expect(turns).toContain('hello');
    expect(stdout).toContain('MESSAGE user "two\nlines"');
    expect(stdout).toContain('MESSAGE user "pasted\ntext"');
    expect(stdout).toContain('Buy milk.');

    const history = path.join(server.home, '.ollama', 'history');
    expect(readFileSync(history, 'utf8').split('\n').slice(0, 2)).toEqual(['hello', '/set nothink']);
    expect(statSync(history).mode & 0o777).toBe(0o600);
  });

  it('goes on after Ctrl-C in an answer, another size of the window, Ctrl-Z and a new server', async () => {
    open([...saying('"word " root'), '--think=false'], { columns: 60 });
    await terminal.sees(hello);
    terminal.type('hello');
    await terminal.sees('word word');
    terminal.resize(40);
    await expect.poll(() => terminal.text).toMatch(/\n(word ){7}word\nword /);
    terminal.press(`typed ahead${ctrl('C')}`);
    await terminal.sees('>>> typed ahead');
    terminal.press(ctrl('C'));
    await terminal.sees(hello);

    terminal.press(ctrl('Z'));
    await expect.poll(() => terminal.output.includes(pasteOff)).toBe(true);
    await expect
      .poll(() => {
        terminal.signal(constants.signals.SIGCONT);
        return terminal.output.lastIndexOf(pasteOn) > terminal.output.lastIndexOf(pasteOff);
      })
      .toBe(true);

    terminal.type('more');
    await terminal.sees('word');
    const isRestarted = server.restart('SIGKILL');
    await terminal.sees('error:');
    await isRestarted;
    terminal.type('again');
    await terminal.sees('word');
    terminal.press(ctrl('C'));
    await terminal.sees(hello);
    terminal.press(ctrl('D'));
    expect(await terminal.exit()).toBe(0);
    expect(terminal.output.endsWith(`${pasteOff}\r\n`)).toBe(true);
  });

  it('opens an editor with Ctrl-G', async () => {
    const editor = path.join(dir, 'editor.sh');
    writeFileSync(editor, '#!/bin/sh\necho "$(cat "$1") edited" > "$1"\n');
    chmodSync(editor, 0o755);
    open([...saying('"yes"'), '--think=false'], { env: { OLLAMA_EDITOR: editor, OLLAMA_NOHISTORY: '1' } });
    await terminal.sees(hello);
    terminal.press(`draft${ctrl('G')}`);
    await expect.poll(() => terminal.text).toContain('>>> draft edited');
    terminal.press('\r');
    await terminal.sees('yes');
    terminal.press(ctrl('D'));
    await terminal.exit();
    expect(readFileSync(path.join(server.home, '.ollama', 'history'), 'utf8')).not.toContain('edited');
  });

  it('keeps answers from controlling the terminal, and breaks lines of wide characters', async () => {
    const rule = '"a\\x1B[2Jb\\x1B]0;title\\x07c\\x1B[8md\\x9B2Je " "日本語日本語日本語日本語"';
    open([...saying(rule), '--think=false', 'hello'], { columns: 20 });
    expect(await terminal.exit()).toBe(0);
    expect(terminal.text).toMatch(/^abcd2Je 日本語日本\n語日本語日本語\n$/m);
    expect(terminal.output).not.toContain('title');
  });

  it('shows no styles and moves no cursor where these are not wanted', async () => {
    for (const env of [{ TERM: 'dumb' }, { NO_COLOR: '1' }]) {
      open([...saying('"yes"'), 'hello'], { env });
      expect(await terminal.exit()).toBe(0);
      expect(terminal.output).toContain('Thinking...\r\n');
      expect(terminal.output).not.toContain(env.TERM === 'dumb' ? '\x1b' : '\x1b[2m');
    }
  });
});

describe('cria run in a script', () => {
  it('answers what is piped in and what stands on the command line', async () => {
    const yes = saying('"yes"');
    const piped = await server.cli([...yes, '--think=false'], { input: 'caf\u00e9' });
    expect(piped).toEqual({ code: 0, stdout: 'yes\n', stderr: '' });
    const both = await server.cli([...yes, '--think=false', '--verbose', 'really?'], { input: 'Text.' });
    expect(both.stdout).toBe('yes\n');
    expect(both.stderr).toMatch(
      /^total duration: +\S+s\n(load duration: .*\n)?prompt eval count: +\d+ token\(s\)\nprompt eval duration: .*\nprompt eval rate: +[\d.]+ tokens\/s\neval count: +\d+ token\(s\)\neval duration: .*\neval rate: +[\d.]+ tokens\/s\n$/,
    );
  });

  it('shows thoughts unless they are to be hidden', async () => {
    const yes = saying('"yes"');
    const shown = await server.cli([...yes, 'hello']);
    expect(shown.stdout).toMatch(/^Thinking\.\.\.\n.+\n\.\.\.done thinking\.\n\nyes\n$/s);
    expect(await server.cli([...yes, '--hidethinking', 'hello'])).toEqual({
      code: 0,
      stdout: 'yes\n',
      stderr: '',
    });
  });

  it('answers in the form of a schema', async () => {
    const schema = '{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}';
    const { stdout } = await server.cli(['run', 'cria-mini', '--think=false', '--format', schema, 'hello']);
    expect(JSON.parse(stdout)).toEqual({ n: expect.any(Number) });
  });

  it('loads a model for as long as it is told to', async () => {
    expect(await server.cli(['run', 'cria-mini', '--keepalive', '2h', ''])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect((await server.cli(['ps'])).stdout).toMatch(/cria-mini:latest .*(2 hours|About an hour) from now/);
  });

  it.each<[string[], string]>([
    [['--format', '{"type":"nonsense"}', 'hello'], 'Error: JSON schema: '],
    [['--think=perhaps', 'hello'], 'Error: invalid value for --think: "perhaps"'],
    [['--keepalive', '5 minutes', 'hello'], 'Error: time: '],
  ])('refuses %j', async (flags, message) => {
    const { code, stdout, stderr } = await server.cli(['run', 'cria-mini', ...flags]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('ends when nobody reads on', () => {
    const words = [...saying('"word\\n" root'), '--think=false', 'hello'];
    const line = [process.execPath, main, ...words].map((word) => `'${word}'`).join(' ');
    const { stdout, stderr } = spawnSync('sh', ['-c', `${line} | head -n 2`], {
      env: server.env,
      encoding: 'utf8',
      input: '',
      timeout: 15_000,
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'word\nword\n', stderr: '' });
  });

  it.skipIf(!hasDockerRegistry)('pulls a model that is not there', async () => {
    const registry = await startDockerRegistry();
    try {
      const name = `127.0.0.1:${registry.port}/library/far`;
      await server.cli(['cp', 'cria-mini', name]);
      expect(await server.cli(['push', name, '--insecure'])).toMatchObject({ code: 0 });
      await server.cli(['rm', name]);
      const answer = await server.cli(['run', name, '--insecure', '--think=false', 'hello']);
      expect(answer).toMatchObject({ code: 0, stderr: expect.stringMatching(/^pulling manifest\n/) });
      expect(answer.stdout).not.toBe('');
    } finally {
      await registry.stop();
    }
  });
});
