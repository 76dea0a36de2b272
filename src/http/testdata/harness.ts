/** Test helper: the app on a free port with fakes behind it, and a bare HTTP client that sends what it is told. */
import { type IncomingHttpHeaders, request } from 'node:http';
import { onTestFinished } from 'vitest';
import type {
  Answer,
  ChatRequest,
  DetokenizeAnswer,
  DetokenizeRequest,
  EmbedAnswer,
  EmbedRequest,
  GenerateRequest,
  Inference,
  LegacyEmbedRequest,
  RerankAnswer,
  RerankRequest,
  TokenizeAnswer,
  TokenizeRequest,
} from '../../inference/types.ts';
import type { CreateRequest, Library, ListedModel, LoadedModel, Progress, ShownModel, VerifyEvent } from '../../library/types.ts';
import { createLogger } from '../../log.ts';
import type { AnswerEvent, Metrics } from '../../types/events.ts';
import type { ModelDetails } from '../../types/model.ts';
import { type App, type AppOptions, createApp } from '../app.ts';

export const details: ModelDetails = {
  parentModel: '',
  format: 'gguf',
  family: 'llama',
  families: ['llama'],
  parameterSize: '260K',
  quantizationLevel: 'F32',
  contextLength: 512,
  embeddingLength: 64,
};

export const metrics: Metrics = {
  promptTokens: 5,
  cachedTokens: 2,
  promptDurationNs: 1_000,
  generatedTokens: 3,
  generationDurationNs: 2_000,
  totalDurationNs: 4_000,
  loadDurationNs: 500,
};

const durations = { totalDurationNs: 30, loadDurationNs: 10 };

export const done: AnswerEvent = { type: 'done', reason: 'stop', metrics };

export function content(text: string): AnswerEvent {
  return { type: 'content', text };
}

/** An answer that streams these events, or throws where an error stands. */
export function answer(...events: readonly (AnswerEvent | Error)[]): Answer {
  async function* generate(): AsyncGenerator<AnswerEvent> {
    for (const event of events) {
      if (event instanceof Error) throw event;
      yield event;
    }
  }
  return { type: 'stream', events: generate() };
}

export const listed: ListedModel = {
  name: 'stories:latest',
  digest: 'a'.repeat(64),
  modifiedAt: new Date('2026-11-23T10:00:00.120Z'),
  sizeBytes: 1_000_000,
  details,
  capabilities: ['completion'],
};

export const loaded: LoadedModel = {
  name: 'stories:latest',
  digest: 'a'.repeat(64),
  sizeBytes: 2_000_000,
  sizeVramBytes: 0,
  details: { ...details, parentModel: 'x' },
  expiresAt: new Date('2026-11-23T10:05:00Z'),
  nCtx: 512,
};

export const shown: ShownModel = {
  license: '',
  modelfile: 'FROM x',
  parameters: '',
  template: '{{ .Prompt }}',
  system: '',
  renderer: '',
  parser: '',
  details,
  messages: [],
  modelInfo: { 'general.architecture': 'llama', 'general.size': 2n ** 63n, 'tokenizer.ggml.tokens': null },
  projectorInfo: undefined,
  tensors: [{ name: 'output.weight', type: 'F32', shape: [64, 512] }],
  capabilities: ['completion'],
  modifiedAt: listed.modifiedAt,
  requires: '',
};

/** What the fakes were asked, in order. */
export interface Calls {
  readonly chat: ChatRequest[];
  readonly generate: GenerateRequest[];
  readonly create: CreateRequest[];
  readonly embed: (EmbedRequest | LegacyEmbedRequest)[];
  readonly rerank: RerankRequest[];
  readonly tokens: (TokenizeRequest | DetokenizeRequest)[];
  readonly other: unknown[][];
  readonly signals: AbortSignal[];
}

