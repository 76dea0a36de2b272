/** The use cases against a fake scheduler and runner: what is checked, in which order, and what reaches the runner. */
import { describe, expect, it } from 'vitest';
import { CriaError } from '../errors.ts';
import type { PromptTemplate } from '../prompt/types.ts';
import type { GenerateWork } from '../protocol/messages.ts';
import type { Runner } from '../runner/types.ts';
import type { AcquireRequest, Scheduler } from '../scheduler/types.ts';
import type { AnswerEvent, TokenEvent } from '../types/events.ts';
import type { Message } from '../types/message.ts';
import type { ResolvedModel } from '../types/model.ts';
import { createInference } from './index.ts';
import type { Answer, ChatRequest, GenerateRequest } from './types.ts';

const stats = {
  promptTokens: 5,
  cachedTokens: 2,
  promptDurationNs: 10,
  generatedTokens: 3,
  generationDurationNs: 20,
};

const finish: TokenEvent = { type: 'finish', reason: 'stop', stats };

function texts(...parts: string[]): TokenEvent[] {
  return [...parts.map((text): TokenEvent => ({ type: 'tokens', text })), finish];
}

function fakeModel(overrides: Partial<ResolvedModel> = {}): ResolvedModel {
  const details = {
    parentModel: '',
    format: 'gguf',
    family: 'llama',
    families: null,
    parameterSize: '1M',
    quantizationLevel: 'F32',
    contextLength: 64,
    embeddingLength: 8,
  };
  const gguf = {
    architecture: 'llama',
    sizeBytes: 1,
    nLayers: 1,
    nCtxTrain: 64,
    nEmbd: 8,
    nHeads: 1,
    nHeadsKv: 1,
    headDimK: 8,
    headDimV: 8,
    nVocab: 10,
    fileType: 'F32',
    chatTemplate: undefined,
    namedChatTemplates: {},
    poolingType: undefined,
    bosToken: '',
    eosToken: '',
    addBosToken: undefined,
    fim: undefined,
  };
  return {
    name: { host: 'registry.ollama.ai', namespace: 'library', model: 'm', tag: 'latest' },
    displayName: 'm:latest',
    fullName: 'registry.ollama.ai/library/m:latest',
    manifestDigest: '00',
    modifiedAt: new Date(0),
    modelPath: '/blobs/m',
    furtherPaths: [],
    adapterPaths: [],
    projectorPaths: [],
    template: undefined,
    chatTemplate: { language: 'go', source: '' },
    system: undefined,
    parameters: {},
    messages: [],
    licenses: [],
    renderer: undefined,
    parser: undefined,
    requires: undefined,
    details,
    gguf,
    capabilities: ['completion', 'tools', 'thinking', 'insert'],
    totalSizeBytes: 1,
    ...overrides,
  };
}

const template: PromptTemplate = {
  thinkingTags: { open: '<think>', close: '</think>' },
  toolCallFormat: {
    kind: 'json',
    blockOpen: '<call>',
    fillers: ['</call>'],
    nameKey: 'name',
    argumentsKey: 'arguments',
  },
  renderChat: ({ messages }) => messages.map((m) => `${m.role}:${m.content};`).join(''),
  renderInfill: ({ prompt, suffix }) => `<pre>${prompt}<suf>${suffix}`,
};

/** `answers[i]` is what the i-th generation yields; an error in it is thrown there. */
function setup(model: ResolvedModel, answers: readonly (readonly (TokenEvent | Error)[])[] = [texts('hi')]) {
  const works: GenerateWork[] = [];
  const acquired: AcquireRequest[] = [];
  const unloaded: string[] = [];
  const warnings: unknown[] = [];
  let released = 0;
  const runner = {
    info: { nCtx: 42 },
    async *generate(work: GenerateWork) {
      const answer = answers[works.length] ?? [];
      works.push(work);
      for (const item of answer) {
        if (item instanceof Error) throw item;
        yield item;
      }
    },
    tokenize: async ({ text }: { text: string }) => [...text].map(() => 1),
    detokenize: async (tokens: readonly number[]) => `<${tokens.join()}>`,
  } as unknown as Runner; // only what inference calls
  const scheduler: Scheduler = {
    acquire: async (request) => {
      acquired.push(request);
      const release = (): void => void released++;
      return { runner, release, [Symbol.dispose]: release };
    },
    unload: (path) => void unloaded.push(path),
    residents: () => [],
    close: async () => {},
  };
  const inference = createInference({
    resolver: {
      resolve: async (name) => {
        if (name === 'm') return model;
        if (name === 'torn') throw new CriaError('blob_not_found', 'blob 1 is missing');
        throw new CriaError('model_not_found', `model '${name}' not found`);
      },
    },
    scheduler,
    templateOf: () => template,
    compileTemplate: (source) => {
      if (source === 'bad') throw new CriaError('template_error', 'template: :1: unexpected');
      return { ...template, renderChat: () => `own ${source}` };
    },
    warn: (message, fields) => void warnings.push([message, fields]),
  });
  return { inference, works, acquired, unloaded, warnings, releasedCount: () => released };
}

