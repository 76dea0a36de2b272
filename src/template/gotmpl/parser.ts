/** Builds the syntax trees of a Go template and of those it defines; errors read as Go's and carry their place. */
import type { BranchNode, ListNode, StatementNode, TemplateNode, TemplateSet } from './ast.ts';
import type { Token } from './lexer.ts';
import { maxNesting } from './limits.ts';
import { unquoteString } from './literals.ts';
import { PipelineParser } from './pipeline-parser.ts';
import { quoteString } from './quote.ts';
import { TokenStream } from './token-stream.ts';

/**
 * Parses a source; the result holds the source itself under `''` and everything it defines. Throws `template_error` with
 * `data` { line, column }, both 1-based.
 */
export function parseTemplates(source: string, functions: ReadonlySet<string>): TemplateSet {
  const templates = new Map<string, ListNode>();
  new TreeParser({ tokens: new TokenStream(source), functions, templates, depth: 0 }).parseSource();
  return templates;
}

/** What the parsers of one source's templates share. */
interface Shared {
  readonly tokens: TokenStream;
  readonly functions: ReadonlySet<string>;
  readonly templates: Map<string, ListNode>;
  /** Control actions and definitions around the current place. */
  depth: number;
}

/** What ended a list: `{{end}}` or `{{else}}`; for the latter the `if` or `with` after it is still unread. */
interface Terminator {
  readonly kind: 'end' | 'else';
  readonly position: number;
}

