/** Statements: tokens to syntax tree. */
import type { Expr, ForStatement, IfStatement, Signature, Statement } from './ast.ts';
import { ExpressionParser } from './expression-parser.ts';
import { TokenStream } from './token-stream.ts';
import type { Token } from './tokens.ts';

/** Tags of jinja2 that need other templates; a chat template is alone, so they can only fail. */
const otherTemplateTags = ['include', 'import', 'from', 'extends', 'block', 'autoescape'];

/** Throws TemplateFailure with an offset. */
export function parseTemplate(tokens: readonly Token[]): Statement[] {
  return new Parser(new TokenStream(tokens)).template();
}

class Parser {
  readonly #tokens: TokenStream;
  readonly #expressions: ExpressionParser;
  /** Tags that are open, innermost last. */
  readonly #openTags: string[] = [];
  /** End tags that the open blocks wait for. */
  readonly #awaited: (readonly string[])[] = [];

  constructor(tokens: TokenStream) {
    this.#tokens = tokens;
    this.#expressions = new ExpressionParser(tokens);
  }

  template(): Statement[] {
    return this.#statements(undefined);
  }

  /** Text and tags up to one of `endTags`, which becomes the current token; or up to the end of the template. */
  #statements(endTags: readonly string[] | undefined): Statement[] {
    const body: Statement[] = [];
    let output: (string | Expr)[] = [];
    let outputAt = 0;
    const flush = (): void => {
      if (output.length > 0) body.push({ kind: 'output', at: outputAt, parts: output });
      output = [];
    };
    while (!this.#tokens.is('end')) {
      const token = this.#tokens.next();
      if (token.type === 'blockBegin') {
        flush();
        if (endTags !== undefined && this.#tokens.isName(...endTags)) return body;
        body.push(this.#tokens.nested(() => this.#statement()));
        this.#tokens.expect('blockEnd');
        continue;
      }
      if (output.length === 0) outputAt = token.at;
      if (token.type === 'data') {
        output.push(token.text);
      } else {
        output.push(this.#expressions.tuple());
        this.#tokens.expect('variableEnd');
      }
    }
    if (endTags !== undefined) this.#failUnclosed('Unexpected end of template.');
    flush();
    return body;
  }

  /** The body of a block tag; its end tag becomes the current token. */
  #body(...endTags: readonly string[]): Statement[] {
    this.#tokens.skipIf(':');
    this.#tokens.expect('blockEnd');
    this.#awaited.push(endTags);
    const body = this.#statements(endTags);
    this.#awaited.pop();
    return body;
  }

  /** The body of a block tag whose end tag is read too. */
  #closedBody(endTag: string): Statement[] {
    const body = this.#body(endTag);
    this.#tokens.next();
    return body;
  }