const chatRequest = (overrides: Partial<ChatRequest> = {}): ChatRequest => ({
  model: 'm',
  messages: [{ role: 'user', content: 'hello' }],
  tools: [],
  options: {},
  logprobs: false,
  topLogprobs: 0,
  debugRenderOnly: false,
  ...overrides,
});

const generateRequest = (overrides: Partial<GenerateRequest> = {}): GenerateRequest => ({
  model: 'm',
  prompt: 'hello',
  suffix: '',
  system: '',
  template: '',
  raw: false,
  images: [],
  options: {},
  logprobs: false,
  topLogprobs: 0,
  debugRenderOnly: false,
  ...overrides,
});

const { signal } = new AbortController();

async function collect(answer: Answer): Promise<AnswerEvent[]> {
  if (answer.type !== 'stream') throw new Error(`no stream but ${answer.type}`);
  const events: AnswerEvent[] = [];
  for await (const event of answer.events) events.push(event);
  return events;
}

describe('chat', () => {
  it('streams content and ends with counts and times', async () => {
    const { inference, works, releasedCount } = setup(fakeModel(), [texts('a', 'b')]);
    const events = await collect(await inference.chat(chatRequest(), { signal }));
    expect(events.slice(0, 2)).toEqual([
      { type: 'content', text: 'a' },
      { type: 'content', text: 'b' },
    ]);
    expect(events[2]).toMatchObject({ type: 'done', reason: 'stop', metrics: stats });
    expect(works[0]).toMatchObject({
      prompt: 'user:hello;',
      addSpecial: true,
      nPredict: -1,
      truncate: true,
      shift: true,
    });
    expect(releasedCount()).toBe(1);
  });

  it('separates thoughts', async () => {
    const { inference } = setup(fakeModel(), [texts('<think>why</think>', 'so')]);
    expect(await collect(await inference.chat(chatRequest(), { signal }))).toMatchObject([
      { type: 'thinking', text: 'why' },
      { type: 'content', text: 'so' },
      { type: 'done' },
    ]);
  });

  it('separates tool calls after the thought, with ids and indexes', async () => {
    const text =
      '<think>a <call></think>Now <call>{"name":"f","arguments":{"x":1}}</call><call>{"name":"f"}</call>';
    const { inference } = setup(fakeModel(), [texts(text)]);
    const tools = [{ type: 'function', function: { name: 'f', parameters: {} } }];
    const id = expect.stringMatching(/^call_[a-z0-9]{8}$/);
    expect(await collect(await inference.chat(chatRequest({ tools }), { signal }))).toMatchObject([
      { type: 'thinking', text: 'a <call>' },
      { type: 'content', text: 'Now' },
      { type: 'toolCall', call: { id, index: 0, name: 'f', arguments: { x: 1 } } },
      { type: 'toolCall', call: { id, index: 1, name: 'f', arguments: {} } },
      { type: 'done' },
    ]);
  });

  it('puts the system text and stored messages of the model first', async () => {
    const model = fakeModel({ system: 'be kind', messages: [{ role: 'user', content: 'old' }] });
    const { inference, works } = setup(model);
    await collect(await inference.chat(chatRequest(), { signal }));
    expect(works[0]?.prompt).toBe('system:be kind;user:old;user:hello;');
    const own = setup(model);
    const messages: Message[] = [
      { role: 'system', content: 'mine' },
      { role: 'user', content: 'x' },
    ];
    await collect(await own.inference.chat(chatRequest({ messages }), { signal }));
    expect(own.works[0]?.prompt).toBe('user:old;system:mine;user:x;');
  });

  it('reports a cut history', async () => {
    const { inference } = setup(fakeModel());
    const messages = ['one', 'two', 'three', 'four', 'five'].map((content) => ({ role: 'user', content }));
    const events = await collect(await inference.chat(chatRequest({ messages }), { signal }));
    expect(events[0]).toEqual({ type: 'truncated', originalTokens: 49, keptTokens: 40 });
    expect(events.at(-1)).toMatchObject({ truncation: { originalTokens: 49, keptTokens: 40 } });
    const cut: TokenEvent = { type: 'truncated', originalTokens: 41, keptTokens: 21 };
    const both = setup(fakeModel(), [[cut, ...texts('a')]]);
    const again = await collect(await both.inference.chat(chatRequest({ messages }), { signal }));
    expect(again[0]).toEqual({ type: 'truncated', originalTokens: 49, keptTokens: 21 });
    expect(again.filter((event) => event.type === 'truncated')).toHaveLength(1);
  });

  it('retries once when the runner dies before its first token, and only then', async () => {
    const died = new CriaError('runner_died', 'gone');
    const early = setup(fakeModel(), [[died], texts('ok')]);
    expect(await collect(await early.inference.chat(chatRequest(), { signal }))).toMatchObject([
      { type: 'content', text: 'ok' },
      { type: 'done' },
    ]);
    expect(early.releasedCount()).toBe(2);
    const twice = setup(fakeModel(), [[died], [died]]);
    await expect(twice.inference.chat(chatRequest(), { signal }).then(collect)).rejects.toBe(died);
    const late = setup(fakeModel(), [[{ type: 'tokens', text: 'a' }, died], texts('b')]);
    await expect(late.inference.chat(chatRequest(), { signal }).then(collect)).rejects.toBe(died);
    expect(late.works).toHaveLength(1);
  });

  it('gives the lease back when the consumer stops', async () => {
    const { inference, releasedCount } = setup(fakeModel(), [texts('a', 'b', 'c')]);
    const answer = await inference.chat(chatRequest(), { signal });
    if (answer.type === 'stream') for await (const _ of answer.events) break;
    expect(releasedCount()).toBe(1);
  });

  it('passes logprobs on even when their text is held back', async () => {
    const logprobs = [{ token: '<thi', logprob: -1, bytes: [60] }];
    const { inference, works } = setup(fakeModel(), [[{ type: 'tokens', text: '<thi', logprobs }, finish]]);
    const request = chatRequest({ logprobs: true, topLogprobs: 2 });
    expect(await collect(await inference.chat(request, { signal }))).toMatchObject([
      { type: 'content', text: '', logprobs },
      { type: 'content', text: '<thi' },
      { type: 'done' },
    ]);
    expect(works[0]?.topLogprobs).toBe(2);
  });

  it('loads and unloads without a stream', async () => {
    const { inference, acquired, unloaded, releasedCount } = setup(fakeModel());
    const load = await inference.chat(chatRequest({ messages: [], keepAliveMs: 5 }), { signal });
    expect(load).toEqual({ type: 'single', event: { type: 'done', reason: 'load' } });
    expect(acquired[0]).toMatchObject({ needsSlot: false, keepAliveMs: 5 });
    expect(releasedCount()).toBe(1);
    const unload = await inference.chat(chatRequest({ messages: [], keepAliveMs: 0 }), { signal });
    expect(unload).toEqual({ type: 'single', event: { type: 'done', reason: 'unload' } });
    expect(unloaded).toEqual(['/blobs/m']);
    expect(acquired).toHaveLength(1);
  });

  it('warns of unknown options', async () => {
    const { inference, warnings } = setup(fakeModel());
    await collect(await inference.chat(chatRequest({ options: { nonsense: 1 } }), { signal }));
    expect(warnings).toEqual([['ignoring unknown options', { model: 'm:latest', options: ['nonsense'] }]]);
  });

  it.each<[string, Partial<ResolvedModel>, string, string]>([
    [
      'a thought of Qwen 3',
      { details: { ...fakeModel().details, family: 'qwen3' } },
      ' <think>\nw</think>\n a',
      'a',
    ],
    [
      'a thought of DeepSeek R1',
      { name: { ...fakeModel().name, model: 'deepseek-r1' } },
      '<think>w</think>a',
      'a',
    ],
    ['a thought without an end', { details: { ...fakeModel().details, family: 'qwen3' } }, '<think>w', ''],
    [
      'no later tags',
      { details: { ...fakeModel().details, family: 'qwen3' } },
      'a <think>w</think>',
      'a <think>w</think>',
    ],
    ['nothing of other models', {}, '<think>w</think>a', '<think>w</think>a'],
  ])('takes %s out of the history', async (_, model, content, kept) => {
    const { inference, works } = setup(fakeModel(model));
    const messages: Message[] = [
      { role: 'assistant', content },
      { role: 'user', content: 'u' },
      { role: 'assistant', content },
    ];
    await collect(await inference.chat(chatRequest({ messages, truncate: false }), { signal }));
    expect(works[0]?.prompt).toBe(`assistant:${kept};user:u;assistant:${content};`);
  });

  const tool = { type: 'function', function: { name: 'f', parameters: {} } };
  const image = new Uint8Array([1]);
  const mllama = { ...fakeModel().details, family: 'mllama', families: ['mllama'] };
  it.each<[string, Partial<ChatRequest>, Partial<ResolvedModel>, { code: string; message: string }]>([
    ['an unknown model', { model: 'x' }, {}, { code: 'model_not_found', message: "model 'x' not found" }],
    [
      'a model with a missing part',
      { model: 'torn' },
      {},
      { code: 'model_not_found', message: 'model "torn" not found, try pulling it first' },
    ],
    [
      'the vision Llama of old',
      {},
      { details: mllama, projectorPaths: ['/blobs/p'] },
      { code: 'load_failed', message: expect.stringMatching(/^'llama3.2-vision' is no longer compatible/) },
    ],
    [
      'several images for it',
      { messages: [{ role: 'user', content: '', images: [image, image] }] },
      { details: mllama },
      {
        code: 'bad_request',
        message: 'this model only supports one image while more than one image requested',
      },
    ],
    [
      'an embedding model',
      {},
      { capabilities: ['embedding'] },
      { code: 'capability_missing', message: '"m" does not support chat' },
    ],
    [
      'tools without the capability',
      { tools: [tool] },
      { capabilities: ['completion'] },
      { code: 'capability_missing', message: 'registry.ollama.ai/library/m:latest does not support tools' },
    ],
    [
      'thinking without the capability',
      { think: 'low' },
      { capabilities: ['completion'] },
      { code: 'capability_missing', message: '"m" does not support thinking' },
    ],
    [
      'thinking from models that learned it later',
      { think: true },
      { capabilities: ['completion'], details: { ...fakeModel().details, family: 'qwen3' } },
      {
        code: 'capability_missing',
        message:
          '"m" does not support thinking. Pull the model again to get the latest version with full thinking support',
      },
    ],
    [
      'thinking from an embedding model, before all else',
      { think: true },
      { capabilities: ['embedding'] },
      { code: 'capability_missing', message: '"m" does not support thinking' },
    ],
    [
      'an option of the wrong type',
      { options: { seed: 'x' } },
      {},
      { code: 'bad_option', message: 'option "seed" must be of type integer' },
    ],
    [
      'images without the capability',
      { messages: [{ role: 'user', content: '', images: [image] }] },
      {},
      { code: 'capability_missing', message: 'registry.ollama.ai/library/m:latest does not support vision' },
    ],
    [
      'images at all',
      { messages: [{ role: 'user', content: '', images: [image] }] },
      { capabilities: ['completion', 'vision'] },
      { code: 'not_implemented', message: 'image input is not implemented yet' },
    ],
  ])('refuses %s before it loads anything', async (_, request, model, error) => {
    const { inference, acquired } = setup(fakeModel(model));
    await expect(inference.chat(chatRequest(request), { signal })).rejects.toMatchObject(error);
    expect(acquired).toEqual([]);
  });

  it('accepts think: false from any model', async () => {
    const { inference } = setup(fakeModel({ capabilities: ['completion'] }));
    const answer = await inference.chat(chatRequest({ think: false }), { signal });
    expect(await collect(answer)).toHaveLength(2);
  });
});

