/** Sends one blob: an upload session of the registry, filled chunk by chunk. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { CriaError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { StoredBlob } from '../../store/blobs.ts';
import { planParts } from '../download/part.ts';
import { PassingFailure, upstreamError } from '../failure.ts';
import { retry } from '../retry.ts';
import type { Session } from '../session.ts';
import type { RegistrySettings } from '../settings.ts';
import { dropBody, isPassing, statusError } from '../transport/body.ts';
import type { Answer } from '../transport/transport.ts';

export interface UploadDeps {
  readonly settings: RegistrySettings;
  readonly log: Logger;
}

interface Chunk {
  readonly index: number;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** What the registry says to a chunk. */
interface ChunkAnswer {
  /** Where the following chunk goes. */
  readonly next: URL;
  /** Where this one is to be sent instead. */
  readonly target: URL | undefined;
}

const octets = 'application/octet-stream';
/** How much of a file is read at a time. */
const readBytes = 256 * 1024;

/** The registry has lost the upload session, or has another idea of how far it got. */
class LostUpload extends CriaError {
  constructor(host: string) {
    super('upstream', `${host} has lost the upload`);
  }
}

/** A blob on its way. */
export class Upload {
  readonly #deps: UploadDeps;
  readonly #session: Session;
  readonly #blob: StoredBlob;
  readonly #chunks: readonly Chunk[];
  readonly #signal: AbortSignal;
  /** The registry has its chunks sent elsewhere, each by itself. */
  #isRedirecting = false;
  /** Bytes sent of each chunk. */
  readonly #sent: number[] = [];
  /** md5 of each chunk, for the registry's multi-part entity tag. */
  readonly #hashes: Buffer[] = [];

