/** Finds out which names the blocks of a template read and assign. */
import type { Expr, ForStatement, IfStatement, Statement, Target } from '../ast.ts';
import { visitNames } from './names.ts';
import type { Scope } from './scope.ts';

/** Registers with `scope` what `statements` do with names. Blocks with a scope of their own are not entered. */
export function analyzeBody(scope: Scope, statements: readonly Statement[]): void {
  for (const statement of statements) analyzeStatement(scope, statement);
}

export function analyzeExpression(scope: Scope, expr: Expr | undefined): void {
  if (expr !== undefined) visitNames(expr, (name) => scope.read(name));
}

/** `as`: a loop target or `with` binding is a parameter of its block, elsewhere a target is assigned. */
export function analyzeTarget(scope: Scope, target: Target, as: 'assigned' | 'parameter'): void {
  if (target.kind === 'tuple') for (const item of target.items) analyzeTarget(scope, item, as);
  else if (target.kind === 'namespaceRef') scope.read(target.name);
  else if (as === 'parameter') scope.parameter(target.name);
  else scope.assign(target.name);
}

function analyzeStatement(scope: Scope, statement: Statement): void {
  switch (statement.kind) {
    case 'output':
      for (const part of statement.parts) if (typeof part !== 'string') analyzeExpression(scope, part);
      break;
    case 'set':
      analyzeExpression(scope, statement.value);
      analyzeTarget(scope, statement.target, 'assigned');
      break;
    case 'setBlock':
      analyzeTarget(scope, statement.target, 'assigned');
      break;
    case 'if':
      analyzeIf(scope, statement);
      break;
    case 'for':
      analyzeExpression(scope, statement.iterable);
      break;
    case 'macro':
      scope.assign(statement.name);
      break;
    case 'callBlock':
      analyzeExpression(scope, statement.call);
      break;
    case 'filterBlock':
      analyzeExpression(scope, statement.filter);
      break;
    case 'with':
      for (const { value } of statement.bindings) analyzeExpression(scope, value);
      break;
    case 'generation':
    case 'break':
    case 'continue':
      break;
  }
}

function analyzeIf(
  scope: Scope,
  statement: Pick<IfStatement, 'test' | 'body' | 'elifs' | 'otherwise'>,
): void {
  analyzeExpression(scope, statement.test);
  const body = scope.fork();
  analyzeBody(body, statement.body);
  const elifs = scope.fork();
  for (const { test, body: elifBody } of statement.elifs)
    analyzeIf(elifs, { test, body: elifBody, elifs: [], otherwise: [] });
  const otherwise = scope.fork();
  analyzeBody(otherwise, statement.otherwise);
  scope.merge([body, elifs, otherwise]);
}

/** Whether `statements` read any of `names` before they bind it themselves: nested blocks count. */
export function readsName(statements: readonly Statement[], name: string): boolean {
  return new NameSearch(name).inBody(statements);
}

/** Walks in source order; an assignment of the name makes later reads mean something else. */
class NameSearch {
  readonly #name: string;
  #isBound = false;

  constructor(name: string) {
    this.#name = name;
  }

  inBody(statements: readonly Statement[]): boolean {
    return statements.some((statement) => this.#inStatement(statement));
  }

  #inExpression(expr: Expr | undefined): boolean {
    let found = false;
    if (expr !== undefined && !this.#isBound)
      visitNames(expr, (name) => {
        found ||= name === this.#name;
      });
    return found;
  }

  #bind(target: Target): void {
    if (target.kind === 'tuple') for (const item of target.items) this.#bind(item);
    else if (target.kind === 'name' && target.name === this.#name) this.#isBound = true;
  }

  #inSignature(parameters: readonly string[], defaults: readonly Expr[]): boolean {
    if (parameters.includes(this.#name)) this.#isBound = true;
    return defaults.some((expr) => this.#inExpression(expr));
  }

  #inStatement(statement: Statement): boolean {
    switch (statement.kind) {
      case 'output':
        return statement.parts.some((part) => typeof part !== 'string' && this.#inExpression(part));
      case 'set':
        this.#bind(statement.target);
        return this.#inExpression(statement.value);
      case 'setBlock':
        this.#bind(statement.target);
        return this.#inExpression(statement.filter) || this.inBody(statement.body);
      case 'if':
        return (
          this.#inExpression(statement.test) ||
          this.inBody(statement.body) ||
          statement.elifs.some(({ test, body }) => this.#inExpression(test) || this.inBody(body)) ||
          this.inBody(statement.otherwise)
        );
      case 'for':
        return this.#inFor(statement);
      case 'macro':
      case 'callBlock': {
        const { parameters, defaults } = statement.signature;
        const inCall = statement.kind === 'callBlock' && this.#inExpression(statement.call);
        return inCall || this.#inSignature(parameters, defaults) || this.inBody(statement.body);
      }
      case 'generation':
        return this.inBody(statement.body);
      case 'filterBlock':
        return this.inBody(statement.body) || this.#inExpression(statement.filter);
      case 'with':
        for (const { target } of statement.bindings) this.#bind(target);
        return (
          statement.bindings.some(({ value }) => this.#inExpression(value)) || this.inBody(statement.body)
        );
      case 'break':
      case 'continue':
        return false;
    }
  }

  #inFor(statement: ForStatement): boolean {
    this.#bind(statement.target);
    return (
      this.#inExpression(statement.iterable) ||
      this.inBody(statement.body) ||
      this.inBody(statement.otherwise) ||
      this.#inExpression(statement.filter)
    );
  }
}

/** Whether a `set` or `for` anywhere in `statements` binds `name`. */
export function assignsName(statements: readonly Statement[], name: string): boolean {
  return statements.some((statement) => assignsIn(statement, name));
}

function assignsIn(statement: Statement, name: string): boolean {
  switch (statement.kind) {
    case 'set':
      return bindsName(statement.target, name);
    case 'setBlock':
      return bindsName(statement.target, name) || assignsName(statement.body, name);
    case 'for':
      return (
        bindsName(statement.target, name) ||
        assignsName(statement.body, name) ||
        assignsName(statement.otherwise, name)
      );
    case 'if':
      return (
        assignsName(statement.body, name) ||
        statement.elifs.some(({ body }) => assignsName(body, name)) ||
        assignsName(statement.otherwise, name)
      );
    case 'macro':
    case 'callBlock':
    case 'generation':
    case 'filterBlock':
    case 'with':
      return assignsName(statement.body, name);
    case 'output':
    case 'break':
    case 'continue':
      return false;
  }
}

function bindsName(target: Target, name: string): boolean {
  return target.kind === 'tuple'
    ? target.items.some((item) => bindsName(item, name))
    : target.kind === 'name' && target.name === name;
}
