/** Separates a leading thought between two tags from the answer; rules of Ollama's generic thinking parser. */
import { partialEnd } from '../util/find-markers.ts';
import type { AnswerStart, OutputParser, OutputPiece, ThinkingTags } from './types.ts';

/**
 * - `start`: only white space so far, or a part of a tag
 * - `opened`: right after the opening tag, whose following white space is dropped
 * - `thinking`: inside; white space before the closing tag is held back and dropped with it
 * - `closed`: right after the closing tag, whose following white space is dropped
 * - `content`: everything is content, later tags included
 */
type State = 'start' | 'opened' | 'thinking' | 'closed' | 'content';

const firstStates: Readonly<Record<AnswerStart, State>> = {
  free: 'start',
  thought: 'opened',
  inThought: 'thinking',
  inContent: 'content',
};

export function createThinkingParser(tags: ThinkingTags, start: AnswerStart): OutputParser {
  let state = firstStates[start];
  let buffer = '';

  /** One step on the buffer; false = more text is needed. */
  const step = (pieces: OutputPiece[]): boolean => {
    switch (state) {
      case 'start': {
        const text = buffer.trimStart();
        if (text.startsWith(tags.open)) {
          buffer = text.slice(tags.open.length);
          state = 'opened';
          return true;
        }
        // A model that was asked not to think may say so by closing a thought that it never began.
        if (text.startsWith(tags.close)) {
          buffer = text.slice(tags.close.length);
          state = 'closed';
          return true;
        }
        if (tags.open.startsWith(text) || tags.close.startsWith(text)) return false;
        state = 'content';
        return true;
      }
      case 'opened':
      case 'closed': {
        buffer = buffer.trimStart();
        if (buffer === '') return false;
        state = state === 'opened' ? 'thinking' : 'content';
        return true;
      }
      case 'thinking': {
        const close = buffer.indexOf(tags.close);
        if (close >= 0) {
          emit(pieces, 'thinking', buffer.slice(0, close).trimEnd());
          buffer = buffer.slice(close + tags.close.length);
          state = 'closed';
          return true;
        }
        const held = buffer.length - partialEnd(buffer, [tags.close]).length;
        const certain = buffer.slice(0, held).trimEnd().length;
        emit(pieces, 'thinking', buffer.slice(0, certain));
        buffer = buffer.slice(certain);
        return false;
      }
      case 'content':
        emit(pieces, 'content', buffer);
        buffer = '';
        return false;
    }
  };

  return {
    push(text) {
      buffer += text;
      const pieces: OutputPiece[] = [];
      while (step(pieces));
      return pieces;
    },
    end() {
      const pieces: OutputPiece[] = [];
      emit(pieces, state === 'thinking' ? 'thinking' : 'content', buffer);
      buffer = '';
      return pieces;
    },
  };
}

function emit(pieces: OutputPiece[], type: 'content' | 'thinking', text: string): void {
  if (text !== '') pieces.push({ type, text });
}
