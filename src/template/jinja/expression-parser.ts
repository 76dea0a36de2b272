/** Expressions: jinja2's grammar, from conditionals down to literals. */
import type { ArgumentList, BinaryOperator, CompareOperator, Expr, FilterExpr, Target } from './ast.ts';
import type { TokenStream } from './token-stream.ts';
import { describeToken, type TokenType } from './tokens.ts';

const noArguments: ArgumentList = { positional: [], keyword: [], rest: undefined, keywordRest: undefined };

export class ExpressionParser {
  readonly #tokens: TokenStream;

  constructor(tokens: TokenStream) {
    this.#tokens = tokens;
  }

  /** One expression, `a if b else c` included. */
  expression(): Expr {
    return this.#tokens.nested(() => this.#conditional());
  }

  /** An expression or a tuple without parentheses, ending at the end of the tag or before the name `endName`. */
  tuple(options: { withConditional?: boolean; endName?: string } = {}): Expr {
    const parse =
      options.withConditional === false
        ? () => this.#tokens.nested(() => this.#or())
        : () => this.expression();
    return this.#sequence(parse, options.endName, false);
  }

  /** The left side of `set` or `for`. */
  target(options: { withNamespace?: boolean; endName?: string } = {}): Target {
    const at = this.#tokens.current.at;
    const expr = this.#sequence(() => this.#primary(options.withNamespace), options.endName, false);
    return this.#asTarget(expr, at);
  }

  #asTarget(expr: Expr, at: number): Target {
    if (expr.kind === 'name' || expr.kind === 'namespaceRef') return expr;
    if (expr.kind === 'tuple')
      return { kind: 'tuple', at: expr.at, items: expr.items.map((item) => this.#asTarget(item, at)) };
    return this.#tokens.fail(`can't assign to '${expr.kind}'`, at);
  }

  #sequence(parse: () => Expr, endName: string | undefined, isParenthesised: boolean): Expr {
    const at = this.#tokens.current.at;
    const items: Expr[] = [];
    let isTuple = false;
    while (!this.#isTupleEnd(endName)) {
      items.push(parse());
      if (!this.#tokens.skipIf(',')) break;
      isTuple = true;
    }
    const only = items[0];
    if (!isTuple && only !== undefined) return only;
    if (!isTuple && !isParenthesised)
      this.#tokens.fail(`Expected an expression, got '${describeToken(this.#tokens.current)}'`);
    return { kind: 'tuple', at, items };
  }

  #isTupleEnd(endName: string | undefined): boolean {
    const { type } = this.#tokens.current;
    if (type === 'variableEnd' || type === 'blockEnd' || type === ')') return true;
    return endName !== undefined && this.#tokens.isName(endName);
  }

