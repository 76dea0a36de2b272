/** Follows an answer to its end: shows it as it comes and gives back what it was. */
import type { ChatResponse, GenerateResponse, WireMetrics, WireToolCall } from '../../api/types.ts';
import { harmless } from '../terminal/text-flow.ts';
import type { AnswerDisplay } from './answer-display.ts';

/** What generate and chat chunks have in common. */
export interface AnswerPiece {
  readonly content: string;
  readonly thinking: string;
  readonly toolCalls: readonly WireToolCall[];
  readonly end?: AnswerEnd;
}

export interface AnswerEnd extends WireMetrics {
  /** Set when the prompt had to be cut. */
  readonly prompt_truncated?: { readonly original_tokens: number; readonly kept_tokens: number };
}

export interface Answer {
  readonly content: string;
  readonly thinking: string;
  /** undefined when it was interrupted. */
  readonly end: AnswerEnd | undefined;
}

export function fromGenerate(chunk: GenerateResponse): AnswerPiece {
  return {
    content: chunk.response,
    thinking: chunk.thinking ?? '',
    toolCalls: chunk.tool_calls ?? [],
    ...(chunk.done ? { end: chunk } : {}),
  };
}

export function fromChat(chunk: ChatResponse): AnswerPiece {
  return {
    content: chunk.message.content,
    thinking: chunk.message.thinking ?? '',
    toolCalls: chunk.message.tool_calls ?? [],
    ...(chunk.done ? { end: chunk } : {}),
  };
}

export interface ShowAnswerOptions {
  readonly display: AnswerDisplay;
  /** When it has fired, the answer so far is given back; the reason is not thrown. */
  readonly signal: AbortSignal;
  /** Called once, before the first text is shown, or at the end of an answer without text. */
  readonly onStart: () => void;
}

/** Throws the server's error, and one of its own when the stream just ends. */
export async function showAnswer(
  pieces: AsyncIterable<AnswerPiece>,
  { display, signal, onStart }: ShowAnswerOptions,
): Promise<Answer> {
  let content = '';
  let thinking = '';
  let end: AnswerEnd | undefined;
  let hasStarted = false;
  const start = (): void => {
    if (!hasStarted) onStart();
    hasStarted = true;
  };
  try {
    for await (const piece of pieces) {
      if (display.wouldShow(piece)) start();
      display.thinking(piece.thinking);
      display.content(piece.content);
      for (const call of piece.toolCalls) {
        start();
        display.line(describeCall(call));
      }
      content += piece.content;
      thinking += piece.thinking;
      end ??= piece.end;
    }
    if (end === undefined) throw new Error('the server ended its answer in the middle');
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    start();
    display.end();
  }
  return { content, thinking, end };
}

/** The command line offers no tools, but a model may make one up. */
function describeCall({ function: { name, arguments: args } }: WireToolCall): string {
  return harmless(`Model called a non-existent function '${name}()' with arguments: ${JSON.stringify(args)}`);
}