type Statement = StatementNode | Terminator;
/** Parses one template: the source, a `define` or a `block`. Variables and loops do not reach across. */
class TreeParser {
  readonly #shared: Shared;
  readonly #tokens: TokenStream;
  readonly #pipelines: PipelineParser;
  #rangeDepth = 0;

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#tokens = shared.tokens;
    this.#pipelines = new PipelineParser(shared.tokens, shared.functions);
  }

  parseSource(): void {
    const nodes: StatementNode[] = [];
    while (this.#tokens.peek().type !== 'eof') {
      const first = this.#tokens.next();
      if (first.type === 'leftDelim') {
        const second = this.#tokens.nextNonSpace();
        if (second.type === 'define') {
          this.#nested(() => new TreeParser(this.#shared).#parseDefinition());
          continue;
        }
        this.#tokens.unread(first, second);
      } else {
        this.#tokens.unread(first);
      }
      const statement = this.#statement();
      if (isTerminator(statement)) this.#tokens.fail(`unexpected ${describeTerminator(statement)}`);
      nodes.push(statement);
    }
    this.#add('', { kind: 'list', position: 0, nodes });
  }

  /** After `{{define`. */
  #parseDefinition(): void {
    const context = 'define clause';
    const name = this.#templateName(this.#tokens.nextNonSpace(), context);
    this.#tokens.expect('rightDelim', context);
    this.#parseBody(name, context);
  }

  #parseBody(name: string, context: string): void {
    const [list, end] = this.#list();
    if (end.kind !== 'end') this.#tokens.fail(`unexpected ${describeTerminator(end)} in ${context}`);
    this.#add(name, list);
  }

  /** An empty template never replaces another and may be replaced. */
  #add(name: string, list: ListNode): void {
    const existing = this.#shared.templates.get(name);
    if (existing === undefined || isBlank(existing)) {
      this.#shared.templates.set(name, list);
    } else if (!isBlank(list)) {
      this.#tokens.fail(`template: multiple definition of template ${quoteString(name)}`);
    }
  }

  /** Statements up to `{{end}}` or `{{else}}`. */
  #list(): [ListNode, Terminator] {
    const position = this.#tokens.peekNonSpace().position;
    const nodes: StatementNode[] = [];
    while (this.#tokens.peekNonSpace().type !== 'eof') {
      const statement = this.#statement();
      if (isTerminator(statement)) return [{ kind: 'list', position, nodes }, statement];
      nodes.push(statement);
    }
    return this.#tokens.fail('unexpected EOF');
  }

  #statement(): Statement {
    const token = this.#tokens.nextNonSpace();
    if (token.type === 'text') return { kind: 'text', position: token.position, text: token.value };
    if (token.type !== 'leftDelim') return this.#tokens.unexpected(token, 'input');
    this.#tokens.actionLine = token.line;
    const statement = this.#action();
    this.#tokens.actionLine = 0;
    return statement;
  }

  /** After `{{`. */
  #action(): Statement {
    const token = this.#tokens.nextNonSpace();
    switch (token.type) {
      case 'if':
      case 'with':
      case 'range':
        return this.#branch(token.type);
      case 'else':
        return this.#else();
      case 'end':
        return { kind: 'end', position: this.#tokens.expect('rightDelim', 'end').position };
      case 'break':
      case 'continue':
        return this.#loopControl(token, token.type);
      case 'template':
        return this.#template();
      case 'block':
        return this.#block();
    }
    this.#tokens.unread(token);
    return { kind: 'action', position: token.position, pipe: this.#pipelines.parse('command', 'rightDelim') };
  }

  #else(): Terminator {
    const next = this.#tokens.peekNonSpace();
    if (next.type === 'if' || next.type === 'with') return { kind: 'else', position: next.position };
    return { kind: 'else', position: this.#tokens.expect('rightDelim', 'else').position };
  }

  #loopControl(token: Token, kind: 'break' | 'continue'): StatementNode {
    const next = this.#tokens.nextNonSpace();
    if (next.type !== 'rightDelim') this.#tokens.unexpected(next, `{{${kind}}}`);
    if (this.#rangeDepth === 0) this.#tokens.fail(`{{${kind}}} outside {{range}}`);
    return { kind, position: token.position };
  }

  /** `{{else if}}` and `{{else with}}` become a nested branch that shares its parent's `{{end}}`. */
  #branch(kind: BranchNode['kind']): BranchNode {
    return this.#nested(() =>
      this.#pipelines.scoped(() => {
        const pipe = this.#pipelines.parse(kind, 'rightDelim');
        if (kind === 'range') this.#rangeDepth++;
        const [list, terminator] = this.#list();
        if (kind === 'range') this.#rangeDepth--;
        const elseList = terminator.kind === 'else' ? this.#elseList(kind, terminator) : undefined;
        return { kind, position: pipe.position, pipe, list, elseList };
      }),
    );
  }

  #elseList(kind: BranchNode['kind'], terminator: Terminator): ListNode {
    if (kind !== 'range' && this.#tokens.peek().type === kind) {
      this.#tokens.next();
      return { kind: 'list', position: terminator.position, nodes: [this.#branch(kind)] };
    }
    const [list, end] = this.#list();
    if (end.kind !== 'end') this.#tokens.fail(`expected end; found ${describeTerminator(end)}`);
    return list;
  }

  #template(): TemplateNode {
    const context = 'template clause';
    const token = this.#tokens.nextNonSpace();
    const name = this.#templateName(token, context);
    const next = this.#tokens.nextNonSpace();
    if (next.type === 'rightDelim')
      return { kind: 'template', position: token.position, name, pipe: undefined };
    this.#tokens.unread(next);
    return {
      kind: 'template',
      position: token.position,
      name,
      pipe: this.#pipelines.parse(context, 'rightDelim'),
    };
  }

  #block(): TemplateNode {
    const context = 'block clause';
    const token = this.#tokens.nextNonSpace();
    const name = this.#templateName(token, context);
    const pipe = this.#pipelines.parse(context, 'rightDelim');
    this.#nested(() => new TreeParser(this.#shared).#parseBody(name, context));
    return { kind: 'template', position: token.position, name, pipe };
  }

  #templateName(token: Token, context: string): string {
    if (token.type !== 'string' && token.type !== 'rawString') this.#tokens.unexpected(token, context);
    return this.#tokens.literal(() => unquoteString(token.value));
  }

  #nested<T>(parse: () => T): T {
    if (this.#shared.depth >= maxNesting) this.#tokens.fail('max nesting depth exceeded');
    this.#shared.depth++;
    const result = parse();
    this.#shared.depth--;
    return result;
  }
}

function isTerminator(statement: Statement): statement is Terminator {
  return statement.kind === 'end' || statement.kind === 'else';
}

function describeTerminator(terminator: Terminator): string {
  return `{{${terminator.kind}}}`;
}

function isBlank(list: ListNode): boolean {
  return list.nodes.every((node) => node.kind === 'text' && node.text.trim() === '');
}
