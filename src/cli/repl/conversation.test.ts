/** Conversations: typed lines in, requests and texts out. The keyboard is a list, the server a fake. */
import { afterEach, describe, expect, it } from 'vitest';
import { createContext } from '../context.ts';
import { InterruptedError } from '../interrupt.ts';
import { FakeApi, Recorder, type Reply, type Routes } from '../testdata/harness.ts';
import { emptySession } from '../testdata/session.ts';
import { Conversation } from './conversation.ts';
import type { LineEditor, Prompt } from './line-editor.ts';
import type { ReplInput } from './machine.ts';

let api: FakeApi | undefined;
let editor: ScriptedEditor;

afterEach(async () => {
  await api?.close();
  api = undefined;
});

/** What is typed, or what happens before the next line is. */
type Step = string | (() => Promise<void>);

/** Gives lines as if they were typed; `^C` interrupts. The last one is followed by Ctrl-D. */
class ScriptedEditor implements LineEditor {
  readonly prompts: string[] = [];
  readonly histories: boolean[] = [];
  readonly #steps: Step[];
  /** Fires the signal of whatever is under way. */
  interrupt: () => void = () => {};

  constructor(steps: readonly Step[]) {
    this.#steps = [...steps];
  }

  async read(prompt: Prompt): Promise<ReplInput> {
    this.prompts.push(prompt.text);
    let line = this.#steps.shift();
    for (; typeof line === 'function'; line = this.#steps.shift()) await line();
    if (line === undefined) return { type: 'end' };
    return line === '^C'
      ? { type: 'interrupt', hadText: false }
      : { type: 'line', text: line, isPasted: false };
  }

  async busy<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.interrupt = () => controller.abort(new Error('interrupted'));
    return work(controller.signal);
  }

  setHistory(isEnabled: boolean): void {
    this.histories.push(isEnabled);
  }

  close(): void {}
}

interface Result {
  readonly stdout: string;
  readonly stderr: string;
  /** Bodies of the chat requests. */
  readonly chats: Record<string, unknown>[];
}

function says(...contents: string[]): Reply {
  const last = { message: { role: 'assistant', content: '' }, done: true, eval_count: 1, eval_duration: 1e9 };
  return {
    lines: [...contents.map((content) => ({ message: { role: 'assistant', content }, done: false })), last],
  };
}

const shown = { model_info: {}, details: {}, capabilities: ['completion'] };

const routes: Routes = {
  'POST /api/show': { json: shown },
  'POST /api/generate': { json: { done: true } },
  'POST /api/chat': says('Hel', 'lo.'),
};

async function converse(
  steps: Step[],
  moreRoutes: Routes = {},
  onStdout?: (text: string) => void,
): Promise<Result> {
  const allRoutes = { ...routes, ...moreRoutes };
  api = await FakeApi.start(allRoutes);
  const { host } = api;
  const stdout = new Recorder(true);
  const stderr = new Recorder(false);
  editor = new ScriptedEditor(steps);
  stdout.on('text', (text: string) => onStdout?.(text));
  const context = createContext({
    env: { HOME: '/nonexistent', NO_COLOR: '1', OLLAMA_HOST: host },
    stdin: new Recorder(true),
    stdout,
    stderr,
    cwd: '/nonexistent',
    onInterrupt: () => () => {},
    startServer: () => {
      void FakeApi.start(allRoutes, Number(host.split(':')[1])).then((server) => {
        api = server;
      });
      return { ended: new Promise(() => {}), logFile: '' };
    },
  });
  const session = { ...emptySession, keepAlive: '1h' };
  await new Conversation(editor, session, context).run();
  const chats = api.callsOf('POST /api/chat').map(({ json }) => json);
  return { stdout: stdout.text, stderr: stderr.text, chats };
}

