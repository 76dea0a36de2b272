/** What a Go template tells about its model: capabilities, thinking tags, the tag before tool calls. */
import type { ListNode, Node, StatementNode } from './ast.ts';
import { type GoTemplate, parseGoTemplate } from './template.ts';
import { mentionsField, walk } from './walk.ts';

/** Texts around a message's thinking. */
export interface ThinkingTags {
  readonly open: string;
  readonly close: string;
}

export interface GoTemplateInspection {
  /** The template shows tools. */
  readonly usesTools: boolean;
  /** The template can fill in the middle. */
  readonly usesSuffix: boolean;
  /** The template shows the thinking of earlier messages. */
  readonly usesThinking: boolean;
  /** Undefined when the template does not put a text before and one behind the thinking. */
  readonly thinkingTags: ThinkingTags | undefined;
  /** What the template writes before a message's tool calls, `{` when it writes nothing but them; undefined without tools. */
  readonly toolCallTag: string | undefined;
}

/** Answers from the syntax alone. Throws `template_error` when the source does not parse. */
export function inspectGoTemplate(source: string | GoTemplate): GoTemplateInspection {
  const template = typeof source === 'string' ? parseGoTemplate(source) : source;
  const usesTools = template.mentions('tools');
  return {
    usesTools,
    usesSuffix: template.mentions('suffix'),
    usesThinking: template.mentions('thinking'),
    thinkingTags: findThinkingTags(template),
    toolCallTag: usesTools ? findToolCallTag(template) : undefined,
  };
}

/**
 * The texts that begin and end the list in which a `.Thinking` stands, inside a loop over the messages; the last occurrence
 * decides, since the first is often the condition around it (Ollama: thinking/template.go).
 */
function findThinkingTags(template: GoTemplate): ThinkingTags | undefined {
  let open = '';
  let close = '';
  walk(template.root, (node, ancestors) => {
    const isThinking =
      (node.kind === 'field' && node.path[0] === 'Thinking') ||
      (node.kind === 'variable' && node.name !== '$' && node.path[0] === 'Thinking');
    if (!isThinking) return;
    const loop = ancestors.findLast((ancestor) => ancestor.kind === 'range');
    if (loop?.kind !== 'range' || !mentionsField(loop.pipe, 'Messages')) return;
    const list = ancestors.findLast((ancestor) => ancestor.kind === 'list');
    if (list?.kind !== 'list') return;
    const [first, last] = [list.nodes.at(0), list.nodes.at(-1)];
    if (first?.kind === 'text') open = first.text.trim();
    if (last?.kind === 'text') close = last.text.trim();
  });
  return open !== '' && close !== '' ? { open, close } : undefined;
}

/** The first text inside the first `{{if .ToolCalls}}`, up to a `{` (Ollama: tools/template.go). */
function findToolCallTag(template: GoTemplate): string {
  const branch = findToolCallBranch(template.root);
  const text = branch === undefined ? undefined : firstText(branch.list);
  return text?.split('{', 1)[0]?.trim() || '{';
}

function findToolCallBranch(
  node: Node,
): Extract<StatementNode, { kind: 'if' | 'with' | 'range' }> | undefined {
  if (node.kind === 'if' && mentionsField(node.pipe, 'ToolCalls')) return node;
  const lists: readonly (Node | undefined)[] =
    node.kind === 'list'
      ? node.nodes
      : node.kind === 'if' || node.kind === 'with' || node.kind === 'range'
        ? [node.list, node.elseList]
        : [];
  for (const child of lists) {
    const found = child && findToolCallBranch(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first text that is not blank; undefined when something is printed before it. */
function firstText(list: ListNode): string | undefined {
  for (const node of list.nodes) {
    if (node.kind === 'action' && node.pipe.declarations.length === 0) return undefined;
    if (node.kind === 'text' && node.text.trim() !== '') return node.text;
    if (node.kind === 'if' || node.kind === 'with' || node.kind === 'range') {
      const text = firstText(node.list) ?? (node.elseList && firstText(node.elseList));
      if (text !== undefined) return text;
    }
  }
  return undefined;
}
