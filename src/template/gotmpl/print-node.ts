/** Prints a syntax node as Go does in error messages. */
import type { Node, PipeNode } from './ast.ts';
import { quoteString } from './quote.ts';

/** The node's source in normal form. */
export function printNode(node: Node): string {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'list':
      return node.nodes.map(printNode).join('');
    case 'action':
      return `{{${printNode(node.pipe)}}}`;
    case 'if':
    case 'with':
    case 'range': {
      const otherwise = node.elseList === undefined ? '' : `{{else}}${printNode(node.elseList)}`;
      return `{{${node.kind} ${printNode(node.pipe)}}}${printNode(node.list)}${otherwise}{{end}}`;
    }
    case 'break':
    case 'continue':
      return `{{${node.kind}}}`;
    case 'template': {
      const argument = node.pipe === undefined ? '' : ` ${printNode(node.pipe)}`;
      return `{{template ${quoteString(node.name)}${argument}}}`;
    }
    case 'pipe':
      return printPipe(node);
    case 'command':
      return node.args.map(printOperand).join(' ');
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'bool':
      return String(node.value);
    case 'number':
      return node.text;
    case 'string':
      return node.quoted;
    case 'identifier':
      return node.name;
    case 'field':
      return `.${node.path.join('.')}`;
    case 'variable':
      return [node.name, ...node.path].join('.');
    case 'chain':
      return `${printOperand(node.operand)}.${node.path.join('.')}`;
  }
}

function printPipe(node: PipeNode): string {
  const commands = node.commands.map(printNode).join(' | ');
  if (node.declarations.length === 0) return commands;
  return `${node.declarations.map(printNode).join(', ')} ${node.isAssign ? '=' : ':='} ${commands}`;
}

function printOperand(node: Node): string {
  return node.kind === 'pipe' ? `(${printPipe(node)})` : printNode(node);
}
