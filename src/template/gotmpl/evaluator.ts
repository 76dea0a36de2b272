/** Executes a parsed Go template over data, with Go's rules and Go's error texts. */
import { CriaError } from '../../errors.ts';
import type {
  BranchNode,
  ChainNode,
  CommandNode,
  FieldNode,
  IdentifierNode,
  ListNode,
  Node,
  NumberNode,
  OperandNode,
  PipeNode,
  StatementNode,
  TemplateNode,
  TemplateSet,
  VariableNode,
} from './ast.ts';
import { formatPlain } from './format.ts';
import { FunctionError } from './function-error.ts';
import { type FunctionContext, type TemplateFunction, templateFunctions } from './functions.ts';
import { Budget, type RenderLimits } from './limits.ts';
import { printNode } from './print-node.ts';
import { quoteString } from './quote.ts';
import { GoMap, GoSlice, GoStruct, type GoValue, isTrue, typeName } from './values.ts';

/** Longest piece of a template that an error message quotes. */
const maxContextLength = 200;

export interface ExecuteOptions {
  readonly limits?: RenderLimits;
  /** The date that `currentDate` shows; default: now. */
  readonly now?: Date;
}

/** Runs `root` with `data` as dot and `$`. Throws `template_error`; nothing of the output is kept then. */
export function executeTemplate(
  source: string,
  templates: TemplateSet,
  root: ListNode,
  data: GoValue,
  options: ExecuteOptions = {},
): string {
  const context = { budget: new Budget(options.limits), now: options.now ?? new Date() };
  const run = new Run(source, templates, context);
  new Frame(run, '', data).execute(root, data);
  return run.output.join('');
}

/** What the templates of one execution share. */
class Run {
  readonly source: string;
  readonly templates: TemplateSet;
  readonly context: FunctionContext;
  readonly output: string[] = [];

  constructor(source: string, templates: TemplateSet, context: FunctionContext) {
    this.source = source;
    this.templates = templates;
    this.context = context;
  }

  write(text: string): void {
    this.context.budget.produce(text.length);
    this.output.push(text);
  }
}

/** How a list was left: at its end, or through `{{break}}` or `{{continue}}`. */
type Exit = 'end' | 'break' | 'continue';

/** Marks the absence of a piped value, which is something else than piping nil. */
const notPiped = Symbol('not piped');
type Piped = GoValue | typeof notPiped;

/** What a parameter accepts: anything, or Go's type string. */
type ParameterType = 'any' | 'string';

interface Variable {
  readonly name: string;
  value: GoValue;
}

/** One template being executed: its variables, and the node that errors are about. */
class Frame {
  readonly #run: Run;
  readonly #budget: Budget;
  readonly #templateName: string;
  readonly #variables: Variable[];
  #node: Node | undefined;

  constructor(run: Run, templateName: string, dollar: GoValue) {
    this.#run = run;
    this.#budget = run.context.budget;
    this.#templateName = templateName;
    this.#variables = [{ name: '$', value: dollar }];
  }

  execute(list: ListNode, dot: GoValue): Exit {
    this.#budget.enter();
    for (const node of list.nodes) {
      const exit = this.#walk(node, dot);
      if (exit !== 'end') {
        this.#budget.leave();
        return exit;
      }
    }
    this.#budget.leave();
    return 'end';
  }

