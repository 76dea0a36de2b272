/** Where in an answer nothing is a tool call: the rules of the parsers, for whoever must know while the answer is being written. */
import type { QuietSpan } from '../types/quiet-span.ts';
import type { AnswerFormat } from './answer-parser.ts';
import { messageStyle } from './channels.ts';

/** undefined = calls may begin anywhere. */
export function quietSpan({
  thinkingTags,
  start,
  layout,
  toolCallFormat,
}: AnswerFormat): QuietSpan | undefined {
  if (layout?.kind === 'messages') {
    const { headerEnd, ends, starts, thoughts } = messageStyle([]);
    const closes = [...ends, ...starts];
    // Either headers name the tools, and no message's text holds a call; or the text of any message but a thought may.
    return toolCallFormat?.kind === 'named'
      ? { opens: [headerEnd], closes, isOpen: start !== 'free', holdsArguments: true }
      : { opens: thoughts, closes, isOpen: start === 'thought' || start === 'inThought' };
  }
  if (thinkingTags === undefined || layout?.kind === 'recipients' || start === 'inContent') return undefined;
  return {
    opens: [thinkingTags.open],
    closes: [thinkingTags.close],
    isLeading: true,
    isOpen: start !== 'free',
  };
}
