/** Drops the texts that some models write around an answer, such as `<|START_TEXT|>` and `<|END_TEXT|>`. */
import { firstOf, partialEnd } from '../util/find-markers.ts';
import type { OutputParser, OutputPiece } from './types.ts';

/**
 * - `start`: only white space so far, or a part of the opening text
 * - `marked`: behind it; the closing texts are dropped
 * - `text`: there was none, everything is content
 */
type State = 'start' | 'marked' | 'text';

/** `isOpen`: the prompt has written the opening text. */
export function createMarksParser(open: string, closes: readonly string[], isOpen: boolean): OutputParser {
  let state: State = isOpen ? 'marked' : 'start';
  let buffer = '';

  /** The content that is certain. */
  const advance = (): string => {
    if (state === 'start') {
      const text = buffer.trimStart();
      if (open.startsWith(text) && text !== open) return '';
      state = text.startsWith(open) ? 'marked' : 'text';
      if (state === 'marked') buffer = text.slice(open.length);
    }
    let certain = '';
    if (state === 'marked') {
      for (let found = firstOf(buffer, closes); found !== undefined; found = firstOf(buffer, closes)) {
        certain += buffer.slice(0, found.index);
        buffer = buffer.slice(found.index + found.marker.length);
      }
    }
    const held = state === 'marked' ? partialEnd(buffer, closes).length : 0;
    certain += buffer.slice(0, buffer.length - held);
    buffer = buffer.slice(buffer.length - held);
    return certain;
  };

  return {
    push(text) {
      buffer += text;
      return toPieces(advance());
    },
    end() {
      const rest = buffer;
      buffer = '';
      return toPieces(rest);
    },
  };
}

function toPieces(text: string): OutputPiece[] {
  return text === '' ? [] : [{ type: 'content', text }];
}
