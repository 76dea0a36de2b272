/** A cursor over tokens with the questions that the parser asks. */
import { TemplateFailure } from './errors.ts';
import { describeToken, type Token, type TokenType } from './tokens.ts';

/** Deepest nesting of expressions and blocks; the compiler and the closures it makes recurse as deep. */
const maxNesting = 250;

export class TokenStream {
  readonly #tokens: readonly Token[];
  #index = 0;
  #nesting = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get current(): Token {
    return this.#tokens[Math.min(this.#index, this.#tokens.length - 1)]!;
  }

  /** The token after the current one. */
  get following(): Token {
    return this.#tokens[Math.min(this.#index + 1, this.#tokens.length - 1)]!;
  }

  next(): Token {
    const token = this.current;
    this.#index++;
    return token;
  }

  is(type: TokenType): boolean {
    return this.current.type === type;
  }

  isName(...names: readonly string[]): boolean {
    return this.current.type === 'name' && names.includes(this.current.text);
  }

  skipIf(type: TokenType): boolean {
    if (!this.is(type)) return false;
    this.#index++;
    return true;
  }

  skipIfName(name: string): boolean {
    if (!this.isName(name)) return false;
    this.#index++;
    return true;
  }

  expect(type: TokenType): Token {
    if (!this.is(type)) this.#failExpecting(type);
    return this.next();
  }

  expectName(name: string): Token {
    if (!this.isName(name)) this.#failExpecting(name);
    return this.next();
  }

  #failExpecting(what: string): never {
    const wanted = describeToken({ type: what as TokenType, text: what, at: 0 }); // a name describes itself
    if (this.is('end')) this.fail(`unexpected end of template, expected '${wanted}'.`);
    this.fail(`expected token '${wanted}', got '${describeToken(this.current)}'`);
  }

  fail(message: string, at = this.current.at): never {
    throw new TemplateFailure(message, { offset: at });
  }

  /** Runs `parse` one level deeper. */
  nested<T>(parse: () => T): T {
    if (++this.#nesting > maxNesting) this.fail('the template is nested too deeply');
    const result = parse();
    this.#nesting--;
    return result;
  }

  /** Bounds chains such as `a + b + c …`, which nest to the left. */
  checkChain(length: number): void {
    if (length > maxNesting) this.fail('the expression is too long');
  }
}