  #statement(): Statement {
    const token = this.#tokens.current;
    if (token.type !== 'name') this.#tokens.fail('tag name expected');
    this.#openTags.push(token.text);
    const statement = this.#tagged(token);
    this.#openTags.pop();
    return statement;
  }

  #tagged(token: Token): Statement {
    const { text: tag, at } = token;
    this.#tokens.next();
    switch (tag) {
      case 'for':
        return this.#for(at);
      case 'if':
        return this.#if(at);
      case 'set':
        return this.#set(at);
      case 'macro': {
        const name = this.#tokens.expect('name').text;
        return { kind: 'macro', at, name, signature: this.#signature(), body: this.#closedBody('endmacro') };
      }
      case 'call':
        return this.#callBlock(at);
      case 'filter': {
        const filter = this.#expressions.filterChain();
        return { kind: 'filterBlock', at, filter, body: this.#closedBody('endfilter') };
      }
      case 'with':
        return this.#with(at);
      case 'print':
        return this.#print(at);
      case 'generation':
        return { kind: 'generation', at, body: this.#closedBody('endgeneration') };
      case 'break':
      case 'continue':
        return { kind: tag, at };
    }
    if (otherTemplateTags.includes(tag))
      this.#tokens.fail(`the tag '${tag}' is not available in chat templates`, at);
    this.#openTags.pop();
    return this.#failUnclosed(`Encountered unknown tag '${tag}'.`, tag, at);
  }

  #failUnclosed(problem: string, tag?: string, at?: number): never {
    const awaited = this.#awaited.at(-1);
    const parts = [problem];
    if (awaited !== undefined) {
      const names = awaited.map((name) => `'${name}'`).join(' or ');
      const isMisplaced = tag !== undefined && this.#awaited.some((tags) => tags.includes(tag));
      parts.push(
        isMisplaced
          ? `You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for ${names}.`
          : `Jinja was looking for the following tags: ${names}.`,
      );
    }
    const innermost = this.#openTags.at(-1);
    if (innermost !== undefined) parts.push(`The innermost block that needs to be closed is '${innermost}'.`);
    return this.#tokens.fail(parts.join(' '), at);
  }

  #for(at: number): ForStatement {
    const target = this.#expressions.target({ endName: 'in' });
    this.#tokens.expectName('in');
    const iterable = this.#expressions.tuple({ withConditional: false, endName: 'recursive' });
    const filter = this.#tokens.skipIfName('if') ? this.#expressions.expression() : undefined;
    const isRecursive = this.#tokens.skipIfName('recursive');
    const body = this.#body('endfor', 'else');
    const hasElse = this.#tokens.next().text === 'else';
    const otherwise = hasElse ? this.#closedBody('endfor') : [];
    return { kind: 'for', at, target, iterable, filter, isRecursive, body, otherwise };
  }

  #if(at: number): IfStatement {
    const branches: { test: Expr; body: Statement[] }[] = [];
    let otherwise: Statement[] = [];
    for (;;) {
      const test = this.#expressions.tuple({ withConditional: false });
      branches.push({ test, body: this.#body('elif', 'else', 'endif') });
      const end = this.#tokens.next().text;
      if (end === 'elif') continue;
      if (end === 'else') otherwise = this.#closedBody('endif');
      break;
    }
    const [first, ...elifs] = branches;
    return { kind: 'if', at, test: first!.test, body: first!.body, elifs, otherwise };
  }

  #set(at: number): Statement {
    const target = this.#expressions.target({ withNamespace: true });
    if (this.#tokens.skipIf('=')) return { kind: 'set', at, target, value: this.#expressions.tuple() };
    const filter = this.#tokens.skipIf('|') ? this.#expressions.filterChain() : undefined;
    return { kind: 'setBlock', at, target, filter, body: this.#closedBody('endset') };
  }

  #callBlock(at: number): Statement {
    const signature = this.#tokens.is('(') ? this.#signature() : { parameters: [], defaults: [] };
    const call = this.#expressions.expression();
    if (call.kind !== 'call') this.#tokens.fail('expected call', at);
    return { kind: 'callBlock', at, signature, call, body: this.#closedBody('endcall') };
  }

  #signature(): Signature {
    const parameters: string[] = [];
    const defaults: Expr[] = [];
    this.#tokens.expect('(');
    while (!this.#tokens.is(')')) {
      if (parameters.length > 0) this.#tokens.expect(',');
      const { text, at } = this.#tokens.expect('name');
      if (parameters.includes(text)) this.#tokens.fail(`duplicate argument '${text}'`, at);
      parameters.push(text);
      if (this.#tokens.skipIf('=')) defaults.push(this.#expressions.expression());
      else if (defaults.length > 0) this.#tokens.fail('non-default argument follows default argument');
    }
    this.#tokens.expect(')');
    return { parameters, defaults };
  }

  #with(at: number): Statement {
    const bindings: { target: ReturnType<ExpressionParser['target']>; value: Expr }[] = [];
    while (!this.#tokens.is('blockEnd')) {
      if (bindings.length > 0) this.#tokens.expect(',');
      const target = this.#expressions.target();
      this.#tokens.expect('=');
      bindings.push({ target, value: this.#expressions.expression() });
    }
    return { kind: 'with', at, bindings, body: this.#closedBody('endwith') };
  }

  #print(at: number): Statement {
    const parts: Expr[] = [];
    while (!this.#tokens.is('blockEnd')) {
      if (parts.length > 0) this.#tokens.expect(',');
      parts.push(this.#expressions.expression());
    }
    return { kind: 'output', at, parts };
  }
}
