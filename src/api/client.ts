/** The HTTP client of the command line: every endpoint as a method, streams as async iterables. */
import type {
  ChatRequest,
  ChatResponse,
  CreateRequest,
  GenerateRequest,
  GenerateResponse,
  ListResponse,
  ProgressResponse,
  PsResponse,
  ShowRequest,
  ShowResponse,
  VersionResponse,
} from './types.ts';

export interface CallOptions {
  /** Cancels the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface PutBlobOptions extends CallOptions {
  /** Length of the body, when it is known: sent as Content-Length. */
  readonly sizeBytes?: number;
  /** Called with the number of bytes handed to the socket so far. */
  readonly onProgress?: (sentBytes: number) => void;
}

/**
 * Talks to one server. Methods throw `ApiError` (the server said no), `ConnectionError` (nobody there, or gone), or the
 * signal's reason. There are no timeouts: loading a model may take as long as it takes; pass a signal to bound a call.
 */
export class CriaClient {
  readonly baseUrl: URL;

  constructor(baseUrl: string | URL) {
    this.baseUrl = new URL(baseUrl);
  }

  /** HEAD /: resolves when a server answers. */
  async heartbeat(_options?: CallOptions): Promise<void> {
    throw new Error('pending');
  }

  async version(_options?: CallOptions): Promise<VersionResponse> {
    throw new Error('pending');
  }

  async list(_options?: CallOptions): Promise<ListResponse> {
    throw new Error('pending');
  }

  /** The models in memory. */
  async ps(_options?: CallOptions): Promise<PsResponse> {
    throw new Error('pending');
  }

  async show(_request: ShowRequest, _options?: CallOptions): Promise<ShowResponse> {
    throw new Error('pending');
  }

  /** Yields chunks as they come; the last one has `done: true`. Leaving the loop cancels the generation. */
  generate(_request: GenerateRequest, _options?: CallOptions): AsyncGenerator<GenerateResponse, void> {
    throw new Error('pending');
  }

  /** Yields chunks as they come; the last one has `done: true`. Leaving the loop cancels the generation. */
  chat(_request: ChatRequest, _options?: CallOptions): AsyncGenerator<ChatResponse, void> {
    throw new Error('pending');
  }

  /** Loads a model into memory without generating. `keepAlive` as on the wire. */
  async load(_model: string, _options?: CallOptions & { keepAlive?: string | number }): Promise<void> {
    throw new Error('pending');
  }

  /** Unloads a model as soon as it is idle. */
  async unload(_model: string, _options?: CallOptions): Promise<void> {
    throw new Error('pending');
  }

  /** Yields progress; the last line has the status `success`. */
  create(_request: CreateRequest, _options?: CallOptions): AsyncGenerator<ProgressResponse, void> {
    throw new Error('pending');
  }

  async copy(_source: string, _destination: string, _options?: CallOptions): Promise<void> {
    throw new Error('pending');
  }

  async delete(_model: string, _options?: CallOptions): Promise<void> {
    throw new Error('pending');
  }

  async hasBlob(_digest: string, _options?: CallOptions): Promise<boolean> {
    throw new Error('pending');
  }

  /** Uploads a blob, e.g. from `fs.createReadStream`; the server checks it against `digest` (`sha256:…`). */
  async putBlob(_digest: string, _body: AsyncIterable<Uint8Array>, _options?: PutBlobOptions): Promise<void> {
    throw new Error('pending');
  }
}
