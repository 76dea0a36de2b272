/** Reads a call written as in Python: `name(key="value", flag=True)`. */
import type { Tool } from '../../types/message.ts';
import { endsString } from './python-string.ts';
import { readPythonKeywords } from './python-value.ts';
import { type CallScanner, more, none } from './types.ts';
import { isDeclared } from './values.ts';

export function pythonScanner(tools: readonly Tool[]): CallScanner {
  let head: { readonly name: string; readonly open: number; readonly finder: CallEnd } | undefined;
  return (text, isEnd) => {
    if (head === undefined) {
      const found = /^([A-Za-z_][\w.]*)\s*\(/.exec(text);
      if (found === null) return mayBeName(text, tools) ? more : none;
      const name = found[1] ?? '';
      // Prose has words before parentheses too.
      if (!isDeclared(tools, name)) return none;
      const open = found[0].length - 1;
      head = { name, open, finder: new CallEnd(open) };
    }
    const end = head.finder.find(text, isEnd);
    if (end < 0) return more;
    const args = readPythonKeywords(text.slice(head.open, end));
    return args === undefined ? none : { type: 'call', name: head.name, arguments: args, end };
  };
}

function mayBeName(text: string, tools: readonly Tool[]): boolean {
  return tools.some(({ function: { name } }) => {
    if (name.startsWith(text)) return true;
    return text.startsWith(name) && text.slice(name.length).trim() === '';
  });
}

const openers = '{[(';
const closers = '}])';

/** Finds the end of a call in a text that is still growing, reading every character once. */
class CallEnd {
  #position: number;
  #depth = 0;
  /** The quote of the string in which the reading stands. */
  #quote: string | undefined;

  /** `start`: index of the opening parenthesis. */
  constructor(start: number) {
    this.#position = start;
  }

  /** Index after the closing parenthesis, or -1 when it has not come yet. */
  find(text: string, isEnd: boolean): number {
    for (; this.#position < text.length; this.#position++) {
      const char = text[this.#position] ?? '';
      if (this.#quote === undefined) {
        if (char === '"' || char === "'") this.#quote = char;
        else if (openers.includes(char)) this.#depth++;
        else if (closers.includes(char) && --this.#depth <= 0) return this.#position + 1;
      } else if (char === '\\') {
        if (this.#position + 1 === text.length) return -1;
        this.#position++;
      } else if (char === this.#quote) {
        const ends = endsString(text, this.#position + 1, this.#depth === 1, isEnd);
        if (ends === undefined) return -1;
        if (ends) this.#quote = undefined;
      }
    }
    return -1;
  }
}
