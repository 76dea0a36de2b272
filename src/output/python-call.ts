/** Reads a call written as in Python, `name(key="value", flag=True)`, into a name and JSON arguments. */
import type { JsonObject, JsonValue } from '../types/json.ts';

export interface PythonCall {
  readonly name: string;
  readonly arguments: JsonObject;
  /** Index after the closing parenthesis. */
  readonly end: number;
}

/** Deeper nesting than this is no call that a model means. */
const maxDepth = 32;

/** `more`: the text may become a call; `none`: it cannot. */
export function readPythonCall(text: string): PythonCall | 'more' | 'none' {
  const head = /^([A-Za-z_][\w.]*)\s*\(/.exec(text);
  if (head === null) return /^[A-Za-z_][\w.]*\s*$/.test(text) ? 'more' : 'none';
  try {
    const reader = new Reader(text, head[0].length);
    const args = reader.keywords(')');
    return { name: head[1] ?? '', arguments: args, end: reader.position };
  } catch (error) {
    if (error instanceof Stop) return error.reason;
    throw error;
  }
}

/** Ends the reading; never leaves this file. */
class Stop extends Error {
  readonly reason: 'more' | 'none';

  constructor(reason: 'more' | 'none') {
    super(reason);
    this.reason = reason;
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
  position: number;

  constructor(text: string, position: number) {
    this.#text = text;
    this.position = position;
  }

  /** `key=value, …` up to and including `close`. */
  keywords(close: string): JsonObject {
    const result: JsonObject = {};
    for (;;) {
      if (this.#next() === close) {
        this.position++;
        return result;
      }
      const key = this.#match(/[A-Za-z_]\w*/y);
      this.#take('=');
      result[key] = this.#value(0);
      this.#comma(close);
    }
  }

  #value(depth: number): JsonValue {
    if (depth > maxDepth) throw new Stop('none');
    const char = this.#next();
    if (char === '"' || char === "'") return this.#string(char);
    if (char === '[' || char === '(') return this.#list(char === '[' ? ']' : ')', depth);
    if (char === '{') return this.#dict(depth);
    const word = this.#match(/[-+]?[\w.]+(?:[eE][-+]?\d+)?/y);
    if (this.position >= this.#text.length) throw new Stop('more');
    if (Object.hasOwn(keywords, word)) return keywords[word] ?? null;
    const number = Number(word.replaceAll('_', ''));
    if (Number.isNaN(number)) throw new Stop('none');
    return number;
  }

  #list(close: string, depth: number): JsonValue[] {
    this.position++;
    const items: JsonValue[] = [];
    while (this.#next() !== close) {
      items.push(this.#value(depth + 1));
      this.#comma(close);
    }
    this.position++;
    return items;
  }

  #dict(depth: number): JsonObject {
    this.position++;
    const result: JsonObject = {};
    for (;;) {
      const quote = this.#next();
      if (quote === '}') {
        this.position++;
        return result;
      }
      if (quote !== '"' && quote !== "'") throw new Stop('none');
      const key = this.#string(quote);
      this.#take(':');
      result[key] = this.#value(depth + 1);
      this.#comma('}');
    }
  }

  #string(quote: string): string {
    let result = '';
    for (let i = this.position + 1; i < this.#text.length; i++) {
      const char = this.#text[i] ?? '';
      if (char === quote) {
        this.position = i + 1;
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
        if (hex.length < length) throw new Stop('more');
        if (!/^[\da-fA-F]+$/.test(hex)) throw new Stop('none');
        result += String.fromCharCode(Number.parseInt(hex, 16));
        i += length;
      } else {
        result += escapes[escaped] ?? `\\${escaped}`;
      }
    }
    throw new Stop('more');
  }

  /** The next character that is no white space. */
  #next(): string {
    while (/\s/.test(this.#text[this.position] ?? '')) this.position++;
    const char = this.#text[this.position];
    if (char === undefined) throw new Stop('more');
    return char;
  }

  #take(char: string): void {
    if (this.#next() !== char) throw new Stop('none');
    this.position++;
  }

  /** A comma, unless the end of the list follows. */
  #comma(close: string): void {
    const char = this.#next();
    if (char === ',') this.position++;
    else if (char !== close) throw new Stop('none');
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.#text);
    if (found === null) throw new Stop('none');
    this.position += found[0].length;
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
