/** Python's `json.dumps` and `json.loads` on template values. */
import { Dict } from './dict.ts';
import { TemplateFailure } from './errors.ts';
import { toList } from './iterate.ts';
import { floatText, normalizeInt } from './numbers.ts';
import { maxDataDepth, type Runtime } from './runtime.ts';
import { typeName } from './type-name.ts';
import { comparePoints } from './unicode.ts';
import { Float, Iter, isString, Tuple, textOf, type Value } from './values.ts';

export interface JsonStyle {
  readonly ensureAscii: boolean;
  /** What one level is indented by; undefined = all on one line. */
  readonly indent: string | undefined;
  readonly itemSeparator: string;
  readonly keySeparator: string;
  readonly sortKeys: boolean;
}

/** `json.dumps(value)`. */
export function toJson(rt: Runtime, value: Value, style: JsonStyle): string {
  return new Writer(rt, style).write(value);
}

class Writer {
  readonly #rt: Runtime;
  readonly #style: JsonStyle;
  #text = '';

  constructor(rt: Runtime, style: JsonStyle) {
    this.#rt = rt;
    this.#style = style;
  }

  write(value: Value): string {
    this.#value(value, 0);
    return this.#text;
  }

  #emit(text: string): void {
    this.#text += text;
    this.#rt.chargeChars(text.length);
    this.#rt.checkLength(this.#text.length);
  }

  #value(value: Value, depth: number): void {
    if (depth > maxDataDepth) throw new TemplateFailure('the value is nested too deeply for JSON');
    const scalar = this.#scalar(value);
    if (scalar !== undefined) this.#emit(scalar);
    else if (Array.isArray(value)) this.#list(value, depth);
    else if (value instanceof Tuple) this.#list(value.items, depth);
    else if (value instanceof Dict) this.#dict(value, depth);
    // Python refuses, but templates made for llama.cpp write what a filter selected.
    else if (value instanceof Iter) this.#list(toList(this.#rt, value), depth);
    else throw new TemplateFailure(`Object of type ${typeName(value)} is not JSON serializable`);
  }

  #scalar(value: Value): string | undefined {
    if (value === null) return 'null';
    if (isString(value)) return jsonString(textOf(value), this.#style.ensureAscii);
    if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'bigint')
      return String(value);
    return value instanceof Float ? jsonFloat(value.value) : undefined;
  }

  #list(items: readonly Value[], depth: number): void {
    this.#block('[', ']', items, depth, (item) => this.#value(item, depth + 1));
  }

  #dict(dict: Dict, depth: number): void {
    const entries = [...dict.entries()];
    if (this.#style.sortKeys) entries.sort((a, b) => compareKeys(a.key, b.key));
    this.#block('{', '}', entries, depth, ({ key, value }) => {
      this.#emit(jsonString(this.#keyText(key), this.#style.ensureAscii) + this.#style.keySeparator);
      this.#value(value, depth + 1);
    });
  }

  /** Keys of other types are written as JSON would write them as values. */
  #keyText(key: Value): string {
    if (isString(key)) return textOf(key);
    const text = this.#scalar(key);
    if (text === undefined)
      throw new TemplateFailure(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
    return text;
  }

  #block<T>(open: string, close: string, items: readonly T[], depth: number, write: (item: T) => void): void {
    const { indent, itemSeparator } = this.#style;
    if (items.length === 0) {
      this.#emit(open + close);
      return;
    }
    const line = (levels: number): string => (indent === undefined ? '' : `\n${indent.repeat(levels)}`);
    this.#emit(open);
    items.forEach((item, i) => {
      this.#emit((i === 0 ? '' : itemSeparator) + line(depth + 1));
      write(item);
    });
    this.#emit(line(depth) + close);
  }
}

