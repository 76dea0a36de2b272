/** Turns the token events of a runner into answer events: thoughts, content and tool calls, then the final counts. */
import { randomInt } from 'node:crypto';
import type { OutputParser, OutputPiece } from '../output/types.ts';
import type { AnswerEvent, ChosenLogprob, TokenEvent, Truncation } from '../types/events.ts';

/** When the request came in and when its runner was ready, in milliseconds of `performance.now()`. */
export interface RequestTimes {
  readonly startedAt: number;
  readonly readyAt: number;
}

type FinishEvent = Extract<TokenEvent, { type: 'finish' }>;
type DoneEvent = Extract<AnswerEvent, { type: 'done' }>;

/** Yields at most one event that carries logprobs a token event, even when the parser holds its text back. */
export async function* parseAnswer(
  tokens: AsyncIterable<TokenEvent>,
  parser: OutputParser,
  options: {
    readonly times: RequestTimes;
    /** What the history has lost already. */
    readonly truncation: Truncation | undefined;
  },
): AsyncGenerator<AnswerEvent> {
  let { truncation } = options;
  let isTold = false;
  let nCalls = 0;
  const toEvent = (piece: OutputPiece): AnswerEvent => {
    if (piece.type !== 'toolCall') return piece;
    return {
      type: 'toolCall',
      call: { id: callId(), index: nCalls++, name: piece.name, arguments: piece.arguments },
    };
  };
  for await (const event of tokens) {
    if (event.type === 'truncated') {
      const { originalTokens, keptTokens } = event;
      truncation = { originalTokens: Math.max(originalTokens, truncation?.originalTokens ?? 0), keptTokens };
      continue;
    }
    if (truncation !== undefined && !isTold) {
      isTold = true;
      yield { type: 'truncated', ...truncation };
    }
    if (event.type === 'tokens') {
      const events = parser.push(event.text).map(toEvent);
      yield* event.logprobs === undefined ? events : withLogprobs(events, event.logprobs);
    } else {
      yield* parser.end().map(toEvent);
      yield doneEvent(event, options.times, truncation);
    }
  }
}

/** Logprobs ride on the first event that can carry them, or on an empty one. */
function withLogprobs(
  events: readonly AnswerEvent[],
  logprobs: readonly ChosenLogprob[],
): readonly AnswerEvent[] {
  const index = events.findIndex((event) => event.type === 'content' || event.type === 'thinking');
  if (index < 0) return [{ type: 'content', text: '', logprobs }, ...events];
  return events.map((event, i) =>
    i === index && (event.type === 'content' || event.type === 'thinking') ? { ...event, logprobs } : event,
  );
}

const idAlphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** `call_` and eight random characters, as clients know it. */
function callId(): string {
  let id = 'call_';
  for (let i = 0; i < 8; i++) id += idAlphabet[randomInt(idAlphabet.length)];
  return id;
}

/** The final event with counts and times. */
function doneEvent(event: FinishEvent, times: RequestTimes, truncation: Truncation | undefined): DoneEvent {
  return {
    type: 'done',
    reason: event.reason,
    metrics: {
      ...event.stats,
      totalDurationNs: nanoseconds(performance.now() - times.startedAt),
      loadDurationNs: nanoseconds(times.readyAt - times.startedAt),
    },
    ...(event.tokens === undefined ? {} : { context: event.tokens }),
    ...(truncation === undefined ? {} : { truncation }),
  };
}

function nanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6);
}
