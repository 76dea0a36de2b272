/** Parses what stands inside an action after its keyword: variables, commands, operands, literals. */
import type { CommandNode, Node, OperandNode, PipeNode, VariableNode } from './ast.ts';
import type { Token, TokenType } from './lexer.ts';
import { maxNesting } from './limits.ts';
import { parseNumber, unquoteCharacter, unquoteString } from './literals.ts';
import { printNode } from './print-node.ts';
import { quoteString } from './quote.ts';
import type { TokenStream } from './token-stream.ts';

/** What a pipeline is part of; error messages name it. */
export type PipelineContext =
  | 'if'
  | 'with'
  | 'range'
  | 'command'
  | 'block clause'
  | 'template clause'
  | 'parenthesized pipeline';

const operandStarts: ReadonlySet<TokenType> = new Set<TokenType>([
  'bool',
  'charConstant',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'rawString',
  'string',
  'variable',
  'leftParen',
]);

/** Operands that take no arguments and so cannot receive a piped value. */
const constantKinds: ReadonlySet<Node['kind']> = new Set<Node['kind']>([
  'bool',
  'dot',
  'nil',
  'number',
  'string',
]);

/** Parses the pipelines of one template. */
export class PipelineParser {
  readonly #tokens: TokenStream;
  readonly #functions: ReadonlySet<string>;
  /** Names of the variables in scope, shadowed ones included. */
  readonly #scope: string[] = ['$'];
  #parenDepth = 0;

  constructor(tokens: TokenStream, functions: ReadonlySet<string>) {
    this.#tokens = tokens;
    this.#functions = functions;
  }

  /** Runs a parser whose variables go out of scope with it. */
  scoped<T>(parse: () => T): T {
    const mark = this.#scope.length;
    const result = parse();
    this.#scope.length = mark;
    return result;
  }

  /** Everything up to the end token, which is consumed. */
  parse(context: PipelineContext, end: 'rightDelim' | 'rightParen'): PipeNode {
    const position = this.#tokens.peekNonSpace().position;
    const { declarations, isAssign } = this.#declarations(context);
    const commands: CommandNode[] = [];
    for (;;) {
      const token = this.#tokens.nextNonSpace();
      if (token.type === end) break;
      if (!operandStarts.has(token.type)) this.#tokens.unexpected(token, context);
      this.#tokens.unread(token);
      commands.push(this.#command());
    }
    if (commands.length === 0) this.#tokens.fail(`missing value for ${context}`);
    const constant = commands.findIndex((command, i) => i > 0 && constantKinds.has(command.args[0].kind));
    if (constant > 0) this.#tokens.fail(`non executable command in pipeline stage ${constant + 1}`);
    return { kind: 'pipe', position, isAssign, declarations, commands };
  }

  /** `$x :=`, `$x =`, and in a range `$i, $x :=`. Everything else stays unread. */
  #declarations(context: PipelineContext): { declarations: VariableNode[]; isAssign: boolean } {
    const declarations: VariableNode[] = [];
    for (;;) {
      const variable = this.#tokens.peekNonSpace();
      if (variable.type !== 'variable') return { declarations, isAssign: false };
      this.#tokens.nextNonSpace();
      const after = this.#tokens.next();
      const next = after.type === 'space' ? this.#tokens.nextNonSpace() : after;
      const isComma = next.type === 'char' && next.value === ',';
      if (!isComma && next.type !== 'assign' && next.type !== 'declare') {
        if (after === next) this.#tokens.unread(variable, next);
        else this.#tokens.unread(variable, after, next);
        return { declarations, isAssign: false };
      }
      declarations.push(variableNode(variable));
      this.#scope.push(variable.value);
      if (!isComma) return { declarations, isAssign: next.type === 'assign' };
      if (context !== 'range' || declarations.length > 1) {
        this.#tokens.fail(`too many declarations in ${context}`);
      }
      const follower = this.#tokens.peekNonSpace().type;
      if (follower !== 'variable' && follower !== 'rightDelim' && follower !== 'rightParen') {
        this.#tokens.fail('range can only initialize variables');
      }
    }
  }

  /** Operands up to a `|`, which is consumed, or the pipeline's end, which is not. */
  #command(): CommandNode {
    const position = this.#tokens.peekNonSpace().position;
    const args: OperandNode[] = [];
    for (;;) {
      this.#skipSpace();
      const operand = this.#operand();
      if (operand !== undefined) args.push(operand);
      const token = this.#tokens.next();
      if (token.type === 'space') continue;
      if (token.type === 'rightDelim' || token.type === 'rightParen') this.#tokens.unread(token);
      else if (token.type !== 'pipe') this.#tokens.unexpected(token, 'operand');
      break;
    }
    const [first, ...rest] = args;
    if (first === undefined) return this.#tokens.fail('empty command');
    return { kind: 'command', position, args: [first, ...rest] };
  }

  #skipSpace(): void {
    this.#tokens.unread(this.#tokens.nextNonSpace());
  }

  /** A term with the fields that follow it directly; undefined when no term begins here. */
  #operand(): OperandNode | undefined {
    const term = this.#term();
    const first = this.#tokens.peek();
    if (term === undefined || first.type !== 'field') return term;
    const path: string[] = [];
    while (this.#tokens.peek().type === 'field') path.push(this.#tokens.next().value.slice(1));
    const position = first.position;
    switch (term.kind) {
      case 'field':
        return { kind: 'field', position, path: [...term.path, ...path] };
      case 'variable':
        return { kind: 'variable', position, name: term.name, path: [...term.path, ...path] };
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.#tokens.fail(`unexpected . after term ${quoteString(printNode(term))}`);
      default:
        return { kind: 'chain', position, operand: term, path };
    }
  }

  #term(): OperandNode | undefined {
    const token = this.#tokens.nextNonSpace();
    const { position, value } = token;
    switch (token.type) {
      case 'identifier':
        if (!this.#functions.has(value)) this.#tokens.fail(`function ${quoteString(value)} not defined`);
        return { kind: 'identifier', position, name: value };
      case 'dot':
        return { kind: 'dot', position };
      case 'nil':
        return { kind: 'nil', position };
      case 'variable':
        if (!this.#scope.includes(value)) this.#tokens.fail(`undefined variable ${quoteString(value)}`);
        return variableNode(token);
      case 'field':
        return { kind: 'field', position, path: [value.slice(1)] };
      case 'bool':
        return { kind: 'bool', position, value: value === 'true' };
      case 'charConstant': {
        const codePoint = this.#tokens.literal(() => unquoteCharacter(value));
        return { kind: 'number', position, value: BigInt(codePoint), text: value };
      }
      case 'number':
      case 'complex':
        return {
          kind: 'number',
          position,
          value: this.#tokens.literal(() => parseNumber(value)),
          text: value,
        };
      case 'string':
      case 'rawString':
        return {
          kind: 'string',
          position,
          value: this.#tokens.literal(() => unquoteString(value)),
          quoted: value,
        };
      case 'leftParen':
        return this.#parenthesized();
      default:
        this.#tokens.unread(token);
        return undefined;
    }
  }

  #parenthesized(): PipeNode {
    if (this.#parenDepth >= maxNesting) this.#tokens.fail('max expression depth exceeded');
    this.#parenDepth++;
    const pipe = this.parse('parenthesized pipeline', 'rightParen');
    this.#parenDepth--;
    return pipe;
  }
}

function variableNode(token: Token): VariableNode {
  return { kind: 'variable', position: token.position, name: token.value, path: [] };
}
