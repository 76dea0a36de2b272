/** Splits a template into text and tags and applies white-space control, with trim_blocks and lstrip_blocks on. */
import { TemplateFailure } from './errors.ts';
import { TagLexer } from './tag-lexer.ts';
import type { Token } from './tokens.ts';
import { isWhitespace, strip, whitespaceClass } from './unicode.ts';

const opening = /\{[{%#]/g;
const rawBegin = new RegExp(`\\{%[-+]?[${whitespaceClass}]*raw[${whitespaceClass}]*(?:(-)?%\\})`, 'y');
const rawEnd = new RegExp(`\\{%([-+]?)[${whitespaceClass}]*endraw[${whitespaceClass}]*([-+]?)%\\}`, 'g');

/** jinja2's line ends: CRLF, CR and LF become LF, and one line end at the end of the source is dropped. */
export function normalizeSource(source: string): string {
  const text = source.replaceAll('\r\n', '\n').replaceAll('\r', '\n');
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

/** All tokens of a normalised source; throws TemplateFailure where it is not a template. */
export function tokenize(source: string): Token[] {
  return new Lexer(source).run();
}

class Lexer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #position = 0;
  /** Whether the last tag's text ended with a line end: then what follows begins a line. */
  #isLineStart = true;

  constructor(source: string) {
    this.#source = source;
  }

  run(): Token[] {
    for (;;) {
      opening.lastIndex = this.#position;
      const match = opening.exec(this.#source);
      if (match === null) break;
      this.#readTag(match.index, match[0]);
    }
    this.#pushData(this.#source.slice(this.#position), this.#position);
    this.#tokens.push({ type: 'end', text: '', at: this.#source.length });
    return this.#tokens;
  }

  #readTag(at: number, kind: string): void {
    const sign = this.#signAt(at + 2);
    const canStripLine = kind !== '{{' && sign !== '+';
    const dataAt = this.#position;
    const data = this.#source.slice(dataAt, at);
    this.#pushData(this.#trimBefore(data, sign === '-', canStripLine), dataAt);
    if (kind === '{%' && this.#readRaw(at)) return;
    const inside = at + 2 + sign.length;
    if (kind === '{#') this.#skipComment(at, inside);
    else this.#readTokens(at, inside, kind === '{{' ? 'variable' : 'block');
    this.#isLineStart = this.#source[this.#position - 1] === '\n';
  }

  #signAt(offset: number): string {
    const char = this.#source[offset];
    return char === '-' || char === '+' ? char : '';
  }

  /** `-` removes all white space before a tag; otherwise a block alone on its line loses its indentation. */
  #trimBefore(data: string, hasMinus: boolean, canStripLine: boolean): string {
    if (hasMinus) return strip(data, 'right');
    if (!canStripLine) return data;
    const lineAt = data.lastIndexOf('\n') + 1;
    if (lineAt === 0 && !this.#isLineStart) return data;
    for (let i = lineAt; i < data.length; i++) if (!isWhitespace(data[i]!)) return data;
    return data.slice(0, lineAt);
  }

  #skipSpace(from: number): number {
    let end = from;
    while (end < this.#source.length && isWhitespace(this.#source[end]!)) end++;
    return end;
  }

  /** Where the text goes on after a closing `%}` or `#}` that ends at `end`. */
  #afterClosing(end: number, sign: string): number {
    if (sign === '-') return this.#skipSpace(end);
    return sign === '' && this.#source[end] === '\n' ? end + 1 : end;
  }

  #skipComment(at: number, inside: number): void {
    const closing = this.#source.indexOf('#}', inside);
    if (closing < 0) throw new TemplateFailure('Missing end of comment tag', { offset: at });
    const sign = closing > inside ? this.#signAt(closing - 1) : '';
    this.#position = this.#afterClosing(closing + 2, sign);
  }

  /** Reads `{% raw %} … {% endraw %}` at `at`; false when the tag is another. */
  #readRaw(at: number): boolean {
    rawBegin.lastIndex = at;
    const begin = rawBegin.exec(this.#source);
    if (begin === null) return false;
    const bodyAt = begin[1] === '-' ? this.#skipSpace(rawBegin.lastIndex) : rawBegin.lastIndex;
    this.#isLineStart = this.#source[bodyAt - 1] === '\n';
    rawEnd.lastIndex = bodyAt;
    const end = rawEnd.exec(this.#source);
    if (end === null) throw new TemplateFailure('Missing end of raw directive', { offset: at });
    const body = this.#source.slice(bodyAt, end.index);
    this.#pushData(this.#trimBefore(body, end[1] === '-', end[1] !== '+'), bodyAt);
    this.#position = this.#afterClosing(rawEnd.lastIndex, end[2] ?? '');
    this.#isLineStart = this.#source[this.#position - 1] === '\n';
    return true;
  }

  #readTokens(at: number, inside: number, kind: 'variable' | 'block'): void {
    const isBlock = kind === 'block';
    this.#tokens.push({ type: isBlock ? 'blockBegin' : 'variableBegin', text: '', at });
    const lexer = new TagLexer(this.#source, inside, isBlock ? '%}' : '}}');
    for (;;) {
      const token = lexer.next();
      if (token !== undefined) {
        this.#tokens.push(token);
        continue;
      }
      const { closing } = lexer;
      if (closing === undefined) break; // end of source: the parser complains about what it misses
      this.#tokens.push({ type: isBlock ? 'blockEnd' : 'variableEnd', text: '', at: closing.at });
      this.#position = isBlock
        ? this.#afterClosing(closing.end, closing.sign)
        : closing.sign === '-'
          ? this.#skipSpace(closing.end)
          : closing.end;
      return;
    }
    this.#position = this.#source.length;
  }

  #pushData(text: string, at: number): void {
    if (text !== '') this.#tokens.push({ type: 'data', text, at });
  }
}
