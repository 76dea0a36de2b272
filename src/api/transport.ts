/** One HTTP exchange with the server, on node:http: unlike `fetch` it has no time limit for headers or bodies. */
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import type { JsonObject } from '../types/json.ts';
import { ApiError, ConnectionError, ProtocolError } from './errors.ts';

export interface Exchange {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  /** Absolute, with a leading slash. */
  readonly path: string;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is; not together with `json`. */
  readonly body?: AsyncIterable<Uint8Array>;
  readonly sizeBytes?: number;
  readonly onProgress?: (sentBytes: number) => void;
  readonly signal?: AbortSignal;
}

/** The largest JSON answer that is read: `show` with a whole vocabulary takes a few MB. */
const maxBodyBytes = 256 * 1024 * 1024;
const maxErrorBytes = 1024 * 1024;

/** Sends a request and resolves with the answer's head; its body is still to be read. Statuses are not looked at. */
export async function exchange(baseUrl: URL, call: Exchange): Promise<IncomingMessage> {
  const { signal } = call;
  const url = new URL(baseUrl.pathname.replace(/\/$/, '') + call.path, baseUrl);
  // TLS takes its time to load and is hardly ever wanted.
  const send = url.protocol === 'https:' ? (await import('node:https')).request : requestHttp;
  signal?.throwIfAborted();
  const text = call.json === undefined ? undefined : JSON.stringify(call.json);
  const headers: Record<string, string | number> = { accept: 'application/json' };
  if (text !== undefined) {
    headers['content-type'] = 'application/json';
    headers['content-length'] = Buffer.byteLength(text);
  } else if (call.body !== undefined) {
    headers['content-type'] = 'application/octet-stream';
    if (call.sizeBytes !== undefined) headers['content-length'] = call.sizeBytes;
  }

  const request = send(url, { method: call.method, headers });
  abortWith(request, signal);
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    // Stays on after the answer has come: an upload that is cut short then has nobody else to tell.
    request.on('error', (error) => {
      reject(new ConnectionError(`cannot talk to ${url.origin}: ${messageOf(error)}`, error));
    });
  });
  try {
    if (call.body === undefined) {
      request.end(text);
      return await answered;
    }
    const uploaded = upload(call.body, call);
    return await Promise.race([answered, uploaded.then(() => answered)]);
  } catch (error) {
    request.destroy();
    signal?.throwIfAborted();
    // The server has closed a connection that was kept for later, perhaps while the request was on its way. Each further try
    // uses up such a connection or a new one.
    if (isHarmless(call) && request.reusedSocket && !isRefused(error)) return exchange(baseUrl, call);
    throw error;
  }

  /** Stops, without an error, when the server answers before it has seen everything. */
  async function upload(body: AsyncIterable<Uint8Array>, { onProgress, sizeBytes }: Exchange): Promise<void> {
    let isOver = false;
    let response: IncomingMessage | undefined;
    const ended = new Promise<void>((resolve) => {
      const stop = (answer?: IncomingMessage): void => {
        response = answer;
        isOver = true;
        resolve();
      };
      request.once('response', stop).once('close', stop);
    });
    let sentBytes = 0;
    for await (const chunk of body) {
      if (isOver) break;
      if (!request.write(chunk)) {
        const drained = new Promise<void>((resolve) => request.once('drain', resolve));
        await Promise.race([drained, ended]);
      }
      sentBytes += chunk.length;
      onProgress?.(sentBytes);
      if (sentBytes === sizeBytes) break;
    }
    // Without its end, a request keeps its connection open, and this process alive, until the server loses patience. Where the
    // server did not want the rest of the body, the connection is of no more use.
    if (!isOver || sentBytes === sizeBytes) request.end();
    else if (response?.closed === false) response.once('close', () => request.destroy());
    else request.destroy();
  }
}

/** Asked twice, it does what it does when asked once. */
function isHarmless({ method }: Exchange): boolean {
  return method === 'GET' || method === 'HEAD';
}

function isRefused(error: unknown): boolean {
  return error instanceof ConnectionError && error.isRefused;
}

/**
 * Ends the exchange when the signal fires. Node's own `signal` option would also destroy an answer that has come as a whole but
 * is not read yet, with an error that nobody listens for.
 */
function abortWith(request: ClientRequest, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  let response: IncomingMessage | undefined;
  const onAbort = (): void => {
    if (response?.complete !== true) request.destroy();
  };
  request.once('response', (answer) => {
    response = answer;
  });
  signal.addEventListener('abort', onAbort, { once: true });
  request.once('close', () => signal.removeEventListener('abort', onAbort));
}

/** Throws the server's error unless the status is a success. */
export async function requireOk(response: IncomingMessage, signal?: AbortSignal): Promise<void> {
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return;
  const text = await readText(response, maxErrorBytes, signal);
  throw new ApiError(errorText(text) ?? plainText(text) ?? `status ${status}`, status);
}

/** A line that somebody may have written to be read; undefined for the pages that web servers and proxies answer with. */
function plainText(text: string): string | undefined {
  const line = text.trim();
  return line === '' || line.includes('\n') || line.startsWith('<') ? undefined : line;
}

/** Reads a whole JSON answer; `signal` is the one that the exchange was made with. */
export async function readJson(response: IncomingMessage, signal?: AbortSignal): Promise<JsonObject> {
  return parseObject(await readText(response, maxBodyBytes, signal));
}

/** A JSON object, or `ProtocolError`. */
export function parseObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ProtocolError('the server sent something that is not JSON', error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ProtocolError('the server sent JSON that is not an object');
  // JSON.parse makes nothing but JSON values.
  return value as JsonObject;
}

/** The body's bytes; a broken connection becomes `ConnectionError`, a fired signal its reason. */
export async function* readBody(
  response: IncomingMessage,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* response;
  } catch (error) {
    signal?.throwIfAborted();
    throw new ConnectionError('the server closed the connection', error);
  }
}

async function readText(response: IncomingMessage, maxBytes: number, signal?: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of readBody(response, signal)) {
    length += chunk.length;
    if (length > maxBytes) throw new ProtocolError(`the server sent more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length).toString('utf8');
}

/** The text of `{"error": …}`, in Ollama's form or in OpenAI's. */
function errorText(body: string): string | undefined {
  let error: unknown;
  try {
    error = parseObject(body).error;
  } catch {
    return undefined; // not JSON: a proxy's page, say
  }
  if (typeof error === 'object' && error !== null && 'message' in error) error = error.message;
  return typeof error === 'string' && error !== '' ? error : undefined;
}

/** Node leaves the message empty when several addresses were tried. */
function messageOf(error: Error): string {
  if (error.message !== '' || !(error instanceof AggregateError)) return error.message;
  return error.errors.map((one: unknown) => (one instanceof Error ? one.message : String(one))).join('; ');
}