  #walk(node: StatementNode, dot: GoValue): Exit {
    this.#budget.step();
    this.#node = node;
    switch (node.kind) {
      case 'text':
        this.#run.write(node.text);
        return 'end';
      case 'action': {
        const value = this.#evaluatePipe(node.pipe, dot);
        this.#node = node;
        if (node.pipe.declarations.length === 0) this.#run.write(formatPlain(value ?? '<no value>'));
        return 'end';
      }
      case 'if':
      case 'with':
        return this.#scoped(() => this.#walkCondition(node, dot));
      case 'range':
        return this.#scoped(() => this.#walkRange(node, dot));
      case 'template':
        this.#walkTemplate(node, dot);
        return 'end';
      case 'break':
      case 'continue':
        return node.kind;
    }
  }

  /** Drops the variables that `walk` declares. */
  #scoped(walk: () => Exit): Exit {
    const mark = this.#variables.length;
    const exit = walk();
    this.#variables.length = mark;
    return exit;
  }

  #walkCondition(node: BranchNode, dot: GoValue): Exit {
    const value = this.#evaluatePipe(node.pipe, dot);
    if (isTrue(value)) return this.execute(node.list, node.kind === 'with' ? value : dot);
    return node.elseList === undefined ? 'end' : this.execute(node.elseList, dot);
  }

  #walkRange(node: BranchNode, dot: GoValue): Exit {
    const value = this.#evaluatePipe(node.pipe, dot);
    const { declarations, isAssign } = node.pipe;
    const [first, second] = declarations;
    // Two variables take key and element, one takes the element. Declared ones are on top of the stack since the pipeline.
    const targets = second === undefined ? [undefined, first] : [first, second];
    const slots = targets.map((target) => {
      if (target === undefined) return undefined;
      return isAssign ? this.#variable(target.name) : this.#variables.findLast((v) => v.name === target.name);
    });
    const mark = this.#variables.length;
    let turns = 0;
    for (const [key, element] of this.#iterate(value, declarations.length)) {
      turns++;
      this.#budget.step();
      if (slots[0] !== undefined) slots[0].value = key;
      if (slots[1] !== undefined) slots[1].value = element;
      const exit = this.execute(node.list, element);
      this.#variables.length = mark;
      if (exit === 'break') return 'end';
    }
    if (turns > 0 || node.elseList === undefined) return 'end';
    return this.execute(node.elseList, dot);
  }

  *#iterate(value: GoValue, nVariables: number): Generator<readonly [GoValue, GoValue]> {
    if (value instanceof GoSlice) {
      for (const [i, item] of value.items.entries()) yield [BigInt(i), item];
    } else if (value instanceof GoMap) {
      this.#budget.step(value.entries.size);
      yield* value.sortedEntries();
    } else if (typeof value === 'bigint') {
      if (nVariables > 1) this.#fail(`can't use ${value} to iterate over more than one variable`);
      for (let i = 0n; i < value; i++) yield [undefined, i];
    } else if (value !== undefined && value !== null) {
      this.#fail(`range can't iterate over ${formatPlain(value)}`);
    }
  }

  #walkTemplate(node: TemplateNode, dot: GoValue): void {
    const list =
      this.#run.templates.get(node.name) ?? this.#fail(`template ${quoteString(node.name)} not defined`);
    const argument = node.pipe === undefined ? undefined : this.#evaluatePipe(node.pipe, dot);
    new Frame(this.#run, node.name, argument).execute(list, argument);
  }

  #evaluatePipe(pipe: PipeNode, dot: GoValue): GoValue {
    this.#budget.enter();
    this.#node = pipe;
    let value: Piped = notPiped;
    for (const command of pipe.commands) {
      // A nil interface that leaves a command is no value any more.
      value = this.#evaluateCommand(command, dot, value) ?? undefined;
    }
    const result = value === notPiped ? undefined : value;
    for (const { name } of pipe.declarations) {
      if (pipe.isAssign) this.#variable(name).value = result;
      else this.#variables.push({ name, value: result });
    }
    this.#budget.leave();
    return result;
  }

  #evaluateCommand(command: CommandNode, dot: GoValue, piped: Piped): GoValue {
    this.#budget.step();
    const [first, ...args] = command.args;
    const hasArguments = args.length > 0 || piped !== notPiped;
    switch (first.kind) {
      case 'field':
        return this.#evaluateField(first, dot, hasArguments);
      case 'chain':
        return this.#evaluateChain(first, dot, hasArguments);
      case 'identifier':
        return this.#callFunction(first, command, args, dot, piped);
    }
    if (first.kind === 'variable' && first.path.length > 0) {
      return this.#evaluateVariable(first, hasArguments);
    }
    if (first.kind !== 'pipe') this.#node = first;
    if (hasArguments) this.#fail(`can't give argument to non-function ${printNode(first)}`);
    switch (first.kind) {
      case 'pipe':
        return this.#evaluatePipe(first, dot);
      case 'variable':
        return this.#evaluateVariable(first, false);
      case 'dot':
        return dot;
      case 'bool':
      case 'string':
        return first.value;
      case 'number':
        return this.#numberValue(first);
      case 'nil':
        return this.#fail('nil is not a command');
    }
  }

  #numberValue(node: NumberNode): GoValue {
    this.#node = node;
    return node.value ?? this.#fail(`${node.text} overflows int`);
  }

  #evaluateField(node: FieldNode, dot: GoValue, hasArguments: boolean): GoValue {
    this.#node = node;
    return this.#follow(dot, node.path, hasArguments);
  }

  #evaluateVariable(node: VariableNode, hasArguments: boolean): GoValue {
    this.#node = node;
    return this.#follow(this.#variable(node.name).value, node.path, hasArguments);
  }

  #evaluateChain(node: ChainNode, dot: GoValue, hasArguments: boolean): GoValue {
    this.#node = node;
    const { operand } = node;
    const receiver =
      operand.kind === 'pipe'
        ? this.#evaluatePipe(operand, dot)
        : operand.kind === 'identifier'
          ? this.#callFunction(operand, operand, [], dot, notPiped)
          : this.#fail(`can't evaluate command ${quoteString(printNode(operand))}`);
    return this.#follow(receiver, node.path, hasArguments);
  }

  /** `receiver.A.B`; only the last field could be a method, and there are none. */
  #follow(receiver: GoValue, path: readonly string[], hasArguments: boolean): GoValue {
    return path.reduce<GoValue>(
      (value, name, i) => this.#fieldOf(value, name, hasArguments && i === path.length - 1),
      receiver,
    );
  }

  #fieldOf(receiver: GoValue, name: string, hasArguments: boolean): GoValue {
    if (receiver === undefined) return undefined;
    if (receiver === null) return this.#fail(`nil pointer evaluating interface {}.${name}`);
    if (receiver instanceof GoStruct && receiver.has(name)) {
      if (hasArguments) this.#fail(`${name} has arguments but cannot be invoked as function`);
      return receiver.get(name);
    }
    if (receiver instanceof GoMap) {
      if (hasArguments) this.#fail(`${name} is not a method but has arguments`);
      return receiver.get(name);
    }
    return this.#fail(`can't evaluate field ${name} in type ${typeName(receiver)}`);
  }

  /** The innermost variable of the name. The parser has checked that there is one, except for what a break leaves out. */
  #variable(name: string): Variable {
    for (let i = this.#variables.length - 1; i >= 0; i--) {
      const variable = this.#variables[i];
      if (variable?.name === name) return variable;
    }
    return this.#fail(`undefined variable: ${name}`);
  }

  #callFunction(
    node: IdentifierNode,
    whole: Node,
    args: readonly OperandNode[],
    dot: GoValue,
    piped: Piped,
  ): GoValue {
    this.#node = node;
    const { name } = node;
    const target = templateFunctions.get(name);
    if (target === undefined) return this.#fail(`${quoteString(name)} is not a defined function`);
    const nGiven = args.length + (piped === notPiped ? 0 : 1);
    if (target.variadic && nGiven < target.nFixed) {
      this.#fail(`wrong number of args for ${name}: want at least ${target.nFixed} got ${args.length}`);
    }
    if (!target.variadic && nGiven !== target.nFixed) {
      this.#fail(`wrong number of args for ${name}: want ${target.nFixed} got ${nGiven}`);
    }
    if (name === 'and' || name === 'or') return this.#decide(name, args, dot, piped);
    const values = args.map((arg, i) => this.#evaluateArgument(arg, dot, parameterType(target, i)));
    if (piped !== notPiped) values.push(this.#convert(piped, parameterType(target, values.length)));
    try {
      return target.call(values, this.#run.context);
    } catch (error) {
      if (!(error instanceof FunctionError)) throw error;
      this.#node = whole;
      return this.#fail(`error calling ${name}: ${error.message}`);
    }
  }

  /** The first argument that is false (`and`) or true (`or`), else the last; later ones are not evaluated. */
  #decide(name: 'and' | 'or', args: readonly OperandNode[], dot: GoValue, piped: Piped): GoValue {
    let value: GoValue;
    for (const arg of args) {
      value = this.#evaluateArgument(arg, dot, 'any');
      if (isTrue(value) === (name === 'or')) return value;
    }
    return piped === notPiped ? value : piped;
  }

  #evaluateArgument(node: OperandNode, dot: GoValue, type: ParameterType): GoValue {
    this.#node = node;
    switch (node.kind) {
      case 'dot':
        return this.#convert(dot, type);
      case 'nil':
        return type === 'any' ? undefined : this.#fail('cannot assign nil to string');
      case 'field':
        return this.#convert(this.#evaluateField(node, dot, false), type);
      case 'variable':
        return this.#convert(this.#evaluateVariable(node, false), type);
      case 'pipe':
        return this.#convert(this.#evaluatePipe(node, dot), type);
      case 'identifier':
        return this.#convert(this.#callFunction(node, node, [], dot, notPiped), type);
      case 'chain':
        return this.#convert(this.#evaluateChain(node, dot, false), type);
      case 'string':
        return node.value;
      case 'bool':
      case 'number':
        if (type === 'string') this.#fail(`expected string; found ${printNode(node)}`);
        return node.kind === 'bool' ? node.value : this.#numberValue(node);
    }
  }

  #convert(value: GoValue, type: ParameterType): GoValue {
    if (type === 'any' || typeof value === 'string') return value;
    if (value === undefined) return this.#fail('invalid value; expected string');
    return this.#fail(`wrong type for value; expected string; got ${typeName(value)}`);
  }

  #fail(message: string): never {
    const position = this.#node?.position ?? 0;
    const before = this.#run.source.slice(0, position);
    const lineStart = before.lastIndexOf('\n') + 1;
    const line = before.split('\n').length;
    const offset = Buffer.byteLength(before.slice(lineStart));
    const text = this.#node === undefined ? '' : printNode(this.#node);
    const context = ` at <${text.length > maxContextLength ? `${text.slice(0, maxContextLength)}…` : text}>`;
    const place = `template: :${line}:${offset}: executing ${quoteString(this.#templateName)}${context}`;
    throw new CriaError('template_error', `${place}: ${message}`, { data: { line, column: offset + 1 } });
  }
}

function parameterType(target: TemplateFunction, position: number): ParameterType {
  return target.takesFormat && position === 0 ? 'string' : 'any';
}
