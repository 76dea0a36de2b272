/** Reads request bodies: bounded, cancellable, whatever the Content-Type says. */
import type { IncomingMessage } from 'node:http';
import type { ObjectSchema } from '../api/schema.ts';
import { CriaError, cancelledError } from '../errors.ts';
import type { JsonValue } from '../types/json.ts';
import { decode } from './decode.ts';
import { RequestError, status } from './errors.ts';
import { type JsonLimits, scanJson } from './json-scan.ts';

export interface BodyLimits extends JsonLimits {
  /** Bytes of one JSON body. */
  readonly maxBodyBytes: number;
  /** Bytes of all JSON bodies that are being read at a time. */
  readonly maxBodyBytesInFlight: number;
  /** A sender of JSON that is silent for so long is disconnected. */
  readonly bodyIdleMs: number;
  /** The same for uploads, which a slow disk may hold up. */
  readonly uploadIdleMs: number;
}

/** Images come as base64 inside of JSON: that is what the size is for. */
export const defaultBodyLimits: BodyLimits = {
  maxBodyBytes: 256 * 1024 * 1024,
  maxBodyBytesInFlight: 1024 * 1024 * 1024,
  bodyIdleMs: 60_000,
  uploadIdleMs: 600_000,
  maxDepth: 512,
  // Several times the longest `context`; each may cost some 40 bytes once parsed.
  maxValues: 1_000_000,
};

/** Reads JSON bodies of all requests of one server. */
export class BodyReader {
  readonly #limits: BodyLimits;
  #bytesInFlight = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  /** The body as `schema` has it. Throws `bad_request`, `RequestError` (too large), `server_busy`, `cancelled`. */
  async read<T>(schema: ObjectSchema<T>, request: IncomingMessage, signal: AbortSignal): Promise<T> {
    const value = await this.#readJson(request, signal);
    if (value === undefined) throw new CriaError('bad_request', 'missing request body');
    return decode(schema, value);
  }

  async #readJson(request: IncomingMessage, signal: AbortSignal): Promise<JsonValue | undefined> {
    const { maxBodyBytes, maxBodyBytesInFlight } = this.#limits;
    if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes);
    const chunks: Buffer[] = [];
    let length = 0;
    try {
      for await (const chunk of chunksOf(request, this.#limits.bodyIdleMs, signal)) {
        length += chunk.length;
        this.#bytesInFlight += chunk.length;
        if (length > maxBodyBytes) throw tooLarge(maxBodyBytes);
        if (this.#bytesInFlight > maxBodyBytesInFlight)
          throw new CriaError('server_busy', 'server busy, please try again.  too many large requests');
        chunks.push(chunk);
      }
      return parseFirstValue(Buffer.concat(chunks, length), this.#limits);
    } finally {
      this.#bytesInFlight -= length;
    }
  }
}

/** The first JSON value of a body; what follows it is ignored. Undefined when there is none. Throws `bad_request`. */
export function parseFirstValue(bytes: Buffer, limits: JsonLimits): JsonValue | undefined {
  const span = scanJson(bytes, limits);
  if (span === undefined) return undefined;
  try {
    // JSON.parse makes nothing but JSON values.
    return JSON.parse(bytes.toString('utf8', span.start, span.end)) as JsonValue;
  } catch (error) {
    // The scanner does not look for control characters in long strings.
    throw new CriaError('bad_request', 'invalid character in string literal', { cause: error });
  }
}

async function* chunksOf(
  request: IncomingMessage,
  idleMs: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const stopWatch = disconnectWhenIdle(request, idleMs);
  try {
    // A reader that stops early still wants to answer on this connection.
    yield* request.iterator({ destroyOnReturn: false });
  } catch (error) {
    if (signal.aborted) throw cancelledError();
    throw new CriaError('cancelled', 'the request body broke off', { cause: error });
  } finally {
    stopWatch();
  }
}

/**
 * Disconnects a sender that stalls in the middle of its body: this, and not the time that an upload takes as a whole, is what
 * slow attackers are held to. Call the result when the body is complete.
 */
export function disconnectWhenIdle(request: IncomingMessage, idleMs: number): () => void {
  request.setTimeout(idleMs, () => request.destroy());
  return () => request.setTimeout(0);
}

function tooLarge(maxBytes: number): RequestError {
  return new RequestError(status.payloadTooLarge, `request body larger than ${maxBytes} bytes`);
}
