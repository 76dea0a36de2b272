/** Finds tool calls in an answer as it streams; what turns out to be no call is given out as content, unchanged. */
import type { Tool } from '../types/message.ts';
import type { ToolCallFormat } from '../types/tool-call-format.ts';
import { firstOf, partialEnd } from '../util/find-markers.ts';
import { type CallScanner, createCallScanner } from './scan/index.ts';
import type { OutputParser, OutputPiece } from './types.ts';

/**
 * - `start`: only white space so far; where calls have no opening text, they can begin here only
 * - `text`: content, up to a text that opens a block of calls
 * - `block`: after such a text
 * - `after`: a call has been read and its block may go on
 */
type State = 'start' | 'text' | 'block' | 'after';

/** `isInText`: the answer goes on where other text ends, so that no call can begin without an opening text. */
export function createToolCallParser(
  format: ToolCallFormat,
  tools: readonly Tool[],
  isInText = false,
): OutputParser {
  const openers = openersOf(format);
  const fillers = [...new Set([format.blockOpen, ...format.fillers])].filter((text) => text !== '');
  let state: State = isInText ? 'text' : 'start';
  let buffer = '';
  /** Text of the block that has led to no call yet; content again if none comes. */
  let unread = '';
  /** Reads the call at the start of the buffer; undefined = none has begun. */
  let scanner: CallScanner | undefined;
  /** Commas and brackets of a list of calls may follow: the block has not been closed yet. */
  let isInList = true;

  const step = (pieces: OutputPiece[], isEnd: boolean): boolean => {
    switch (state) {
      case 'start': {
        const start = buffer.length - buffer.trimStart().length;
        if (start === buffer.length) return false;
        if (openers.length > 0 || !mayBeginBareCall(format, buffer.slice(start))) {
          state = 'text';
          return true;
        }
        unread = buffer.slice(0, start);
        buffer = buffer.slice(start);
        state = 'block';
        return true;
      }
      case 'text': {
        const found = firstOf(buffer, openers);
        if (found !== undefined) {
          emit(pieces, buffer.slice(0, found.index).trimEnd());
          unread = buffer.slice(buffer.slice(0, found.index).trimEnd().length, found.index);
          buffer = buffer.slice(found.index);
          state = 'block';
          return true;
        }
        // White space before an opening text goes with it, so it waits too.
        const held = partialEnd(buffer, openers).length;
        const certain = openers.length === 0 ? buffer : buffer.slice(0, buffer.length - held).trimEnd();
        emit(pieces, certain);
        buffer = buffer.slice(certain.length);
        return false;
      }
      case 'block':
      case 'after': {
        if (scanner === undefined) {
          skipFillers(isEnd);
          if (buffer === '' || (!isEnd && mayBecomeFiller())) return false;
        }
        scanner ??= createCallScanner(format, tools);
        const scanned = scanner(buffer, isEnd);
        if (scanned.type === 'more' && !isEnd) return false;
        scanner = undefined;
        if (scanned.type === 'call') {
          pieces.push({ type: 'toolCall', name: scanned.name, arguments: scanned.arguments });
          buffer = buffer.slice(scanned.end);
          unread = '';
          isInList = true;
          state = 'after';
          return true;
        }
        // No call: what was taken for one is content, and the search goes on behind it.
        const opener = openers.find((text) => buffer.startsWith(text)) ?? '';
        emit(pieces, unread + opener);
        buffer = buffer.slice(opener.length);
        unread = '';
        state = 'text';
        return buffer !== '';
      }
    }
  };

  /** Skips what may stand around calls, white space included; before the first call it may still turn out to be content. */
  const skipFillers = (isEnd: boolean): void => {
    for (;;) {
      const rest = buffer.trimStart();
      const filler = fillerAt(rest, isEnd);
      const length = buffer.length - rest.length + filler.length;
      if (length === 0) return;
      if (filler !== '' && filler === format.blockOpen) {
        state = 'block';
        isInList = true;
      } else if (filler.length > 1 && state === 'after') {
        isInList = false;
      }
      if (state === 'block') unread += buffer.slice(0, length);
      buffer = buffer.slice(length);
    }
  };

  const fillerAt = (rest: string, isEnd: boolean): string => {
    const isOpening = openers.some(
      (text) => text !== format.blockOpen && (rest.startsWith(text) || text.startsWith(rest)),
    );
    const isPartial = !isEnd && fillers.some((text) => text.length > rest.length && text.startsWith(rest));
    if (isOpening || isPartial) return '';
    const filler = fillers.find((text) => rest.startsWith(text) && (isInList || text.length > 1));
    return filler ?? (format.hasId ? (/^[\w-]{1,64}(?=<)/.exec(rest)?.[0] ?? '') : '');
  };

  const mayBecomeFiller = (): boolean =>
    fillers.some((filler) => filler !== buffer && filler.startsWith(buffer)) ||
    (format.hasId === true && /^[\w-]{1,64}$/.test(buffer));

  return {
    push(text) {
      buffer += text;
      const pieces: OutputPiece[] = [];
      while (step(pieces, false));
      return pieces;
    },
    end() {
      const pieces: OutputPiece[] = [];
      while (step(pieces, true));
      emit(pieces, unread + buffer);
      buffer = '';
      unread = '';
      return pieces;
    },
  };
}

/** Texts that begin a block of calls wherever they stand. */
function openersOf(format: ToolCallFormat): readonly string[] {
  const callOpen = 'beforeName' in format ? format.beforeName : '';
  return [...new Set([format.blockOpen, callOpen])].filter((text) => text !== '');
}

function mayBeginBareCall(format: ToolCallFormat, text: string): boolean {
  if (format.kind === 'json') return text.startsWith('{') || text.startsWith('[');
  return format.kind === 'python' && (text.startsWith('[') || /^[A-Za-z_]/.test(text));
}

function emit(pieces: OutputPiece[], text: string): void {
  if (text !== '') pieces.push({ type: 'content', text });
}
