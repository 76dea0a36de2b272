/** The syntax tree. Every node tells where it stands in the source (`at`, an offset). */
import type { Float } from './values.ts';

interface Node {
  readonly at: number;
}

export interface ConstExpr extends Node {
  readonly kind: 'const';
  readonly value: null | boolean | number | bigint | string | Float;
}
export interface NameExpr extends Node {
  readonly kind: 'name';
  readonly name: string;
}
/** `ns.attribute` as the target of an assignment. */
export interface NamespaceRef extends Node {
  readonly kind: 'namespaceRef';
  readonly name: string;
  readonly attribute: string;
}
/** Tuples and lists, and tuples as targets. */
export interface SequenceExpr extends Node {
  readonly kind: 'tuple' | 'list';
  readonly items: readonly Expr[];
}
export interface DictExpr extends Node {
  readonly kind: 'dict';
  readonly pairs: readonly { readonly key: Expr; readonly value: Expr }[];
}
export interface GetAttributeExpr extends Node {
  readonly kind: 'getAttribute';
  readonly object: Expr;
  readonly name: string;
}
export interface GetItemExpr extends Node {
  readonly kind: 'getItem';
  readonly object: Expr;
  readonly key: Expr;
}
export interface SliceExpr extends Node {
  readonly kind: 'slice';
  readonly start: Expr | undefined;
  readonly stop: Expr | undefined;
  readonly step: Expr | undefined;
}

/** Arguments as written: plain, `name=value`, `*list`, `**dict`. */
export interface ArgumentList {
  readonly positional: readonly Expr[];
  readonly keyword: readonly { readonly name: string; readonly value: Expr }[];
  readonly rest: Expr | undefined;
  readonly keywordRest: Expr | undefined;
}
export interface CallExpr extends Node {
  readonly kind: 'call';
  readonly callee: Expr;
  readonly args: ArgumentList;
}
/** `input|name(args)`; no input inside a filter block, where the captured text takes its place. */
export interface FilterExpr extends Node {
  readonly kind: 'filter';
  readonly input: Expr | undefined;
  readonly name: string;
  readonly args: ArgumentList;
}
/** `input is name args`. */
export interface TestExpr extends Node {
  readonly kind: 'test';
  readonly input: Expr;
  readonly name: string;
  readonly args: ArgumentList;
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**';
export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

export interface UnaryExpr extends Node {
  readonly kind: 'unary';
  readonly operator: '-' | '+' | 'not';
  readonly operand: Expr;
}
export interface BinaryExpr extends Node {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expr;
  readonly right: Expr;
}
export interface LogicExpr extends Node {
  readonly kind: 'logic';
  readonly operator: 'and' | 'or';
  readonly left: Expr;
  readonly right: Expr;
}
/** `a < b <= c`: every operator compares with what stands before it. */
export interface CompareExpr extends Node {
  readonly kind: 'compare';
  readonly first: Expr;
  readonly rest: readonly { readonly operator: CompareOperator; readonly operand: Expr }[];
}
/** `a ~ b ~ c`. */
export interface ConcatExpr extends Node {
  readonly kind: 'concat';
  readonly parts: readonly Expr[];
}
/** `whenTrue if test else whenFalse`. */
export interface ConditionalExpr extends Node {
  readonly kind: 'conditional';
  readonly test: Expr;
  readonly whenTrue: Expr;
  readonly whenFalse: Expr | undefined;
}

export type Expr =
  | ConstExpr
  | NameExpr
  | NamespaceRef
  | SequenceExpr
  | DictExpr
  | GetAttributeExpr
  | GetItemExpr
  | SliceExpr
  | CallExpr
  | FilterExpr
  | TestExpr
  | UnaryExpr
  | BinaryExpr
  | LogicExpr
  | CompareExpr
  | ConcatExpr
  | ConditionalExpr;

/** What can stand left of `=` or after `for`. */
export type Target = NameExpr | NamespaceRef | TupleTarget;
export interface TupleTarget extends Node {
  readonly kind: 'tuple';
  readonly items: readonly Target[];
}

/** Parameters of a macro or call block; the last `defaults.length` of them have a default. */
export interface Signature {
  readonly parameters: readonly string[];
  readonly defaults: readonly Expr[];
}

export interface OutputStatement extends Node {
  readonly kind: 'output';
  readonly parts: readonly (string | Expr)[];
}
export interface SetStatement extends Node {
  readonly kind: 'set';
  readonly target: Target;
  readonly value: Expr;
}
export interface SetBlockStatement extends Node {
  readonly kind: 'setBlock';
  readonly target: Target;
  readonly filter: FilterExpr | undefined;
  readonly body: readonly Statement[];
}
export interface ForStatement extends Node {
  readonly kind: 'for';
  readonly target: Target;
  readonly iterable: Expr;
  readonly filter: Expr | undefined;
  readonly isRecursive: boolean;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[];
}
export interface IfStatement extends Node {
  readonly kind: 'if';
  readonly test: Expr;
  readonly body: readonly Statement[];
  readonly elifs: readonly { readonly test: Expr; readonly body: readonly Statement[] }[];
  readonly otherwise: readonly Statement[];
}
export interface MacroStatement extends Node {
  readonly kind: 'macro';
  readonly name: string;
  readonly signature: Signature;
  readonly body: readonly Statement[];
}
/** `{% call(args) f() %}body{% endcall %}`. */
export interface CallStatement extends Node {
  readonly kind: 'callBlock';
  readonly signature: Signature;
  readonly call: CallExpr;
  readonly body: readonly Statement[];
}
/** `{% generation %}`: marks the assistant's text; its body has a scope of its own. */
export interface GenerationStatement extends Node {
  readonly kind: 'generation';
  readonly body: readonly Statement[];
}
export interface FilterStatement extends Node {
  readonly kind: 'filterBlock';
  readonly filter: FilterExpr;
  readonly body: readonly Statement[];
}
export interface WithStatement extends Node {
  readonly kind: 'with';
  readonly bindings: readonly { readonly target: Target; readonly value: Expr }[];
  readonly body: readonly Statement[];
}
export interface JumpStatement extends Node {
  readonly kind: 'break' | 'continue';
}

export type Statement =
  | OutputStatement
  | SetStatement
  | SetBlockStatement
  | ForStatement
  | IfStatement
  | MacroStatement
  | CallStatement
  | GenerationStatement
  | FilterStatement
  | WithStatement
  | JumpStatement;
