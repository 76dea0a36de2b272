/** One attempt at a range of a blob: what the registry answers is checked before a byte of it is believed. */
import type { Layer } from '../../store/manifest.ts';
import { PassingFailure, transferError, upstreamError } from '../failure.ts';
import type { Session } from '../session.ts';
import { statusError } from '../transport/body.ts';
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

/**
 * Hands the bytes of a range to `take`, in order. Each attempt starts at the registry, not at the address that it redirected
 * to before: those expire. `isWhole`: the range is the whole blob, and is asked for without ranges.
 */
export async function fetchRange(
  session: Session,
  layer: Layer,
  range: Range,
  options: {
    readonly isWhole: boolean;
    readonly signal: AbortSignal;
    readonly take: (chunk: Buffer) => Promise<void>;
  },
): Promise<void> {
  const { signal, take, isWhole } = options;
  const headers: Record<string, string> = isWhole ? {} : { range: `bytes=${range.start}-${range.end - 1}` };
  const answer = await session.request({
    method: 'GET',
    url: session.blobUrl(layer.digest),
    headers,
    signal,
  });
  const failure = await checkAnswer(answer, layer, range, isWhole, signal);
  if (failure !== undefined) {
    answer.body.destroy();
    // A signed address that a redirect led to may have expired; the registry gives out a new one.
    if (answer.status === 403 && answer.url.origin !== session.origin)
      throw new PassingFailure(failure.message);
    throw failure;
  }
  let left = range.end - range.start;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      if (chunk.length > left) throw upstreamError(`${answer.url.host} sent more than it was asked for`);
      left -= chunk.length;
      await take(chunk);
    }
  } catch (error) {
    throw transferError(error, answer.url.host, signal);
  } finally {
    answer.body.destroy();
  }
  if (left > 0) throw new PassingFailure(`${answer.url.host}: unexpected EOF`);
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
    const isRight = Number(first) === start && Number(last) === end - 1;
    if (isRight && (total === '*' || Number(total) === layer.size)) return undefined;
    return upstreamError(`${url.host} sent another range than bytes ${start}-${end - 1}/${layer.size}`);
  }
  if (status !== 200) return upstreamError(`unexpected status code ${status}`);
  const length = answer.header('content-length');
  if (length !== undefined && Number(length) !== layer.size)
    return upstreamError(`${url.host} has ${length} bytes where the manifest says ${layer.size}`);
  return start === 0 && end === layer.size ? undefined : new NoRangesError();
}
