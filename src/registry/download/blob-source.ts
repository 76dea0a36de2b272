/** One attempt at a range of a blob: what the registry answers is checked before a byte of it is believed. */
import { isCriaError } from '../../errors.ts';
import type { Layer } from '../../store/manifest.ts';
import { PassingFailure, transferError, upstreamError } from '../failure.ts';
import type { Session } from '../session.ts';
import { statusError } from '../transport/body.ts';
import { readInPlace } from '../transport/reused-buffer.ts';
import type { Answer } from '../transport/transport.ts';

/** The registry sends whole blobs only. */
export class NoRangesError extends Error {
  constructor() {
    super('the registry sends whole blobs only');
    this.name = 'NoRangesError';
  }
}

export interface Range {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export interface RangeOptions {
  /** The range is the whole blob, and is asked for without ranges. */
  readonly isWhole: boolean;
  readonly signal: AbortSignal;
  /** Gets the bytes, in order; each chunk is gone when it returns, or when the promise that it returns resolves. */
  readonly take: (chunk: Buffer) => Promise<void> | undefined;
}

/** Where a blob is fetched from: at the registry, or where it redirected to before, until that fails. */
export class BlobSource {
  readonly #session: Session;
  readonly #layer: Layer;
  /** Registries give out addresses that are signed for a while; asking for each part anew would cost a round trip. */
  #direct: URL | undefined;

  constructor(session: Session, layer: Layer) {
    this.#session = session;
    this.#layer = layer;
  }

  /** One attempt. Throws `PassingFailure` where another may help, `NoRangesError`, and what `Registry` says. */
  async fetch(range: Range, options: RangeOptions): Promise<void> {
    const direct = this.#direct;
    try {
      await this.#fetch(direct ?? this.#session.blobUrl(this.#layer.digest), range, options);
    } catch (error) {
      if (this.#direct === direct) this.#direct = undefined;
      // The address may have expired; the registry gives out a new one.
      if (direct !== undefined && isCriaError(error, 'upstream'))
        throw new PassingFailure(error.message, { cause: error });
      throw error;
    }
  }

  async #fetch(url: URL, range: Range, { isWhole, signal, take }: RangeOptions): Promise<void> {
    const headers: Record<string, string> = isWhole ? {} : { range: `bytes=${range.start}-${range.end - 1}` };
    const answer = await this.#session.request({ method: 'GET', url, headers, signal });
    const failure = await checkAnswer(answer, this.#layer, range, isWhole, signal);
    if (failure !== undefined) {
      answer.body.destroy();
      // Between the redirect and the request, too, an address may expire.
      const isExpired = answer.status === 403 && answer.url.origin !== this.#session.origin;
      throw isExpired ? new PassingFailure(failure.message) : failure;
    }
    if (answer.url.origin !== this.#session.origin) this.#direct = answer.url;
    await readExactly(answer, range.end - range.start, signal, take);
  }
}

async function readExactly(
  answer: Answer,
  length: number,
  signal: AbortSignal,
  take: RangeOptions['take'],
): Promise<void> {
  const { host } = answer.url;
  let left = length;
  try {
    await readInPlace(answer.body, (chunk) => {
      if (chunk.length > left) throw upstreamError(`${host} sent more than it was asked for`);
      left -= chunk.length;
      return take(chunk);
    });
  } catch (error) {
    throw transferError(error, host, signal);
  } finally {
    answer.body.destroy();
  }
  if (left > 0) throw new PassingFailure(`${host}: unexpected EOF`);
}

/** Undefined when the body is going to be exactly the range. */
async function checkAnswer(
  answer: Answer,
  layer: Layer,
  { start, end }: Range,
  isWhole: boolean,
  signal: AbortSignal,
): Promise<Error | undefined> {
  const { status, url } = answer;
  if (status >= 400) return statusError(answer, signal);
  if (!['', 'identity'].includes(answer.header('content-encoding') ?? ''))
    return upstreamError(`${url.host} sent an encoded blob`);
  if (status === 206 && !isWhole) {
    const contentRange = answer.header('content-range') ?? '';
    const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(contentRange) ?? [];
    if (total !== undefined && total !== '*' && Number(total) !== layer.size)
      return otherSize(url, total, layer);
    if (Number(first) === start && Number(last) === end - 1) return undefined;
    return upstreamError(`${url.host} sent another range than bytes ${start}-${end - 1}/${layer.size}`);
  }
  if (status !== 200) return upstreamError(`unexpected status code ${status}`);
  const length = answer.header('content-length');
  if (length !== undefined && Number(length) !== layer.size) return otherSize(url, length, layer);
  return start === 0 && end === layer.size ? undefined : new NoRangesError();
}

function otherSize({ host }: URL, sizeBytes: string, layer: Layer): Error {
  return upstreamError(`${host} has ${sizeBytes} bytes where the manifest says ${layer.size}`);
}
