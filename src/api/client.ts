/** The HTTP client of the command line: every endpoint as a method, streams as async iterables. */
import type { JsonObject } from '../types/json.ts';
import { ApiError, ProtocolError } from './errors.ts';
import { readLines } from './ndjson.ts';
import { type Exchange, exchange, parseObject, readBody, readJson, requireOk } from './transport.ts';
import type {
  ChatRequest,
  ChatResponse,
  CreateRequest,
  DetokenizeRequest,
  DetokenizeResponse,
  EmbedRequest,
  EmbedResponse,
  GenerateRequest,
  GenerateResponse,
  ListResponse,
  ProgressResponse,
  PsResponse,
  RerankRequest,
  RerankResponse,
  ShowRequest,
  ShowResponse,
  TokenizeRequest,
  TokenizeResponse,
  TransferRequest,
  VerifyRequest,
  VerifyResponse,
  VersionResponse,
} from './types.ts';

export interface CallOptions {
  /** Cancels the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface LoadOptions extends CallOptions {
  /** As on the wire: seconds, or a duration such as "5m"; negative = for ever. */
  readonly keepAlive?: string | number;
}

export interface PutBlobOptions extends CallOptions {
  /** Length of the body, when it is known: sent as Content-Length. */
  readonly sizeBytes?: number;
  /** Called with the number of bytes handed to the socket so far. */
  readonly onProgress?: (sentBytes: number) => void;
}

export interface ServerVersion extends VersionResponse {
  /** cria's own version; undefined when another program answers. */
  readonly criaVersion: string | undefined;
}

/** The longest line of a stream: the last one may carry the token ids of a whole conversation. */
const maxLineBytes = 64 * 1024 * 1024;

/**
 * Talks to one server. Methods throw `ApiError` (the server said no), `ConnectionError` (nobody there, or gone),
 * `ProtocolError` (something else is there), or the signal's reason. There are no timeouts: loading a model may take as
 * long as it takes; pass a signal to bound a call.
 */
export class CriaClient {
  readonly baseUrl: URL;

  constructor(baseUrl: string | URL) {
    this.baseUrl = new URL(baseUrl);
  }

  /** HEAD /: resolves when a server answers. */
  async heartbeat(options?: CallOptions): Promise<void> {
    await this.#finish({ method: 'HEAD', path: '/', ...options });
  }

  async version(options?: CallOptions): Promise<ServerVersion> {
    const response = await this.#open({ method: 'GET', path: '/api/version', ...options });
    const { version } = await readJson(response, options?.signal);
    if (typeof version !== 'string') throw new ProtocolError('the server did not tell its version');
    const criaVersion = response.headers['x-cria-version'];
    return { version, criaVersion: typeof criaVersion === 'string' ? criaVersion : undefined };
  }