  #conditional(): Expr {
    let expr = this.#or();
    for (let links = 1; this.#tokens.isName('if'); links++) {
      const at = this.#tokens.next().at;
      this.#tokens.checkChain(links);
      const test = this.#or();
      const whenFalse = this.#tokens.skipIfName('else') ? this.expression() : undefined;
      expr = { kind: 'conditional', at, test, whenTrue: expr, whenFalse };
    }
    return expr;
  }

  #or(): Expr {
    let left = this.#and();
    for (let links = 1; this.#tokens.isName('or'); links++) {
      const at = this.#tokens.next().at;
      this.#tokens.checkChain(links);
      left = { kind: 'logic', operator: 'or', at, left, right: this.#and() };
    }
    return left;
  }

  #and(): Expr {
    let left = this.#not();
    for (let links = 1; this.#tokens.isName('and'); links++) {
      const at = this.#tokens.next().at;
      this.#tokens.checkChain(links);
      left = { kind: 'logic', operator: 'and', at, left, right: this.#not() };
    }
    return left;
  }

  #not(): Expr {
    if (!this.#tokens.isName('not')) return this.#compare();
    const at = this.#tokens.next().at;
    return { kind: 'unary', operator: 'not', at, operand: this.#tokens.nested(() => this.#not()) };
  }

  #compare(): Expr {
    const first = this.#sum();
    const rest: { operator: CompareOperator; operand: Expr }[] = [];
    const { at } = this.#tokens.current;
    for (;;) {
      const operator = this.#compareOperator();
      if (operator === undefined) break;
      rest.push({ operator, operand: this.#sum() });
    }
    return rest.length === 0 ? first : { kind: 'compare', at, first, rest };
  }

  #compareOperator(): CompareOperator | undefined {
    const { type } = this.#tokens.current;
    switch (type) {
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
        this.#tokens.next();
        return type;
    }
    if (this.#tokens.skipIfName('in')) return 'in';
    const { following } = this.#tokens;
    if (!this.#tokens.isName('not') || following.type !== 'name' || following.text !== 'in') return undefined;
    this.#tokens.next();
    this.#tokens.next();
    return 'not in';
  }

  #sum(): Expr {
    return this.#binary(['+', '-'], () => this.#concat());
  }

  #concat(): Expr {
    const { at } = this.#tokens.current;
    const parts = [this.#product()];
    while (this.#tokens.skipIf('~')) parts.push(this.#product());
    return parts.length === 1 ? parts[0]! : { kind: 'concat', at, parts };
  }

  #product(): Expr {
    return this.#binary(['*', '/', '//', '%'], () => this.#power());
  }

  /** Left-associative, unlike Python's: so it is in jinja2. */
  #power(): Expr {
    return this.#binary(['**'], () => this.#unary());
  }

  #binary(operators: readonly BinaryOperator[], operand: () => Expr): Expr {
    let left = operand();
    for (let links = 1; ; links++) {
      const operator = operators.find((text) => this.#tokens.is(text));
      if (operator === undefined) return left;
      this.#tokens.checkChain(links);
      const at = this.#tokens.next().at;
      left = { kind: 'binary', operator, at, left, right: operand() };
    }
  }

  #unary(withFilters = true): Expr {
    const { type, at } = this.#tokens.current;
    let expr: Expr;
    if (type === '-' || type === '+') {
      this.#tokens.next();
      expr = { kind: 'unary', operator: type, at, operand: this.#tokens.nested(() => this.#unary(false)) };
    } else {
      expr = this.#primary();
    }
    expr = this.#postfix(expr);
    return withFilters ? this.#filtersAndTests(expr) : expr;
  }

  #primary(withNamespace = false): Expr {
    const token = this.#tokens.current;
    const { at, text } = token;
    switch (token.type) {
      case 'name':
        this.#tokens.next();
        return this.#nameOrConstant(text, at, withNamespace);
      case 'string': {
        let value = '';
        while (this.#tokens.is('string')) value += this.#tokens.next().text;
        return { kind: 'const', at, value };
      }
      case 'integer':
      case 'float':
        this.#tokens.next();
        return { kind: 'const', at, value: token.number ?? 0 };
      case '(': {
        this.#tokens.next();
        const expr = this.#sequence(() => this.expression(), undefined, true);
        this.#tokens.expect(')');
        return expr;
      }
      case '[':
        return { kind: 'list', at, items: this.#items(']', () => this.expression()) };
      case '{':
        return { kind: 'dict', at, pairs: this.#items('}', () => this.#pair()) };
      default:
        return this.#tokens.fail(`unexpected '${describeToken(token)}'`);
    }
  }

  #nameOrConstant(name: string, at: number, withNamespace: boolean): Expr {
    if (name === 'true' || name === 'True') return { kind: 'const', at, value: true };
    if (name === 'false' || name === 'False') return { kind: 'const', at, value: false };
    if (name === 'none' || name === 'None') return { kind: 'const', at, value: null };
    if (!withNamespace || !this.#tokens.skipIf('.')) return { kind: 'name', at, name };
    return { kind: 'namespaceRef', at, name, attribute: this.#tokens.expect('name').text };
  }

  #pair(): { key: Expr; value: Expr } {
    const key = this.expression();
    this.#tokens.expect(':');
    return { key, value: this.expression() };
  }

  /** A bracketed list, a comma at its end allowed. */
  #items<T>(end: TokenType, parse: () => T): T[] {
    this.#tokens.next();
    const items: T[] = [];
    while (!this.#tokens.is(end)) {
      if (items.length > 0) this.#tokens.expect(',');
      if (this.#tokens.is(end)) break;
      items.push(parse());
    }
    this.#tokens.expect(end);
    return items;
  }

  #postfix(start: Expr): Expr {
    let expr = start;
    for (let links = 1; ; links++) {
      const { type, at } = this.#tokens.current;
      this.#tokens.checkChain(links);
      if (type === '.') expr = this.#attribute(expr);
      else if (type === '[') expr = { kind: 'getItem', at, object: expr, key: this.#subscript() };
      else if (type === '(') expr = { kind: 'call', at, callee: expr, args: this.#arguments() };
      else return expr;
    }
  }

  #attribute(object: Expr): Expr {
    const { at } = this.#tokens.next();
    const token = this.#tokens.next();
    if (token.type === 'name') return { kind: 'getAttribute', at, object, name: token.text };
    if (token.type !== 'integer') this.#tokens.fail('expected name or number', token.at);
    return { kind: 'getItem', at, object, key: { kind: 'const', at: token.at, value: token.number ?? 0 } };
  }

  #subscript(): Expr {
    const { at } = this.#tokens.next();
    const parts: Expr[] = [];
    while (!this.#tokens.is(']')) {
      if (parts.length > 0) this.#tokens.expect(',');
      parts.push(this.#sliceOrIndex());
    }
    this.#tokens.expect(']');
    return parts.length === 1 ? parts[0]! : { kind: 'tuple', at, items: parts };
  }

  #sliceOrIndex(): Expr {
    const { at } = this.#tokens.current;
    const isEnd = (): boolean => this.#tokens.is(':') || this.#tokens.is(']') || this.#tokens.is(',');
    let start: Expr | undefined;
    if (!this.#tokens.is(':')) {
      start = this.expression();
      if (!this.#tokens.is(':')) return start;
    }
    this.#tokens.next();
    const stop = isEnd() ? undefined : this.expression();
    const step = this.#tokens.skipIf(':') && !isEnd() ? this.expression() : undefined;
    return { kind: 'slice', at, start, stop, step };
  }

  #filtersAndTests(start: Expr): Expr {
    let expr = start;
    for (let links = 1; ; links++) {
      const { type, at } = this.#tokens.current;
      this.#tokens.checkChain(links);
      if (type === '|') {
        this.#tokens.next();
        expr = this.filter(expr);
      } else if (this.#tokens.isName('is')) expr = this.#test(expr);
      else if (type === '(') expr = { kind: 'call', at, callee: expr, args: this.#arguments() };
      else return expr;
    }
  }

  /** A filter's name and arguments, the `|` being read. */
  filter(input: Expr | undefined): FilterExpr {
    const { at } = this.#tokens.current;
    const name = this.#dottedName();
    const args = this.#tokens.is('(') ? this.#arguments() : noArguments;
    return { kind: 'filter', at, input, name, args };
  }

  /** `name(args)|name(args)…`, as filter blocks and set blocks write it. */
  filterChain(): FilterExpr {
    let filter = this.filter(undefined);
    for (let links = 1; this.#tokens.skipIf('|'); links++) {
      this.#tokens.checkChain(links);
      filter = this.filter(filter);
    }
    return filter;
  }

  #dottedName(): string {
    let name = this.#tokens.expect('name').text;
    while (this.#tokens.skipIf('.')) name += `.${this.#tokens.expect('name').text}`;
    return name;
  }

  #test(input: Expr): Expr {
    const { at } = this.#tokens.next();
    const isNegated = this.#tokens.skipIfName('not');
    const name = this.#dottedName();
    const test: Expr = { kind: 'test', at, input, name, args: this.#testArguments() };
    return isNegated ? { kind: 'unary', operator: 'not', at, operand: test } : test;
  }

  /** A test takes arguments in parentheses, or one operand without them: `x is divisibleby 3`. */
  #testArguments(): ArgumentList {
    const { type } = this.#tokens.current;
    if (type === '(') return this.#arguments();
    const isOperand = ['name', 'string', 'integer', 'float', '[', '{'].includes(type);
    if (!isOperand || this.#tokens.isName('else', 'or', 'and')) return noArguments;
    if (this.#tokens.isName('is')) this.#tokens.fail('You cannot chain multiple tests with is');
    return { ...noArguments, positional: [this.#postfix(this.#primary())] };
  }

  #arguments(): ArgumentList {
    const { at } = this.#tokens.next();
    const positional: Expr[] = [];
    const keyword: { name: string; value: Expr }[] = [];
    let rest: Expr | undefined;
    let keywordRest: Expr | undefined;
    const ensure = (isAllowed: boolean): void => {
      if (!isAllowed) this.#tokens.fail('invalid syntax for function call expression', at);
    };
    for (let count = 0; !this.#tokens.is(')'); count++) {
      if (count > 0) this.#tokens.expect(',');
      if (this.#tokens.is(')')) break;
      if (this.#tokens.skipIf('*')) {
        ensure(rest === undefined && keywordRest === undefined);
        rest = this.expression();
      } else if (this.#tokens.skipIf('**')) {
        ensure(keywordRest === undefined);
        keywordRest = this.expression();
      } else if (this.#tokens.is('name') && this.#tokens.following.type === '=') {
        ensure(keywordRest === undefined);
        const name = this.#tokens.next().text;
        this.#tokens.next();
        if (keyword.some((other) => other.name === name))
          this.#tokens.fail(`keyword argument repeated: ${name}`, at);
        keyword.push({ name, value: this.expression() });
      } else {
        ensure(rest === undefined && keywordRest === undefined && keyword.length === 0);
        positional.push(this.expression());
      }
    }
    this.#tokens.expect(')');
    return { positional, keyword, rest, keywordRest };
  }
}
