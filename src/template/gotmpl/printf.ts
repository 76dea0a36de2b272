/** Go's Sprint, Sprintln and Sprintf. */
import { type Flags, formatArgument, formatPlain } from './format.ts';
import type { Budget } from './limits.ts';
import { type GoValue, typeName } from './values.ts';

/** Operands side by side, with a space between two that are no strings. */
export function sprint(args: readonly GoValue[], budget: Budget): string {
  let out = '';
  args.forEach((arg, i) => {
    const spaced = i > 0 && typeof arg !== 'string' && typeof args[i - 1] !== 'string';
    const text = formatPlain(arg);
    budget.produce(text.length + 1);
    out += (spaced ? ' ' : '') + text;
  });
  return out;
}

/** Operands with a space between all, and a newline. */
export function sprintln(args: readonly GoValue[], budget: Budget): string {
  let out = '';
  args.forEach((arg, i) => {
    const text = formatPlain(arg);
    budget.produce(text.length + 1);
    out += (i > 0 ? ' ' : '') + text;
  });
  return `${out}\n`;
}

/** Widths and precisions above this are refused, as in Go. */
const maxSize = 1_000_000;

/** `format` with its verbs filled in; mistakes show up in the text (`%!d(string=x)`, `%!s(MISSING)`), as in Go. */
export function sprintf(format: string, args: readonly GoValue[], budget: Budget): string {
  let out = '';
  const arguments_ = new ArgumentCursor(args);
  for (let index = 0; index < format.length; ) {
    const percent = format.indexOf('%', index);
    const text = percent < 0 ? format.slice(index) : format.slice(index, percent);
    budget.produce(text.length);
    out += text;
    if (percent < 0) break;
    const directive = new DirectiveReader(format, percent + 1, arguments_);
    const piece = directive.format(budget);
    budget.produce(piece.length);
    out += piece;
    index = directive.end;
  }
  return out + arguments_.describeExtra();
}

/** Which argument comes next; `%[n]` moves it. */
class ArgumentCursor {
  readonly #args: readonly GoValue[];
  #next = 0;
  #reordered = false;

  constructor(args: readonly GoValue[]) {
    this.#args = args;
  }

  take(): { readonly value: GoValue } | undefined {
    return this.#next < this.#args.length ? { value: this.#args[this.#next++] } : undefined;
  }

  /** Goes to the 1-based argument; false when there is none. */
  moveTo(number: number): boolean {
    this.#reordered = true;
    const exists = number >= 1 && number <= this.#args.length;
    if (exists) this.#next = number - 1;
    return exists;
  }

  describeExtra(): string {
    if (this.#reordered || this.#next >= this.#args.length) return '';
    const extra = this.#args.slice(this.#next).map((arg) => {
      return arg === undefined || arg === null ? '<nil>' : `${typeName(arg)}=${formatPlain(arg)}`;
    });
    return `%!(EXTRA ${extra.join(', ')})`;
  }
}

/** One `%…` directive: flags, width, precision, argument numbers, verb. */
class DirectiveReader {
  readonly #format: string;
  readonly #args: ArgumentCursor;
  #position: number;
  #badIndex = false;
  #complaints = '';

  constructor(format: string, position: number, args: ArgumentCursor) {
    this.#format = format;
    this.#position = position;
    this.#args = args;
  }

  /** Index after the directive. */
  get end(): number {
    return this.#position;
  }

  format(budget: Budget): string {
    const marks = this.#readMarks();
    this.#readArgumentNumber();
    const width = this.#readSize('WIDTH');
    let precision: number | undefined;
    if (this.#format[this.#position] === '.') {
      this.#position++;
      this.#readArgumentNumber();
      const isStar = this.#format[this.#position] === '*';
      precision = this.#readSize('PREC') ?? (isStar ? undefined : 0);
      if (precision !== undefined && precision < 0) {
        precision = undefined;
        this.#complaints += '%!(BADPREC)';
      }
    }
    this.#readArgumentNumber();
    const codePoint = this.#format.codePointAt(this.#position);
    if (codePoint === undefined) return `${this.#complaints}%!(NOVERB)`;
    const verb = String.fromCodePoint(codePoint);
    this.#position += verb.length;
    if (verb === '%') return `${this.#complaints}%`;
    if (this.#badIndex) return `${this.#complaints}%!${verb}(BADINDEX)`;
    const arg = this.#args.take();
    if (arg === undefined) return `${this.#complaints}%!${verb}(MISSING)`;
    const minus = marks.includes('-') || (width ?? 0) < 0;
    const flags: Flags = {
      plus: marks.includes('+'),
      minus,
      sharp: marks.includes('#'),
      space: marks.includes(' '),
      zero: marks.includes('0') && !minus,
      width: width === undefined ? undefined : Math.abs(width),
      precision,
    };
    budget.produce((flags.width ?? 0) + (flags.precision ?? 0));
    return this.#complaints + formatArgument(arg.value, verb, flags);
  }

  #readMarks(): string {
    const start = this.#position;
    while ('+-# 0'.includes(this.#format[this.#position] ?? 'x')) this.#position++;
    return this.#format.slice(start, this.#position);
  }

  /** `[3]` */
  #readArgumentNumber(): void {
    if (this.#format[this.#position] !== '[') return;
    const close = this.#format.indexOf(']', this.#position);
    const text = close < 0 ? '' : this.#format.slice(this.#position + 1, close);
    const valid = this.#args.moveTo(/^\d{1,7}$/.test(text) ? Number(text) : 0);
    if (!valid) this.#badIndex = true;
    this.#position = close < 0 ? this.#position + 1 : close + 1;
  }

  /** Digits, or `*` for the next argument. */
  #readSize(name: 'WIDTH' | 'PREC'): number | undefined {
    if (this.#format[this.#position] === '*') {
      this.#position++;
      const value = this.#args.take()?.value;
      const valid = typeof value === 'bigint' && value <= maxSize && value >= -maxSize;
      if (!valid) this.#complaints += `%!(BAD${name})`;
      return valid ? Number(value) : undefined;
    }
    const digits = /^\d*/.exec(this.#format.slice(this.#position, this.#position + 8))?.[0] ?? '';
    if (digits === '') return undefined;
    this.#position += digits.length;
    return Math.min(Number(digits), maxSize);
  }
}