function compareKeys(a: Value, b: Value): number {
  if (isString(a) && isString(b)) return comparePoints(textOf(a), textOf(b));
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  throw new TemplateFailure(`'<' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '-Infinity' : 'Infinity';
  return floatText(value);
}

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\f': '\\f',
  '\b': '\\b',
};

/** Unlike JSON.stringify, lone surrogates stay and U+007F is not escaped unless everything beyond ASCII is. */
function jsonString(text: string, ensureAscii: boolean): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what must be escaped
  const pattern = ensureAscii ? /["\\\x00-\x1f]|[^\x00-\x7f]/g : /["\\\x00-\x1f]/g;
  const escaped = text.replace(
    pattern,
    (char) => shortEscapes[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}

/** `json.loads(text)`: keeps floats apart from ints and keys in their order, which JSON.parse does not. */
export function fromJson(rt: Runtime, text: string): Value {
  rt.chargeChars(text.length);
  return new Reader(rt, text).read();
}

class Reader {
  readonly #rt: Runtime;
  readonly #text: string;
  #position = 0;

  constructor(rt: Runtime, text: string) {
    this.#rt = rt;
    this.#text = text;
  }

  read(): Value {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#position < this.#text.length) this.#fail('Extra data');
    return value;
  }

  #fail(problem: string): never {
    throw new TemplateFailure(`invalid JSON: ${problem} at character ${this.#position}`);
  }

  #skipSpace(): void {
    while (/[ \t\n\r]/.test(this.#text[this.#position] ?? '')) this.#position++;
  }

  #skipIf(char: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#position] !== char) return false;
    this.#position++;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position;
    const text = pattern.exec(this.#text)?.[0];
    if (text !== undefined) this.#position += text.length;
    return text;
  }

  #value(depth: number): Value {
    if (depth > maxDataDepth) this.#fail('nested too deeply');
    this.#rt.step();
    if (this.#skipIf('{')) return this.#object(depth);
    if (this.#skipIf('[')) return this.#array(depth);
    if (this.#text[this.#position] === '"') return this.#string();
    const word = this.#match(/-?Infinity|NaN|true|false|null/y);
    if (word !== undefined) return literals.get(word) ?? null;
    const number = this.#match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y);
    if (number === undefined) return this.#fail('Expecting value');
    if (/[.eE]/.test(number)) return new Float(Number(number));
    return number.length < 16 ? Number(number) : this.#bigInt(number);
  }

  #bigInt(digits: string): Value {
    if (digits.length > 4300) this.#fail('too many digits');
    return normalizeInt(BigInt(digits));
  }

  #string(): string {
    const start = this.#position;
    for (let i = start + 1; ; i++) {
      const char = this.#text[i];
      if (char === undefined) this.#fail('Unterminated string');
      if (char === '\\') i++;
      else if (char === '"') {
        this.#position = i + 1;
        break;
      }
    }
    try {
      return String(JSON.parse(this.#text.slice(start, this.#position)));
    } catch {
      // The position is what the caller needs; JSON.parse only knows its part of the text.
      return this.#fail('Invalid string');
    }
  }

  #array(depth: number): Value {
    const items: Value[] = [];
    if (this.#skipIf(']')) return items;
    do {
      this.#rt.chargeItems(1);
      items.push(this.#value(depth + 1));
    } while (this.#skipIf(','));
    if (!this.#skipIf(']')) this.#fail("Expecting ',' delimiter");
    return items;
  }

  #object(depth: number): Value {
    const dict = new Dict();
    if (this.#skipIf('}')) return dict;
    do {
      this.#skipSpace();
      if (this.#text[this.#position] !== '"') this.#fail('Expecting property name enclosed in double quotes');
      const key = this.#string();
      if (!this.#skipIf(':')) this.#fail("Expecting ':' delimiter");
      this.#rt.chargeItems(2);
      dict.set(key, this.#value(depth + 1));
    } while (this.#skipIf(','));
    if (!this.#skipIf('}')) this.#fail("Expecting ',' delimiter");
    return dict;
  }
}

const literals: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', new Float(Number.NaN)],
  ['Infinity', new Float(Number.POSITIVE_INFINITY)],
  ['-Infinity', new Float(Number.NEGATIVE_INFINITY)],
]);