export interface Fakes {
  chat?: (request: ChatRequest, signal: AbortSignal) => Answer | Promise<Answer>;
  generate?: (request: GenerateRequest, signal: AbortSignal) => Answer | Promise<Answer>;
  embed?: (request: EmbedRequest) => EmbedAnswer;
  embedLegacy?: (request: LegacyEmbedRequest) => Float32Array;
  rerank?: (request: RerankRequest) => RerankAnswer;
  tokenize?: (request: TokenizeRequest) => TokenizeAnswer;
  detokenize?: (request: DetokenizeRequest) => DetokenizeAnswer;
  library?: Partial<Library>;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface CallOptions {
  /** Sent as it is when it is text or bytes, as JSON otherwise. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Harness {
  readonly app: App;
  readonly url: string;
  readonly port: number;
  readonly calls: Calls;
  readonly logLines: string[];
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
}

/** Starts the app; it is closed when the test ends. */
export async function start(
  fakes: Fakes = {},
  options: Partial<AppOptions> = {},
  host = '127.0.0.1',
): Promise<Harness> {
  const calls: Calls = { chat: [], generate: [], create: [], embed: [], rerank: [], tokens: [], other: [], signals: [] };
  const inference: Inference = {
    chat: async (chatRequest, { signal }) => {
      calls.chat.push(chatRequest);
      calls.signals.push(signal);
      return fakes.chat?.(chatRequest, signal) ?? answer(content('hi'), done);
    },
    generate: async (generateRequest, { signal }) => {
      calls.generate.push(generateRequest);
      calls.signals.push(signal);
      return fakes.generate?.(generateRequest, signal) ?? answer(content('hi'), done);
    },
    embed: async (embedRequest) => {
      calls.embed.push(embedRequest);
      const vectors = embedRequest.inputs.map(() => Float32Array.of(0.6, -0.8));
      return fakes.embed?.(embedRequest) ?? { vectors, promptTokens: 7, ...durations };
    },
    embedLegacy: async (embedRequest) => {
      calls.embed.push(embedRequest);
      return fakes.embedLegacy?.(embedRequest) ?? Float32Array.of(1.5, -2);
    },
    rerank: async (rerankRequest) => {
      calls.rerank.push(rerankRequest);
      const results = rerankRequest.documents.map((_, index) => ({ index, score: 1 / (index + 1) }));
      return fakes.rerank?.(rerankRequest) ?? { results, promptTokens: 9, ...durations };
    },
    tokenize: async (tokenizeRequest) => {
      calls.tokens.push(tokenizeRequest);
      return fakes.tokenize?.(tokenizeRequest) ?? { tokens: [1, 2], ...durations };
    },
    detokenize: async (detokenizeRequest) => {
      calls.tokens.push(detokenizeRequest);
      return fakes.detokenize?.(detokenizeRequest) ?? { text: 'hi', ...durations };
    },
  };
  const library: Library = {
    list: async () => [listed],
    listLoaded: () => [loaded],
    show: async (showRequest) => {
      calls.other.push(['show', showRequest]);
      return shown;
    },
    create: async function* (createRequest): AsyncGenerator<Progress> {
      calls.create.push(createRequest);
      yield { status: 'parsing GGUF' };
      yield { status: 'success' };
    },
    pull: async function* (request): AsyncGenerator<Progress> {
      calls.other.push(['pull', request]);
      yield { status: 'pulling manifest' };
      yield { status: 'success' };
    },
    push: async function* (request): AsyncGenerator<Progress> {
      calls.other.push(['push', request]);
      yield { status: 'retrieving manifest' };
      yield { status: 'success' };
    },
    verify: async function* (models): AsyncGenerator<VerifyEvent> {
      calls.other.push(['verify', models]);
      yield { type: 'progress', totalBytes: 10, completedBytes: 10 };
      yield { type: 'done', nModels: 1, nBlobs: 2, totalBytes: 10, damage: [], madeHere: [] };
    },
    copy: async (source, destination) => {
      calls.other.push(['copy', source, destination]);
    },
    remove: async (model) => {
      calls.other.push(['remove', model]);
    },
    hasBlob: async () => true,
    putBlob: async (digest, body) => {
      let length = 0;
      for await (const chunk of body) length += chunk.length;
      calls.other.push(['putBlob', digest, length]);
      return { existed: false };
    },
    ...fakes.library,
  };
  const logLines: string[] = [];
  const app = createApp({
    inference,
    library,
    version: '0.33.0',
    criaVersion: '0.1.0',
    log: createLogger('info', (line) => logLines.push(line)),
    ...options,
  });
  const url = await app.listen({ host, port: 0 });
  onTestFinished(() => app.close());
  const port = Number(new URL(url).port);
  return { app, url, port, calls, logLines, call: (method, path, more) => call(port, method, path, more) };
}

/** One request on a connection of its own. */
export function call(
  port: number,
  method: string,
  path: string,
  { body, headers = {} }: CallOptions = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ port, host: '127.0.0.1', method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    outgoing.on('error', reject);
    const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    const bytes = isRaw ? body : JSON.stringify(body);
    if (bytes !== undefined && headers['content-length'] === undefined && headers['transfer-encoding'] === undefined)
      outgoing.setHeader('content-length', Buffer.byteLength(bytes));
    outgoing.end(bytes);
  });
}

/** The lines of an NDJSON text, parsed. */
export function lines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