  constructor(deps: UploadDeps, session: Session, blob: StoredBlob, signal: AbortSignal) {
    this.#deps = deps;
    this.#session = session;
    this.#blob = blob;
    this.#signal = signal;
    const { minChunkBytes, maxChunkBytes } = deps.settings;
    const sizes = { count: 16, minBytes: minChunkBytes, maxBytes: maxChunkBytes };
    this.#chunks = planParts(blob.sizeBytes, sizes).map(({ index, offset, size }) => ({
      index,
      start: offset,
      end: offset + size,
    }));
  }

  get completedBytes(): number {
    return this.#sent.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** `mountFrom`: a repository of the same registry that may have the blob; it is then not sent. */
  async run(mountFrom: string | undefined): Promise<void> {
    let nStarts = 0;
    // Registries drop a session whose connection broke off in the middle of a chunk: then all begins anew.
    await this.#retry(async () => {
      this.#sent.length = 0;
      const upload = await this.#begin(nStarts++ === 0 ? mountFrom : undefined);
      if (upload === undefined) return;
      try {
        await this.#commit(await this.#sendChunks(upload));
      } catch (error) {
        if (!(error instanceof LostUpload)) throw error;
        throw new PassingFailure(error.message, { cause: error });
      }
    });
    for (const { index, start, end } of this.#chunks) this.#sent[index] = end - start;
  }

  /** The address of a new upload session; undefined when the blob was mounted. */
  async #begin(mountFrom: string | undefined): Promise<URL | undefined> {
    const url = this.#session.uploadsUrl();
    if (mountFrom !== undefined) {
      url.searchParams.set('mount', this.#blob.digest);
      url.searchParams.set('from', mountFrom);
    }
    return this.#retry(async () => {
      const answer = await this.#session.send({
        method: 'POST',
        url,
        headers: { 'content-length': '0' },
        signal: this.#signal,
      });
      await this.#requireSuccess(answer);
      return answer.status === 201 ? undefined : this.#nextUrl(answer);
    });
  }

  /** Returns the address to commit at. */
  async #sendChunks(first: URL): Promise<URL> {
    const redirected: Promise<void>[] = [];
    const broken = new AbortController();
    let url = first;
    try {
      for (const chunk of this.#chunks) {
        broken.signal.throwIfAborted();
        const answer = await this.#sendChunk(url, chunk);
        if (answer.target !== undefined) {
          const sending = this.#sendElsewhere(answer.target, chunk, broken.signal);
          sending.catch((error: unknown) => broken.abort(error));
          redirected.push(sending);
          if (redirected.length >= this.#deps.settings.parallelParts) await redirected.shift();
        }
        url = answer.next;
      }
      await Promise.all(redirected);
      return url;
    } catch (error) {
      broken.abort(error);
      await Promise.allSettled(redirected);
      throw broken.signal.reason ?? error;
    }
  }

  /** After a failure the registry is asked how much of the chunk has arrived, and gets the rest. */
  async #sendChunk(url: URL, chunk: Chunk): Promise<ChunkAnswer> {
    let at = { url, start: chunk.start };
    let isRepeat = false;
    return this.#retry(async () => {
      if (isRepeat && !this.#isRedirecting) at = await this.#state(at.url, chunk);
      isRepeat = true;
      if (at.start === chunk.end) return { next: at.url, target: undefined };
      return this.#patch(at.url, { ...chunk, start: at.start });
    });
  }

  /** How far the registry has come with the upload, and where it goes on. */
  async #state(url: URL, chunk: Chunk): Promise<{ url: URL; start: number }> {
    const answer = await this.#session.send({ method: 'GET', url, signal: this.#signal });
    if (isPassing(answer.status)) throw await statusError(answer, this.#signal);
    await dropBody(answer);
    const last = /^(?:bytes=)?0-(\d+)$/.exec(answer.header('range') ?? '')?.[1];
    if (answer.status !== 204 || last === undefined) throw new LostUpload(url.host);
    // Registries say 0-0 for nothing, too; no chunk is as short as one byte.
    const start = last === '0' ? 0 : Number(last) + 1;
    if (start < chunk.start || start > chunk.end) throw new LostUpload(url.host);
    return { url: this.#nextUrl(answer), start };
  }

  async #patch(url: URL, chunk: Chunk): Promise<ChunkAnswer> {
    const answer = await this.#session.send({
      method: 'PATCH',
      url,
      headers: {
        'content-type': octets,
        'content-length': String(chunk.end - chunk.start),
        'content-range': `${chunk.start}-${chunk.end - 1}`,
        'x-redirect-uploads': '1',
      },
      body: () => this.#read(chunk),
      signal: this.#signal,
    });
    if (answer.status === 307) {
      this.#isRedirecting = true;
      this.#sent[chunk.index] = 0;
      const location = answer.header('location');
      await dropBody(answer);
      if (location === undefined) throw upstreamError(`${url.host} redirects to nowhere`);
      return { next: this.#nextUrl(answer), target: this.#session.resolve(location, url) };
    }
    // 416: the registry has more or less of it than we think.
    if (answer.status === 404 || answer.status === 416) {
      await dropBody(answer);
      throw new LostUpload(url.host);
    }
    await this.#requireSuccess(answer);
    return { next: this.#nextUrl(answer), target: undefined };
  }

  /** Sends a chunk to where the registry keeps its data; it has no business with our token. */
  async #sendElsewhere(target: URL, chunk: Chunk, broken: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([this.#signal, broken]);
    await this.#retry(async () => {
      const answer = await this.#session.sendBare({
        method: 'PUT',
        url: target,
        headers: { 'content-type': octets, 'content-length': String(chunk.end - chunk.start) },
        body: () => this.#read(chunk),
        signal,
      });
      await this.#requireSuccess(answer);
    }, signal);
  }

  async #commit(url: URL): Promise<void> {
    const target = new URL(url);
    const digests = createHash('md5').update(Buffer.concat(this.#hashes)).digest('hex');
    target.searchParams.set('digest', this.#blob.digest);
    target.searchParams.set('etag', `${digests}-${this.#chunks.length}`);
    await this.#retry(async () => {
      const answer = await this.#session.send({
        method: 'PUT',
        url: target,
        headers: { 'content-type': octets, 'content-length': '0' },
        signal: this.#signal,
      });
      await this.#requireSuccess(answer);
    });
  }

  /** The bytes of a chunk, counted and hashed as they go out. */
  #read({ index, start, end }: Chunk): Readable {
    const file = createReadStream(this.#blob.path, { start, end: end - 1, highWaterMark: readBytes });
    const hash = createHash('md5');
    // What came before `start` has arrived with an earlier attempt.
    this.#sent[index] = start - (this.#chunks[index]?.start ?? start);
    const count = (bytes: number): void => {
      this.#sent[index] = (this.#sent[index] ?? 0) + bytes;
    };
    const keep = (): void => {
      this.#hashes[index] = hash.digest();
    };
    let left = end - start;
    async function* pass(): AsyncGenerator<Buffer> {
      for await (const chunk of file as AsyncIterable<Buffer>) {
        hash.update(chunk);
        left -= chunk.length;
        // Before the last piece goes out: nobody need ask for more behind it.
        if (left === 0) keep();
        yield chunk;
        count(chunk.length);
      }
    }
    return Readable.from(pass(), { objectMode: false, highWaterMark: readBytes });
  }

  #nextUrl(answer: Answer): URL {
    const location = answer.header('docker-upload-location') ?? answer.header('location');
    if (location === undefined) throw upstreamError(`${answer.url.host} did not tell where to upload to`);
    return this.#session.resolve(location, answer.url);
  }

  async #requireSuccess(answer: Answer): Promise<void> {
    if (answer.status >= 400) throw await statusError(answer, this.#signal);
    await dropBody(answer);
    if (answer.status >= 300) throw upstreamError(`unexpected status code ${answer.status}`);
  }

  #retry<T>(attempt: () => Promise<T>, signal: AbortSignal = this.#signal): Promise<T> {
    const onRetry = (error: Error, pauseMs: number): void =>
      this.#deps.log.info('part of an upload failed, trying again', {
        digest: this.#blob.digest,
        error,
        pauseMs: Math.round(pauseMs),
      });
    return retry(attempt, { ...this.#deps.settings, signal, onRetry });
  }
}