describe('Conversation', () => {
  it('loads the model, sends turns with all that was said before, and shows the answers', async () => {
    const { stdout, chats } = await converse(['Hi', 'Again']);
    expect(stdout).toBe('Hello.\n\nHello.\n\n');
    expect(api?.callsOf('POST /api/generate')[0]?.json).toEqual({ model: 'm', keep_alive: '1h' });
    const user = (content: string) => ({ role: 'user', content });
    const assistant = { role: 'assistant', content: 'Hello.' };
    expect(chats.map(({ messages }) => messages)).toEqual([
      [user('Hi')],
      [user('Hi'), assistant, user('Again')],
    ]);
    expect(chats[0]).toMatchObject({ model: 'm', keep_alive: '1h', options: {}, stream: true });
  });

  it('begins with the turns that the model brings', async () => {
    const messages = [
      { role: 'system', content: 's' },
      { role: 'user', content: 'Who?' },
      { role: 'assistant', content: 'Me.' },
    ];
    const { stdout } = await converse([], { 'POST /api/show': { json: { ...shown, messages } } });
    expect(stdout).toBe('>>> Who?\nMe.\n\n');
  });

  it('is not for embedding models', async () => {
    const embedding = { json: { ...shown, capabilities: ['embedding'] } };
    await expect(converse(['Hi'], { 'POST /api/show': embedding })).rejects.toThrow('require input text');
    expect(api?.callsOf('POST /api/generate')).toEqual([]);
  });

  it('fails when the model cannot be loaded', async () => {
    const refusal = { status: 500, json: { error: 'out of memory' } };
    await expect(converse([], { 'POST /api/generate': refusal })).rejects.toThrow('out of memory');
  });

  it('shows the state of the input by its prompt', async () => {
    const { chats } = await converse(['"""a', 'b"""']);
    expect(editor.prompts).toEqual(['>>> ', '... ', '>>> ']);
    expect(chats[0]?.messages).toEqual([{ role: 'user', content: 'a\nb' }]);
  });

  it('sends system message, parameters, format and think', async () => {
    const { chats } = await converse([
      '/set system Be kind.',
      '/set parameter top_k 3',
      '/set format json',
      '/set think low',
      'Hi',
    ]);
    expect(chats[0]).toMatchObject({
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'Hi' },
      ],
      options: { top_k: 3 },
      format: 'json',
      think: 'low',
    });
  });

  it('lets models think that can, unless told not to', async () => {
    const thinking = { 'POST /api/show': { json: { ...shown, capabilities: ['completion', 'thinking'] } } };
    const { chats } = await converse(['a', '/set nothink', 'b'], thinking);
    expect(chats.map(({ think }) => think)).toEqual([true, false]);
  });

  it('stops an answer, keeps what came of it, and goes on', async () => {
    const endless = { lines: [{ message: { role: 'assistant', content: 'Once' }, done: false }, undefined] };
    let turns = 0;
    const { stdout, chats } = await converse(
      ['Tell', 'And?'],
      { 'POST /api/chat': () => (turns++ === 0 ? endless : says('Upon')) },
      (text) => {
        if (text === 'Once') editor.interrupt();
      },
    );
    expect(stdout).toBe('Once\n\nUpon\n\n');
    expect(chats[1]?.messages).toEqual([
      { role: 'user', content: 'Tell' },
      { role: 'assistant', content: 'Once' },
      { role: 'user', content: 'And?' },
    ]);
    await expect.poll(() => api?.abortedCalls).toBe(1);
  });

  it('starts a server when the one before has ended', async () => {
    const end = async (): Promise<void> => api?.close();
    const { stdout, stderr } = await converse(['a', end, 'b']);
    expect(stderr).toBe('starting cria server…\n');
    expect(stdout).toBe('Hello.\n\nHello.\n\n');
  });

  it('adds texts to a message', async () => {
    const { stderr, chats } = await converse([`Read @${import.meta.filename}`]);
    expect(stderr).toBe(`Added file '${import.meta.filename}'\n`);
    expect(chats[0]?.messages).toMatchObject([{ content: expect.stringContaining("it('adds texts") }]);
  });

  it('ends when the user does not wait for the model', async () => {
    const generate = (): Reply => {
      editor.interrupt();
      return { lines: [undefined] };
    };
    await expect(converse([], { 'POST /api/generate': generate })).rejects.toThrow(InterruptedError);
  });

  it('tells errors and forgets the turn', async () => {
    let turns = 0;
    const refusal = { status: 503, json: { error: 'server busy' } };
    const { stderr, chats } = await converse(['a', 'b'], {
      'POST /api/chat': () => (turns++ === 0 ? refusal : says('x')),
    });
    expect(stderr).toBe('error: server busy\n');
    expect(chats[1]?.messages).toEqual([{ role: 'user', content: 'b' }]);
  });

  it('shows counts with /set verbose', async () => {
    const { stderr } = await converse(['/set verbose', 'Hi']);
    expect(stderr).toBe(
      'eval count:           1 token(s)\neval duration:        1s\neval rate:            1.00 tokens/s\n\n',
    );
  });

  it('/load changes the model and forgets the turns', async () => {
    const { stdout, chats } = await converse(['/set system s', 'Hi', '/load other', 'Hi', '/show system']);
    const noSystem = 'No system message was specified for this model.\n';
    expect(stdout).toBe(`Set system message.\nHello.\n\nLoading model 'other'\nHello.\n\n${noSystem}`);
    expect(chats[1]).toMatchObject({ model: 'other', messages: [{ role: 'user', content: 'Hi' }] });
  });

  it('/load of a model that is not there changes nothing', async () => {
    const { stdout, chats } = await converse(['/load other', 'Hi'], {
      'POST /api/show': ({ json }) =>
        json.model === 'other'
          ? { status: 404, json: { error: "model 'other' not found" } }
          : { json: shown },
    });
    expect(stdout).toContain("Loading model 'other'\nCouldn't find model 'other'\n");
    expect(chats[0]?.model).toBe('m');
  });

  it('/save makes a model of the session', async () => {
    const stored = [{ role: 'user', content: 'stored' }];
    const { stdout } = await converse(
      ['/set system Be kind.', '/set parameter top_k 3', 'Hi', '/save mine'],
      {
        'POST /api/show': { json: { ...shown, messages: stored } },
        'POST /api/create': { lines: [{ status: 'success' }] },
      },
    );
    expect(stdout).toContain("Created new model 'mine'\n");
    expect(api?.callsOf('POST /api/create')[0]?.json).toEqual({
      model: 'mine',
      from: 'm',
      system: 'Be kind.',
      parameters: { top_k: 3 },
      messages: [...stored, { role: 'user', content: 'Hi' }, { role: 'assistant', content: 'Hello.' }],
      stream: true,
    });
  });

  it('/save tells that a name is invalid', async () => {
    const { stdout } = await converse(['/save a b', '/save :'], {
      'POST /api/create': { status: 400, json: { error: 'invalid model name' } },
    });
    expect(stdout).toContain("Usage:\n  /save <model>\nerror: The model name ':' is invalid\n");
  });

  it('/list lists', async () => {
    const { stdout } = await converse(['/list x'], { 'GET /api/tags': { json: { models: [] } } });
    expect(stdout).toBe('NAME    ID    SIZE    MODIFIED\n');
  });

  it('/set nohistory reaches the keyboard', async () => {
    await converse(['/set nohistory', '/set history']);
    expect(editor.histories).toEqual([false, true]);
  });

  it('Ctrl-C on an empty line tells how to leave', async () => {
    expect((await converse(['^C'])).stdout).toBe('Use Ctrl + d or /bye to exit.\n');
  });

  describe('/show', () => {
    const full = {
      ...shown,
      license: 'MIT',
      modelfile: 'FROM m',
      parameters: 'top_k                          7',
      template: '{{ .Prompt }}',
      system: 'Be quick.',
    };

    it.each<[string, object, string[], string]>([
      ['license', full, [], 'MIT\n'],
      ['license', shown, [], 'No license was specified for this model.\n'],
      ['modelfile', full, [], 'FROM m\n'],
      ['template', full, [], '{{ .Prompt }}\n'],
      ['template', shown, [], 'No prompt template was specified for this model.\n'],
      ['system', full, [], 'Be quick.\n\n'],
      ['system', full, ['/set system Be kind.'], 'Be kind.\n\n'],
      ['system', shown, [], 'No system message was specified for this model.\n'],
      ['parameters', full, [], 'Model defined parameters:\n  top_k                          7\n\n'],
      [
        'parameters',
        shown,
        ['/set parameter top_k 3', '/set parameter stop a'],
        'Model defined parameters:\n  No additional parameters were specified for this model.\n\nUser defined parameters:\n  top_k                          3\n  stop                           ["a"]\n\n',
      ],
    ])('%s', async (topic, json, before, text) => {
      const { stdout } = await converse([...before, `/show ${topic}`], { 'POST /api/show': { json } });
      expect(stdout.endsWith(text)).toBe(true);
    });

    it('info goes to standard error', async () => {
      const details = { family: 'llama', parameter_size: '1B', quantization_level: 'F16' };
      const { stdout, stderr } = await converse(['/show info'], {
        'POST /api/show': { json: { ...full, details } },
      });
      expect(stdout).toBe('');
      expect(stderr).toContain('  Model\n    architecture    llama\n    parameters      1B\n');
    });

    it('asks with what the session has set', async () => {
      await converse(['/set system s', '/set parameter top_k 3', '/show modelfile']);
      const request = { model: 'm', system: 's', options: { top_k: 3 } };
      expect(api?.callsOf('POST /api/show').at(-1)?.json).toEqual(request);
      await converse(['/set parameter top_k 3', '/show parameters']);
      expect(api?.callsOf('POST /api/show').at(-1)?.json).toEqual({ model: 'm' });
    });
  });
});
