/** The names that an expression reads. */
import type { ArgumentList, Expr } from '../ast.ts';

/** Calls `visit` for every variable that `expr` reads. */
export function visitNames(expr: Expr, visit: (name: string) => void): void {
  if (expr.kind === 'name' || expr.kind === 'namespaceRef') visit(expr.name);
  else for (const child of childrenOf(expr)) if (child !== undefined) visitNames(child, visit);
}

function childrenOf(expr: Expr): readonly (Expr | undefined)[] {
  switch (expr.kind) {
    case 'const':
    case 'name':
    case 'namespaceRef':
      return [];
    case 'tuple':
    case 'list':
      return expr.items;
    case 'dict':
      return expr.pairs.flatMap(({ key, value }) => [key, value]);
    case 'getAttribute':
      return [expr.object];
    case 'getItem':
      return [expr.object, expr.key];
    case 'slice':
      return [expr.start, expr.stop, expr.step];
    case 'call':
      return [expr.callee, ...argumentsOf(expr.args)];
    case 'filter':
    case 'test':
      return [expr.input, ...argumentsOf(expr.args)];
    case 'unary':
      return [expr.operand];
    case 'binary':
    case 'logic':
      return [expr.left, expr.right];
    case 'compare':
      return [expr.first, ...expr.rest.map(({ operand }) => operand)];
    case 'concat':
      return expr.parts;
    case 'conditional':
      return [expr.test, expr.whenTrue, expr.whenFalse];
  }
}

function argumentsOf(args: ArgumentList): readonly (Expr | undefined)[] {
  return [...args.positional, ...args.keyword.map(({ value }) => value), args.rest, args.keywordRest];
}