describe('generate', () => {
  it.each<[string, Partial<GenerateRequest>, Partial<ResolvedModel>, Partial<GenerateWork>]>([
    ['a prompt', {}, {}, { prompt: 'user:hello;', returnTokens: true, addSpecial: true }],
    ['a system text', { system: 's' }, { system: 'model' }, { prompt: 'system:s;user:hello;' }],
    ['the system text of the model', {}, { system: 'model' }, { prompt: 'system:model;user:hello;' }],
    ['a raw prompt', { raw: true }, { system: 'model' }, { prompt: 'hello', returnTokens: false }],
    ['a suffix', { suffix: 'end' }, { system: 'model' }, { prompt: '<pre>hello<suf>end' }],
    ['a template of its own', { template: 'T' }, {}, { prompt: 'own T' }],
    [
      'a context',
      { context: [7, 8] },
      { messages: [{ role: 'user', content: 'stored' }] },
      { prompt: 'user:hello;', contextTokens: [7, 8], addSpecial: false },
    ],
    ['num_predict 0', { options: { num_predict: 0 } }, {}, { nPredict: -1 }],
    ['truncate and shift', { truncate: false, shift: false }, {}, { truncate: false, shift: false }],
    [
      'the shift of DeepSeek 2',
      {},
      { details: { ...fakeModel().details, family: 'deepseek2' } },
      { shift: false },
    ],
  ])('renders %s', async (_, request, model, work) => {
    const { inference, works } = setup(fakeModel(model));
    await collect(await inference.generate(generateRequest(request), { signal }));
    expect(works[0]).toMatchObject(work);
  });

  it('knows a thought that the prompt has opened', async () => {
    const { inference } = setup(fakeModel(), [texts('why</think>', 'so')]);
    const request = generateRequest({ raw: true, prompt: 'x <think>\n' });
    expect(await collect(await inference.generate(request, { signal }))).toMatchObject([
      { type: 'thinking', text: 'why' },
      { type: 'content', text: 'so' },
      { type: 'done' },
    ]);
  });

  it('returns the conversation as tokens', async () => {
    const { inference } = setup(fakeModel(), [[{ type: 'finish', reason: 'length', stats, tokens: [1, 2] }]]);
    const events = await collect(await inference.generate(generateRequest(), { signal }));
    expect(events).toMatchObject([{ type: 'done', reason: 'length', context: [1, 2] }]);
  });

  it('renders only, when asked to', async () => {
    const { inference, works } = setup(fakeModel());
    const answer = await inference.generate(generateRequest({ debugRenderOnly: true }), { signal });
    expect(answer).toEqual({ type: 'rendered', text: 'user:hello;', imageCount: 0 });
    const request = generateRequest({ debugRenderOnly: true, context: [7, 8] });
    expect(await inference.generate(request, { signal })).toMatchObject({ text: '<7,8>user:hello;' });
    expect(works).toEqual([]);
  });

  it.each<[string, Partial<GenerateRequest>, Partial<ResolvedModel>, { code: string; message: string }]>([
    [
      'raw with a system text',
      { raw: true, system: 's' },
      {},
      { code: 'bad_request', message: 'raw mode does not support template, system, or context' },
    ],
    [
      'a suffix without the capability',
      { suffix: 's' },
      { capabilities: ['completion'] },
      { code: 'capability_missing', message: 'registry.ollama.ai/library/m:latest does not support insert' },
    ],
    [
      'a template that does not parse',
      { template: 'bad' },
      {},
      { code: 'internal', message: 'template: :1: unexpected' },
    ],
    [
      'an embedding model',
      {},
      { capabilities: ['embedding'] },
      { code: 'capability_missing', message: '"m" does not support generate' },
    ],
    [
      'a model that makes images',
      {},
      { capabilities: ['completion', 'image'] },
      { code: 'capability_missing', message: 'image generation models are not currently supported' },
    ],
  ])('refuses %s', async (_, request, model, error) => {
    const { inference } = setup(fakeModel(model));
    await expect(inference.generate(generateRequest(request), { signal })).rejects.toMatchObject(error);
  });
});
