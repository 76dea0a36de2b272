/** `cria run` with a prompt, against a server that answers as the test says. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createStyle } from '../terminal/style.ts';
import {
  FakeApi,
  Recorder,
  type Reply,
  type Routes,
  type RunOptions,
  runCommand,
} from '../testdata/harness.ts';
import { AnswerDisplay } from './answer-display.ts';
import { parseFormat, parseKeepAlive, parseThink } from './flags.ts';
import { summaryText } from './summary.ts';

let api: FakeApi | undefined;
const dirs: string[] = [];

afterEach(async () => {
  await api?.close();
  api = undefined;
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function temporaryDir(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'cria-run-'));
  dirs.push(dir);
  return dir;
}

function chunks(...responses: object[]): Reply {
  const base = { model: 'm', created_at: '2026-08-21T12:00:00Z', response: '', done: false };
  const last = {
    ...base,
    done: true,
    done_reason: 'stop',
    total_duration: 2e9,
    eval_count: 10,
    eval_duration: 5e8,
  };
  return { lines: [...responses.map((response) => ({ ...base, ...response })), last] };
}

function routes(answer: Reply, capabilities: string[] = ['completion']): Routes {
  return {
    'POST /api/show': { json: { capabilities, model_info: {}, details: {} } },
    'POST /api/generate': answer,
  };
}

async function run(
  args: string[],
  routesOfApi: Routes,
  options: RunOptions = {},
): ReturnType<typeof runCommand> {
  api = await FakeApi.start(routesOfApi);
  return runCommand(['run', ...args], { host: api.host, ...options });
}

function sentRequest(): Record<string, unknown> {
  return api?.callsOf('POST /api/generate')[0]?.json ?? {};
}

describe('cria run MODEL PROMPT', () => {
  it('prints the answer', async () => {
    const answer = chunks({ response: 'Once ' }, { response: 'upon' });
    expect(await run(['m', 'Tell', 'me'], routes(answer))).toEqual({
      exitCode: 0,
      stdout: 'Once upon\n',
      stderr: '',
    });
    expect(sentRequest()).toEqual({ model: 'm', prompt: 'Tell me', stream: true });
  });

  it('puts what is piped in before the words', async () => {
    await run(['m', 'Summarise.'], routes(chunks()), { stdin: 'A long text.\n' });
    expect(sentRequest().prompt).toBe('A long text.\n Summarise.');
    await api?.close();
    await run(['m'], routes(chunks()), { stdin: '\ufeffHi' });
    expect(sentRequest().prompt).toBe('Hi');
  });

  it('loads the model when there is nothing to say', async () => {
    expect(await run(['m', ''], routes(chunks()))).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(sentRequest()).toEqual({ model: 'm', prompt: '', stream: true });
  });

  it('passes its flags on', async () => {
    const flags = ['--format', '{"type":"object"}', '--think=high', '--keepalive', '1h', '--insecure'];
    await run(['m', ...flags, 'Hi'], routes(chunks()));
    expect(sentRequest()).toMatchObject({ format: { type: 'object' }, think: 'high', keep_alive: '1h' });
  });

  it('takes the word after --think for the prompt', async () => {
    await run(['m', '--think', 'why?'], routes(chunks()));
    expect(sentRequest()).toMatchObject({ prompt: 'why?', think: true });
  });

  it('takes everything after -- for the prompt', async () => {
    await run(['m', '--', '--think', '-x'], routes(chunks()));
    expect(sentRequest()).toEqual({ model: 'm', prompt: '--think -x', stream: true });
  });

  it('lets models think that can, and shows where thinking ends', async () => {
    const answer = chunks({ thinking: 'Hm.' }, { thinking: ' Well.' }, { response: 'Yes.' });
    const { stdout } = await run(['m', 'Hi'], routes(answer, ['completion', 'thinking']));
    expect(stdout).toBe('Thinking...\nHm. Well.\n...done thinking.\n\nYes.\n');
    expect(sentRequest().think).toBe(true);
  });

  it('hides thinking', async () => {
    const answer = chunks({ thinking: 'Hm.' }, { response: 'Yes.' });
    expect((await run(['m', '--hidethinking', 'Hi'], routes(answer))).stdout).toBe('Yes.\n');
  });

  it('prints counts and rates with --verbose', async () => {
    const { stdout, stderr } = await run(['m', '--verbose', 'Hi'], routes(chunks({ response: 'a' })));
    expect(stdout).toBe('a\n');
    expect(stderr).toBe(
      'total duration:       2s\neval count:           10 token(s)\neval duration:        500ms\neval rate:            20.00 tokens/s\n',
    );
  });

  it('tells of calls of tools that there are not', async () => {
    const call = { function: { index: 0, name: 'fly', arguments: { to: 'Mars' } } };
    const line = 'Model called a non-existent function \'fly()\' with arguments: {"to":"Mars"}\n';
    expect((await run(['m', 'Hi'], routes(chunks({ tool_calls: [call] })))).stdout).toBe(line);
    await api?.close();
    const answer = chunks({ thinking: 'Hm.' }, { response: 'Let me see.' }, { tool_calls: [call, call] });
    expect((await run(['m', '--hidethinking', 'Hi'], routes(answer))).stdout).toBe(
      `Let me see.\n${line}${line}`,
    );
  });

  it('tells when the prompt was cut', async () => {
    const answer = chunks({ done: true, prompt_truncated: { original_tokens: 9000, kept_tokens: 2048 } });
    const { stderr } = await run(['m', 'Hi'], routes(answer));
    expect(stderr).toBe('The prompt did not fit the context: 2048 of its 9000 tokens were used.\n');
  });

  it('sends pictures to models that can see', async () => {
    const dir = temporaryDir();
    const bytes = Buffer.from('\x89PNG\r\n\x1a\nrest', 'latin1');
    writeFileSync(path.join(dir, 'my cat.png'), bytes);
    const args = ['m', 'What is on ./my\\ cat.png ?'];
    const { stderr } = await run(args, routes(chunks(), ['completion', 'vision']), { cwd: dir });
    expect(stderr).toBe("Added image './my cat.png'\n");
    expect(sentRequest()).toMatchObject({ prompt: 'What is on  ?', images: [bytes.toString('base64')] });
    await api?.close();
    await run(args, routes(chunks()), { cwd: dir });
    expect(sentRequest()).toEqual({ model: 'm', prompt: args[1], stream: true });
  });

  it('tells that a server takes no pictures', async () => {
    const dir = temporaryDir();
    writeFileSync(path.join(dir, 'cat.png'), Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
    const refusal = { status: 501, json: { error: 'images are not implemented yet' } };
    const result = await run(['m', './cat.png'], routes(refusal, ['completion', 'vision']), { cwd: dir });
    expect(result).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: "Added image './cat.png'\nError: images are not implemented yet\n",
    });
  });

  it('reads texts that the words name, not those that the input names', async () => {
    const dir = temporaryDir();
    writeFileSync(path.join(dir, 'notes.txt'), 'Buy milk.\n');
    const options = { cwd: dir, stdin: 'From @notes.txt:' };
    const { stderr } = await run(['m', 'Sum', 'up', '@notes.txt'], routes(chunks()), options);
    expect(stderr).toBe("Added file 'notes.txt'\n");
    expect(sentRequest().prompt).toBe('notes.txt:\n```\nBuy milk.\n```\n\nFrom @notes.txt: Sum up notes.txt');
  });

  it('spins on a terminal until there is something to show, and wraps words there', async () => {
    const text = `${'word '.repeat(20)}end`;
    const answer = chunks({ response: text });
    const { stdout, stderr } = await run(['m', 'Hi'], routes(answer), {
      isStdoutTerminal: true,
      isStderrTerminal: true,
    });
    expect(stderr.startsWith('\x1b[?25l⠋\x1b[K\n')).toBe(true);
    expect(stderr.endsWith('\x1b[1F\x1b[J\x1b[?25h')).toBe(true);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThan(80);
    expect(stdout.endsWith('end\n\n')).toBe(true);
  });

  it('draws nothing on a terminal that knows no escape sequences', async () => {
    const text = `${'word '.repeat(20)}end`;
    const answer = chunks({ thinking: 'Hm.' }, { response: text });
    const { stdout, stderr } = await run(['m', 'Hi'], routes(answer), {
      isStdoutTerminal: true,
      isStderrTerminal: true,
      env: { TERM: 'dumb' },
    });
    expect(stdout).toBe(`Thinking...\nHm.\n...done thinking.\n\n${text}\n\n`);
    expect(stderr).toBe('');
  });

  it('leaves lines whole with --nowordwrap', async () => {
    const text = `${'word '.repeat(20)}end`;
    const { stdout } = await run(['m', '--nowordwrap', 'Hi'], routes(chunks({ response: text })), {
      isStdoutTerminal: true,
    });
    expect(stdout).toBe(`${text}\n\n`);
  });

  it.each<[string, Reply, string, string]>([
    ['a refusal', { status: 400, json: { error: 'no' } }, '', 'Error: no\n'],
    [
      'an error in the middle',
      { lines: [{ response: 'Once', done: false }, { error: 'died' }] },
      'Once\n',
      'Error: died\n',
    ],
    [
      'an answer that breaks off',
      { lines: [{ response: 'Once', done: false }] },
      'Once\n',
      'Error: the server ended its answer in the middle\n',
    ],
  ])('tells %s', async (_name, answer, stdout, stderr) => {
    expect(await run(['m', 'Hi'], routes(answer))).toEqual({ exitCode: 1, stdout, stderr });
  });

  it('tells of a model that is not there and cannot be pulled', async () => {
    const missing = {
      'POST /api/show': { status: 404, json: { error: "model 'm:latest' not found" } },
      'POST /api/pull': { status: 400, json: { error: 'no such registry' } },
    };
    expect(await run(['m', 'Hi'], missing)).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: "Error: model 'm:latest' not found, and it cannot be pulled: no such registry\n",
    });
  });

  it('stops the answer on Ctrl-C and hangs up', async () => {
    const answer = { lines: [{ response: 'Once', done: false }, undefined] };
    const result = await run(['m', 'Hi'], routes(answer), { onStdout: (_text, interrupt) => interrupt() });
    expect(result).toEqual({ exitCode: 130, stdout: 'Once\n', stderr: '' });
    await expect.poll(() => api?.abortedCalls).toBe(1);
  });
});

describe('AnswerDisplay', () => {
  it('dims thoughts on a terminal and starts the answer on a line of its own', () => {
    const output = new Recorder(true);
    const display = new AnswerDisplay({
      output,
      style: createStyle(true),
      isWordWrap: true,
      hidesThinking: false,
    });
    display.thinking('Hm.\n');
    display.content('Yes');
    display.content('');
    display.end();
    const dim = (text: string): string => `\x1b[2m${text}\x1b[22m`;
    expect(output.text).toBe(`${dim('Thinking...')}\n${dim('Hm.\n')}${dim('...done thinking.')}\n\nYes\n\n`);
  });

  it('writes nothing for nothing', () => {
    const output = new Recorder(true);
    const display = new AnswerDisplay({
      output,
      style: createStyle(true),
      isWordWrap: true,
      hidesThinking: true,
    });
    display.thinking('Hm.');
    display.content('');
    display.end();
    expect(output.text).toBe('');
  });
});

describe('flags', () => {
  it.each([
    [undefined, undefined],
    ['true', true],
    ['', true],
    ['false', false],
    ['max', 'max'],
  ])('--think=%s', (text, value) => {
    expect(parseThink(text)).toBe(value);
  });

  it.each([
    [undefined, undefined],
    ['5m', '5m'],
    ['-1', -1],
    ['300', 300],
    ['0', 0],
  ])('--keepalive %s', (text, value) => {
    expect(parseKeepAlive(text)).toBe(value);
  });

  it('--format reads a schema from a file', async () => {
    const file = path.join(temporaryDir(), 'schema.json');
    writeFileSync(file, '{"type":"array"}');
    expect(await parseFormat(file)).toEqual({ type: 'array' });
    writeFileSync(file, '[]');
    await expect(parseFormat(file)).rejects.toThrow(`${file}: not a JSON Schema (it must be an object)`);
    await expect(parseFormat('/dev/zero')).rejects.toThrow(
      '/dev/zero: file size exceeds maximum limit (4MB)',
    );
    const grammar = path.join(path.dirname(file), 'yes.gbnf');
    writeFileSync(grammar, 'root ::= "yes"');
    expect(await parseFormat(grammar)).toEqual({ type: 'gbnf', grammar: 'root ::= "yes"' });
    expect(await parseFormat('json')).toBe('json');
    expect(await parseFormat('')).toBeUndefined();
  });
});

it('summaryText has all lines', () => {
  const end = {
    total_duration: 1_234_567_891,
    load_duration: 2_000_000,
    prompt_eval_count: 26,
    prompt_eval_duration: 130_000_000,
    eval_count: 298,
    eval_duration: 1_100_000_000,
  };
  expect(summaryText(end)).toBe(`total duration:       1.234567891s
load duration:        2ms
prompt eval count:    26 token(s)
prompt eval duration: 130ms
prompt eval rate:     200.00 tokens/s
eval count:           298 token(s)
eval duration:        1.1s
eval rate:            270.91 tokens/s
`);
});
