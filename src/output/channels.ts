/** Takes answers apart that are a row of messages, each with a header that says what it is or whom it is for. */
import type { Tool } from '../types/message.ts';
import { firstOf, partialEnd } from '../util/find-markers.ts';
import { EndFinder } from './scan/end-finder.ts';
import { isDeclared, parseObject } from './scan/values.ts';
import type { AnswerStart, OutputParser, OutputPiece } from './types.ts';

export type MessageKind =
  | { readonly type: 'content' }
  | { readonly type: 'thinking' }
  /** The body is the JSON of the call's arguments. */
  | { readonly type: 'call'; readonly name: string };

/** How headers look in one family of models. */
export interface ChannelStyle {
  /** Whether `text`, the beginning of an answer or what follows a message, is a header with its end or may become one. */
  mayBeHeader(text: string): boolean;
  /** Ends a header. */
  readonly headerEnd: string;
  kindOf(header: string): MessageKind;
  /** Texts that end a message and are dropped. */
  readonly ends: readonly string[];
  /** Texts that begin the header of the next message; they end a message too. */
  readonly starts: readonly string[];
}

/**
 * - `header`: before a message; the prompt has written the beginning of the first header
 * - `body`: in a message whose text is given out as it comes
 * - `arguments`: in a call, which waits until it is complete
 */
type State = 'header' | 'body' | 'arguments';

const content: MessageKind = { type: 'content' };

export function createChannelParser(style: ChannelStyle, start: AnswerStart = 'free'): OutputParser {
  let state: State = start === 'free' ? 'header' : 'body';
  let kind: MessageKind = start === 'inThought' || start === 'thought' ? { type: 'thinking' } : content;
  let buffer = '';
  let finder = new EndFinder(0);
  /** Texts that end a message. */
  const marks = [...style.ends, ...style.starts];

  const enter = (next: MessageKind): void => {
    kind = next;
    state = kind.type === 'call' ? 'arguments' : 'body';
    finder = new EndFinder(0);
  };

  /** One step on the buffer; false = more text is needed. */
  const step = (pieces: OutputPiece[]): boolean => {
    switch (state) {
      case 'header': {
        if (buffer === '') return false;
        const end = buffer.indexOf(style.headerEnd);
        if (!style.mayBeHeader(end < 0 ? buffer : buffer.slice(0, end + style.headerEnd.length))) {
          enter(content);
          return true;
        }
        if (end < 0) return false;
        enter(style.kindOf(buffer.slice(0, end)));
        buffer = buffer.slice(end + style.headerEnd.length);
        return true;
      }
      case 'body': {
        const found = firstOf(buffer, marks);
        if (found !== undefined) {
          emit(pieces, kind, buffer.slice(0, found.index));
          buffer = buffer.slice(found.index + (style.ends.includes(found.marker) ? found.marker.length : 0));
          state = 'header';
          return true;
        }
        const held = partialEnd(buffer, marks).length;
        emit(pieces, kind, buffer.slice(0, buffer.length - held));
        buffer = buffer.slice(buffer.length - held);
        return false;
      }
      case 'arguments': {
        buffer = buffer.trimStart();
        if (buffer === '') return false;
        // Some models write the call in a format of its own into the message.
        const end = buffer.startsWith('{') ? finder.find(buffer) : 0;
        if (end < 0) return false;
        const args = parseObject(buffer.slice(0, end));
        if (args !== undefined && kind.type === 'call') {
          pieces.push({ type: 'toolCall', name: kind.name, arguments: args });
          buffer = buffer.slice(end).trimStart();
        }
        enter(content);
        return true;
      }
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
      // A header without a message says nothing; anything else that was held back is text.
      if (state !== 'header' || !style.starts.some((start) => buffer.trimStart().startsWith(start)))
        emit(pieces, kind, buffer);
      buffer = '';
      return pieces;
    },
  };
}

function emit(pieces: OutputPiece[], kind: MessageKind, text: string): void {
  if (text !== '') pieces.push({ type: kind.type === 'thinking' ? 'thinking' : 'content', text });
}

/** Begins the header of the model's next message. */
export const nextMessage = '<|start|>assistant';

/** Longer headers are none. */
const maxHeaderLength = 256;

/**
 * `thoughts`: headers of thoughts, as far as they tell.
 * gpt-oss's harmony and its likes: ` to=functions.name<|channel|>commentary json<|message|>{…}<|call|>`,
 * `<|channel|>analysis<|message|>…<|end|>`, ` to=user<|message|>…<|eot|>`.
 */
export function messageStyle(
  tools: readonly Tool[],
): ChannelStyle & { readonly thoughts: readonly string[] } {
  const beginnings = ['<|start|>', '<|channel|>', '<|constrain|>', '<|message|>', 'to=', 'assistant'];
  return {
    headerEnd: '<|message|>',
    starts: ['<|start|>'],
    ends: ['<|end|>', '<|call|>', '<|return|>', '<|eom|>', '<|eot|>'],
    thoughts: ['<|channel|>analysis<|message|>', 'to=self<|message|>'],
    mayBeHeader(text) {
      const header = text.trimStart();
      if (header.length > maxHeaderLength) return false;
      return beginnings.some((beginning) => beginning.startsWith(header) || header.startsWith(beginning));
    },
    kindOf(header) {
      const recipient = /\bto=([^\s<]+)/.exec(header)?.[1];
      const name = recipient?.replace(/^functions\./, '');
      if (name !== undefined && tools.length > 0 && (name !== recipient || isDeclared(tools, name)))
        return { type: 'call', name };
      const isThought = recipient === 'self' || /<\|channel\|>\s*analysis/.test(header);
      return { type: isThought ? 'thinking' : 'content' };
    },
  };
}

/** functionary 3.2: `all\n…` and `name\n{…}`, later messages begin with `>>>`; the prompt ends with the first `>>>`. */
export function recipientStyle(tools: readonly Tool[]): ChannelStyle {
  const recipients = ['all', ...tools.map((tool) => tool.function.name)];
  return {
    headerEnd: '\n',
    starts: recipients.map((recipient) => `>>>${recipient}\n`),
    ends: [],
    mayBeHeader(text) {
      const header = text.replace(/^\s*>{0,3}/, '');
      return recipients.some((recipient) => `${recipient}\n`.startsWith(header));
    },
    kindOf(header) {
      const recipient = header.replace(/^\s*>{0,3}/, '').trim();
      return recipient === 'all' ? content : { type: 'call', name: recipient };
    },
  };
}
