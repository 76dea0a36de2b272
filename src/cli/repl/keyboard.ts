/** The terminal's keys on their way to readline: what is pasted comes as one text, and keys can be taken out. */
import { emitKeypressEvents, type Key } from 'node:readline';
import { Readable } from 'node:stream';
import type { InputStream } from '../context.ts';

export interface KeyHandlers {
  /** Called with each key before readline is; true = the key is used up. */
  onKey(key: Key): boolean;
  /** After readline has seen it. */
  afterKey(): void;
  /** A whole paste: lines and tabs, no other control characters. */
  onPaste(text: string): void;
}

/**
 * Stands between the terminal and readline, which would insert a paste character by character, with time that grows with the
 * square of its length, and would take control characters in it for keys.
 */
export class Keyboard extends Readable {
  readonly #terminal: InputStream;
  readonly #handlers: KeyHandlers;
  /** Pieces of the paste under way. */
  #paste: string[] | undefined;

  constructor(terminal: InputStream, handlers: KeyHandlers) {
    super();
    this.#terminal = terminal;
    this.#handlers = handlers;
    emitKeypressEvents(terminal);
    terminal.on('keypress', this.#onKeypress).on('end', this.#onEnd);
  }

  /** Forgets the terminal; the stream itself is destroyed with it. */
  detach(): void {
    this.#terminal.off('keypress', this.#onKeypress).off('end', this.#onEnd);
  }

  /** Of the terminal; readline calls it. */
  setRawMode(isRaw: boolean): void {
    this.#terminal.setRawMode?.(isRaw);
  }

  override pause(): this {
    this.#terminal.pause();
    return this;
  }

  override resume(): this {
    this.#terminal.resume();
    return this;
  }

  /** Keys travel as events, never as bytes. */
  override _read(): void {}

  readonly #onKeypress = (text: string | undefined, key: Key): void => {
    if (key.name === 'paste-start') {
      this.#paste = [];
    } else if (key.name === 'paste-end') {
      const pasted = this.#paste?.join('') ?? '';
      this.#paste = undefined;
      if (pasted !== '') this.#handlers.onPaste(pasted);
    } else if (this.#paste !== undefined) {
      this.#paste.push(textOf(text));
    } else {
      if (this.#handlers.onKey(key)) return;
      this.emit('keypress', text, key);
      this.#handlers.afterKey();
    }
  };

  readonly #onEnd = (): void => {
    this.emit('end');
  };
}

/** What a key adds to a paste: nothing for control characters and what looked like the sequence of a key. */
function textOf(text: string | undefined): string {
  return text === undefined || /^(?![\t\r\n])\p{Cc}/u.test(text) ? '' : text;
}
