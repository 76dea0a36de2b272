/** Reads values as Python writes them, such as `['a', True, {'b': None}]`, into JSON. */
import type { JsonObject, JsonValue } from '../../types/json.ts';
import { endsString } from './python-string.ts';

/** Deeper nesting than this is nothing that a model means. */
const maxDepth = 32;

/** undefined = the text is no such value. */
export function readPythonValue(text: string): { readonly value: JsonValue } | undefined {
  return attempt(() => {
    const reader = new Reader(text);
    const value = reader.value(0);
    return reader.isAtEnd ? { value } : undefined;
  });
}

/** `key=value, …` between parentheses; undefined = the text is no such list. */
export function readPythonKeywords(text: string): JsonObject | undefined {
  return attempt(() => {
    const reader = new Reader(text);
    const result = reader.keywords();
    return reader.isAtEnd ? result : undefined;
  });
}

/** Ends the reading; never leaves this file. */
class NotPython extends Error {}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof NotPython) return undefined;
    throw error;
  }
}

const keywords: Readonly<Record<string, JsonValue>> = {
  True: true,
  False: false,
  None: null,
  true: true,
  false: false,
  null: null,
};

class Reader {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#text.slice(this.#position).trim() === '';
  }

  keywords(): JsonObject {
    this.#take('(');
    const entries: [string, JsonValue][] = [];
    while (this.#next() !== ')') {
      const key = this.#match(/[A-Za-z_]\w*/y);
      this.#take('=');
      entries.push([key, this.value(0)]);
      this.#comma(')');
    }
    this.#position++;
    return Object.fromEntries(entries);
  }

  value(depth: number): JsonValue {
    if (depth > maxDepth) throw new NotPython();
    const char = this.#next();
    if (char === '"' || char === "'") return this.#string(char, depth === 0);
    if (char === '[' || char === '(') return this.#list(char === '[' ? ']' : ')', depth);
    if (char === '{') return this.#dict(depth);
    const word = this.#match(/[-+]?[\w.]+(?:[eE][-+]?\d+)?/y);
    if (Object.hasOwn(keywords, word)) return keywords[word] ?? null;
    const number = Number(word.replaceAll('_', ''));
    if (Number.isNaN(number)) throw new NotPython();
    return number;
  }

  #list(close: string, depth: number): JsonValue[] {
    this.#position++;
    const items: JsonValue[] = [];
    while (this.#next() !== close) {
      items.push(this.value(depth + 1));
      this.#comma(close);
    }
    this.#position++;
    return items;
  }

  #dict(depth: number): JsonObject {
    this.#position++;
    const entries: [string, JsonValue][] = [];
    for (;;) {
      const quote = this.#next();
      if (quote === '}') {
        this.#position++;
        return Object.fromEntries(entries);
      }
      if (quote !== '"' && quote !== "'") throw new NotPython();
      const key = this.#string(quote, false);
      this.#take(':');
      entries.push([key, this.value(depth + 1)]);
      this.#comma('}');
    }
  }

  #string(quote: string, isInCall: boolean): string {
    let result = '';
    for (let i = this.#position + 1; i < this.#text.length; i++) {
      const char = this.#text[i] ?? '';
      if (char === quote && endsString(this.#text, i + 1, isInCall, true) === true) {
        this.#position = i + 1;
        return result;
      }
      if (char !== '\\') {
        result += char;
        continue;
      }
      const escaped = this.#text[++i] ?? '';
      if (escaped === 'u' || escaped === 'x') {
        const length = escaped === 'u' ? 4 : 2;
        const hex = this.#text.slice(i + 1, i + 1 + length);
        if (hex.length < length || !/^[\da-fA-F]+$/.test(hex)) throw new NotPython();
        result += String.fromCharCode(Number.parseInt(hex, 16));
        i += length;
      } else {
        result += escapes[escaped] ?? `\\${escaped}`;
      }
    }
    throw new NotPython();
  }

  /** The next character that is no white space. */
  #next(): string {
    while (/\s/.test(this.#text[this.#position] ?? '')) this.#position++;
    const char = this.#text[this.#position];
    if (char === undefined) throw new NotPython();
    return char;
  }

  #take(char: string): void {
    if (this.#next() !== char) throw new NotPython();
    this.#position++;
  }

  /** A comma, unless the end of the list follows. */
  #comma(close: string): void {
    const char = this.#next();
    if (char === ',') this.#position++;
    else if (char !== close) throw new NotPython();
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#text);
    if (found === null) throw new NotPython();
    this.#position += found[0].length;
    return found[0];
  }
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  '0': '\0',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};
