/** The tree of a parsed Go template; positions are indices into the source. */

interface Positioned {
  readonly position: number;
}

/** Literal text, trimmed where markers ask for it; never empty. */
export interface TextNode extends Positioned {
  readonly kind: 'text';
  readonly text: string;
}

/** `{{ pipeline }}`: prints, or declares and assigns variables. */
export interface ActionNode extends Positioned {
  readonly kind: 'action';
  readonly pipe: PipeNode;
}

export interface BranchNode extends Positioned {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipe: PipeNode;
  readonly list: ListNode;
  readonly elseList: ListNode | undefined;
}

export interface LoopControlNode extends Positioned {
  readonly kind: 'break' | 'continue';
}

/** `{{ template "name" pipeline }}`; a `block` leaves one behind, too. */
export interface TemplateNode extends Positioned {
  readonly kind: 'template';
  readonly name: string;
  readonly pipe: PipeNode | undefined;
}

export interface ListNode extends Positioned {
  readonly kind: 'list';
  readonly nodes: readonly StatementNode[];
}

export type StatementNode = TextNode | ActionNode | BranchNode | LoopControlNode | TemplateNode;

/** Commands joined by `|`, perhaps with variables in front. */
export interface PipeNode extends Positioned {
  readonly kind: 'pipe';
  /** `=` instead of `:=`. */
  readonly isAssign: boolean;
  readonly declarations: readonly VariableNode[];
  readonly commands: readonly CommandNode[];
}

/** An operand with its arguments; never empty. */
export interface CommandNode extends Positioned {
  readonly kind: 'command';
  readonly args: readonly [OperandNode, ...OperandNode[]];
}

export interface DotNode extends Positioned {
  readonly kind: 'dot';
}

export interface NilNode extends Positioned {
  readonly kind: 'nil';
}

export interface BoolNode extends Positioned {
  readonly kind: 'bool';
  readonly value: boolean;
}

/** `value` is undefined for an integer that only fits an unsigned 64-bit number. */
export interface NumberNode extends Positioned {
  readonly kind: 'number';
  readonly value: bigint | number | undefined;
  readonly text: string;
}

export interface StringNode extends Positioned {
  readonly kind: 'string';
  readonly value: string;
  /** As in the source, quotes included. */
  readonly quoted: string;
}

/** A function's name. */
export interface IdentifierNode extends Positioned {
  readonly kind: 'identifier';
  readonly name: string;
}

/** `.A.B` */
export interface FieldNode extends Positioned {
  readonly kind: 'field';
  readonly path: readonly string[];
}

/** `$x.A.B`; `name` includes the dollar sign. */
export interface VariableNode extends Positioned {
  readonly kind: 'variable';
  readonly name: string;
  readonly path: readonly string[];
}

/** `(pipeline).A.B` or `function.A` */
export interface ChainNode extends Positioned {
  readonly kind: 'chain';
  readonly operand: OperandNode;
  readonly path: readonly string[];
}

export type OperandNode =
  | DotNode
  | NilNode
  | BoolNode
  | NumberNode
  | StringNode
  | IdentifierNode
  | FieldNode
  | VariableNode
  | ChainNode
  | PipeNode;

export type Node = ListNode | StatementNode | CommandNode | OperandNode;

/** The templates of one source by name; the source itself is `''`. */
export type TemplateSet = ReadonlyMap<string, ListNode>;
