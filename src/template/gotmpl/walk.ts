/** Walks over syntax trees, for questions about a template that need no data. */
import type { Node, TemplateSet } from './ast.ts';

/** The nodes directly inside a node, in source order. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'list':
      return node.nodes;
    case 'action':
      return [node.pipe];
    case 'if':
    case 'with':
    case 'range':
      return node.elseList === undefined ? [node.pipe, node.list] : [node.pipe, node.list, node.elseList];
    case 'template':
      return node.pipe === undefined ? [] : [node.pipe];
    case 'pipe':
      return node.commands;
    case 'command':
      return node.args;
    case 'chain':
      return [node.operand];
    default:
      return [];
  }
}

/** Calls `visit` for a node and everything inside it, in source order; `ancestors`, outermost first, is valid during the call. */
export function walk(root: Node, visit: (node: Node, ancestors: readonly Node[]) => void): void {
  const path: Node[] = [];
  const descend = (node: Node): void => {
    visit(node, path);
    path.push(node);
    for (const child of childrenOf(node)) descend(child);
    path.pop();
  };
  descend(root);
}

/** Names that an operand itself mentions. */
export function namesOf(node: Node): readonly string[] {
  if (node.kind === 'field' || node.kind === 'chain') return node.path;
  return node.kind === 'variable' ? [node.name, ...node.path] : [];
}

/** Whether a field of the name occurs in a node or inside it. */
export function mentionsField(node: Node, name: string): boolean {
  return fieldsOf(node).includes(name) || childrenOf(node).some((child) => mentionsField(child, name));
}

/** Fields that an operand reads, without a variable's own name. */
function fieldsOf(node: Node): readonly string[] {
  return node.kind === 'variable' ? node.path : namesOf(node);
}

/** All names of all templates, lower-cased. */
export function collectVariables(templates: TemplateSet): ReadonlySet<string> {
  const names = new Set<string>();
  for (const list of templates.values()) {
    walk(list, (node) => {
      for (const name of namesOf(node)) names.add(name.toLowerCase());
    });
  }
  return names;
}
