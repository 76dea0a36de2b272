/** Cuts a template behind its first `.Response`, for prompts that end where the model's answer begins. */
import type { CommandNode, ListNode, OperandNode, PipeNode, StatementNode } from './ast.ts';

/**
 * A copy of the list without what follows the first field `Response` that is printed. As in Ollama, conditions of `if`, `with` and
 * `range` are no such place, and branches that had begun keep what they had.
 */
export function cutAfterResponse(list: ListNode): ListNode {
  return new Cutter().cutList(list);
}

class Cutter {
  /** Set by the first `.Response`; from then on everything is dropped. */
  #found = false;

  cutList(list: ListNode): ListNode {
    const nodes = list.nodes.flatMap((node) => this.#cutStatement(node) ?? []);
    return { ...list, nodes };
  }

  #cutStatement(node: StatementNode): StatementNode | undefined {
    if (this.#found) return undefined;
    switch (node.kind) {
      case 'if':
      case 'with':
      case 'range': {
        const list = this.cutList(node.list);
        return { ...node, list, elseList: node.elseList && this.cutList(node.elseList) };
      }
      case 'action': {
        const pipe = this.#cutPipe(node.pipe);
        return pipe && { ...node, pipe };
      }
      default:
        return node;
    }
  }

  #cutPipe(pipe: PipeNode): PipeNode | undefined {
    const commands = pipe.commands.flatMap((command) => this.#cutCommand(command) ?? []);
    return commands.length === 0 ? undefined : { ...pipe, commands };
  }

  #cutCommand(command: CommandNode): CommandNode | undefined {
    const [first, ...rest] = command.args.flatMap((arg) => this.#cutOperand(arg) ?? []);
    return first && { ...command, args: [first, ...rest] };
  }

  #cutOperand(operand: OperandNode): OperandNode | undefined {
    if (this.#found) return undefined;
    if (operand.kind === 'pipe') return this.#cutPipe(operand);
    const reads = operand.kind === 'field' || (operand.kind === 'variable' && operand.name === '$');
    if (reads && operand.path.includes('Response')) this.#found = true;
    return operand;
  }
}