  async list(options?: CallOptions): Promise<ListResponse> {
    return trusted(requireList(await this.#json({ method: 'GET', path: '/api/tags', ...options }), 'models'));
  }

  /** The models in memory. */
  async ps(options?: CallOptions): Promise<PsResponse> {
    return trusted(requireList(await this.#json({ method: 'GET', path: '/api/ps', ...options }), 'models'));
  }

  async show(request: ShowRequest, options?: CallOptions): Promise<ShowResponse> {
    return trusted(await this.#json({ method: 'POST', path: '/api/show', json: request, ...options }));
  }

  /** Yields chunks as they come; the last one has `done: true`. Leaving the loop cancels the generation. */
  generate(request: GenerateRequest, options?: CallOptions): AsyncGenerator<GenerateResponse, void> {
    return this.#lines('/api/generate', { ...request, stream: true }, options);
  }

  /** Yields chunks as they come; the last one has `done: true`. Leaving the loop cancels the generation. */
  chat(request: ChatRequest, options?: CallOptions): AsyncGenerator<ChatResponse, void> {
    return this.#lines('/api/chat', { ...request, stream: true }, options);
  }

  /** One vector for each input. */
  async embed(request: EmbedRequest, options?: CallOptions): Promise<EmbedResponse> {
    const answer = await this.#json({ method: 'POST', path: '/api/embed', json: request, ...options });
    return trusted(requireList(answer, 'embeddings'));
  }

  /** Sorts documents by how well they answer a query. */
  async rerank(request: RerankRequest, options?: CallOptions): Promise<RerankResponse> {
    const answer = await this.#json({ method: 'POST', path: '/api/rerank', json: request, ...options });
    return trusted(requireList(answer, 'results'));
  }

  async tokenize(request: TokenizeRequest, options?: CallOptions): Promise<TokenizeResponse> {
    const answer = await this.#json({ method: 'POST', path: '/api/tokenize', json: request, ...options });
    return trusted(requireList(answer, 'tokens'));
  }

  async detokenize(request: DetokenizeRequest, options?: CallOptions): Promise<DetokenizeResponse> {
    return trusted(await this.#json({ method: 'POST', path: '/api/detokenize', json: request, ...options }));
  }

  /** Loads a model into memory without generating. */
  async load(model: string, { keepAlive, signal }: LoadOptions = {}): Promise<void> {
    const json = { model, ...(keepAlive === undefined ? {} : { keep_alive: keepAlive }) };
    await this.#finish({ method: 'POST', path: '/api/generate', json, ...optional(signal) });
  }

  /** Unloads a model as soon as it is idle. */
  async unload(model: string, { signal }: CallOptions = {}): Promise<void> {
    const json = { model, keep_alive: 0 };
    await this.#finish({ method: 'POST', path: '/api/generate', json, ...optional(signal) });
  }

  /** Yields progress; the last line has the status `success`. */
  create(request: CreateRequest, options?: CallOptions): AsyncGenerator<ProgressResponse, void> {
    return this.#lines('/api/create', { ...request, stream: true }, options);
  }

  /** Yields progress; the last line has the status `success`. */
  pull(request: TransferRequest, options?: CallOptions): AsyncGenerator<ProgressResponse, void> {
    return this.#lines('/api/pull', { ...request, stream: true }, options);
  }

  /** Yields progress; the last line has the status `success`. */
  push(request: TransferRequest, options?: CallOptions): AsyncGenerator<ProgressResponse, void> {
    return this.#lines('/api/push', { ...request, stream: true }, options);
  }

  /** Yields progress and damage; the last line has the status `success`, however much is damaged. */
  verify(request: VerifyRequest, options?: CallOptions): AsyncGenerator<VerifyResponse, void> {
    return this.#lines('/api/verify', { ...request, stream: true }, options);
  }

  async copy(source: string, destination: string, options?: CallOptions): Promise<void> {
    await this.#finish({ method: 'POST', path: '/api/copy', json: { source, destination }, ...options });
  }

  async delete(model: string, options?: CallOptions): Promise<void> {
    await this.#finish({ method: 'DELETE', path: '/api/delete', json: { model }, ...options });
  }

  async hasBlob(digest: string, options?: CallOptions): Promise<boolean> {
    const response = await exchange(this.baseUrl, { method: 'HEAD', path: blobPath(digest), ...options });
    response.resume();
    if (response.statusCode === 404) return false;
    await requireOk(response, options?.signal);
    return true;
  }

  /** Uploads a blob, e.g. from `fs.createReadStream`; the server checks it against `digest` (`sha256:…`). */
  async putBlob(digest: string, body: AsyncIterable<Uint8Array>, options?: PutBlobOptions): Promise<void> {
    await this.#finish({ method: 'POST', path: blobPath(digest), body, ...options });
  }

  async #open(call: Exchange): Promise<Awaited<ReturnType<typeof exchange>>> {
    const response = await exchange(this.baseUrl, call);
    await requireOk(response, call.signal);
    return response;
  }

  async #json(call: Exchange): Promise<JsonObject> {
    return readJson(await this.#open(call), call.signal);
  }

  /** For answers whose body does not matter; it is read all the same, so that the connection can serve again. */
  async #finish(call: Exchange): Promise<void> {
    for await (const _ of readBody(await this.#open(call), call.signal));
  }

  async *#lines<T>(path: string, json: unknown, { signal }: CallOptions = {}): AsyncGenerator<T, void> {
    const response = await this.#open({ method: 'POST', path, json, ...optional(signal) });
    for await (const line of readLines(readBody(response, signal), maxLineBytes)) {
      const value = parseObject(line);
      if (typeof value.error === 'string') throw new ApiError(value.error, 200);
      yield trusted(value);
    }
  }
}

function blobPath(digest: string): string {
  return `/api/blobs/${encodeURIComponent(digest)}`;
}

function optional(signal: AbortSignal | undefined): CallOptions {
  return signal === undefined ? {} : { signal };
}

function requireList(value: JsonObject, key: string): JsonObject {
  if (!Array.isArray(value[key])) throw new ProtocolError(`the server's answer has no list "${key}"`);
  return value;
}

/** What lies inside an answer is taken at the server's word: it is the user's own, and nothing but printing follows. */
function trusted<T>(value: JsonObject): T {
  return value as unknown as T;
}
