/** The parser's view of the tokens: look-ahead, and errors at the place that Go would name. */
import { CriaError } from '../../errors.ts';
import { describeToken, Lexer, type Token, type TokenType } from './lexer.ts';
import { LiteralError } from './literals.ts';

/** Tokens with three places of look-ahead, as many as telling `$x y` from `$x := y` takes. */
export class TokenStream {
  readonly #source: string;
  readonly #lexer: Lexer;
  readonly #pending: Token[] = [];
  /** The token read last, look-ahead included: where Go says that an error is. */
  #latest: Token = { type: 'eof', value: '', position: 0, line: 1 };

  /** Line of the `{{` that began the current action; 0 = between actions. Error messages name it. */
  actionLine = 0;

  constructor(source: string) {
    this.#source = source;
    this.#lexer = new Lexer(source);
  }

  next(): Token {
    const pending = this.#pending.pop();
    if (pending !== undefined) return pending;
    this.#latest = this.#lexer.next();
    return this.#latest;
  }

  /** Puts tokens back, in reading order. */
  unread(...tokens: readonly Token[]): void {
    this.#pending.push(...tokens.toReversed());
  }

  peek(): Token {
    const token = this.next();
    this.unread(token);
    return token;
  }

  nextNonSpace(): Token {
    for (;;) {
      const token = this.next();
      if (token.type !== 'space') return token;
    }
  }

  peekNonSpace(): Token {
    const token = this.nextNonSpace();
    this.unread(token);
    return token;
  }

  expect(type: TokenType, context: string): Token {
    const token = this.nextNonSpace();
    return token.type === type ? token : this.unexpected(token, context);
  }

  /** Fails because of a token that may not stand here, or because of the lexer's own error. */
  unexpected(token: Token, context: string): never {
    if (token.type !== 'error') return this.fail(`unexpected ${describeToken(token)} in ${context}`);
    let place = '';
    if (this.actionLine !== 0 && this.actionLine !== token.line) {
      const noun = token.value.endsWith(' action') ? '' : ' in action';
      place = `${noun} started at :${this.actionLine}`;
    }
    return this.fail(`${token.value}${place}`);
  }

  fail(message: string): never {
    const { line, position } = this.#latest;
    const column = position - this.#source.slice(0, position).lastIndexOf('\n');
    throw new CriaError('template_error', `template: :${line}: ${message}`, { data: { line, column } });
  }

  /** Runs a decoder of literals and gives its failures their place. */
  literal<T>(decode: () => T): T {
    try {
      return decode();
    } catch (error) {
      if (error instanceof LiteralError) return this.fail(error.message);
      throw error;
    }
  }
}
