/** Puts together the parser for the answers of one model: thoughts first, then marks, then calls in what remains. */
import type { Tool } from '../types/message.ts';
import type { ToolCallFormat } from '../types/tool-call-format.ts';
import { createMarksParser } from './answer-marks.ts';
import { createChannelParser, messageStyle, recipientStyle } from './channels.ts';
import { composeParsers } from './compose.ts';
import { createThinkingParser } from './thinking.ts';
import { createToolCallParser } from './tool-calls.ts';
import type { AnswerLayout, AnswerStart, OutputParser, ThinkingTags } from './types.ts';

export interface AnswerFormat {
  /** undefined = thoughts are not looked for. */
  readonly thinkingTags: ThinkingTags | undefined;
  readonly start: AnswerStart;
  /** undefined = nothing stands around an answer. */
  readonly layout: AnswerLayout | undefined;
  /** undefined = calls are not looked for. */
  readonly toolCallFormat: ToolCallFormat | undefined;
  readonly tools: readonly Tool[];
}

export function createAnswerParser(answer: AnswerFormat): OutputParser {
  return stagesOf(answer).reduce(composeParsers, passThrough);
}

function stagesOf({ thinkingTags, start, layout, toolCallFormat, tools }: AnswerFormat): OutputParser[] {
  const calls =
    toolCallFormat === undefined || tools.length === 0
      ? []
      : [createToolCallParser(toolCallFormat, tools, start === 'inContent')];
  if (layout?.kind === 'messages' || layout?.kind === 'recipients') {
    // Their headers tell thoughts and calls apart, and show even where nobody asked for either.
    const style = layout.kind === 'messages' ? messageStyle(tools) : recipientStyle(tools);
    return [createChannelParser(style, start), ...(toolCallFormat?.kind === 'named' ? [] : calls)];
  }
  return [
    ...(thinkingTags === undefined ? [] : [createThinkingParser(thinkingTags, start)]),
    ...(layout === undefined ? [] : [createMarksParser(layout.open, layout.closes, start === 'inContent')]),
    ...calls,
  ];
}

const passThrough: OutputParser = {
  push: (text) => (text === '' ? [] : [{ type: 'content', text }]),
  end: () => [],
};
