/** Lets stand before what a grammar demands what a model is used to write there, so that structured output does not keep it from thinking. */
import { until } from './free-text.ts';
import { renameRoot } from './rename-root.ts';
import { literal, RuleSet } from './rule-set.ts';

export interface Lead {
  /** undefined = the model does not think. */
  readonly thought?: Thought | undefined;
  /** What opens the answer itself. Default: nothing does. */
  readonly header?: Header | undefined;
}

export interface Thought {
  readonly open: string;
  readonly close: string;
  /** The prompt has opened the thought already. */
  readonly isOpen: boolean;
}

export interface Header {
  readonly text: string;
  /** May be left out. */
  readonly isOptional: boolean;
  /** Stands between a thought and the header. */
  readonly behindThought: string;
}

/** Models put some blank space between a thought and the answer. */
const gap = '[ \\t\\r\\n]{0,4}';

/** The grammar behind an optional thought (a necessary one when it is open already) and a header. */
export function afterThought(gbnf: string, { thought, header }: Lead): string {
  const rules = new RuleSet();
  const parts: string[] = [];
  if (thought !== undefined) {
    const behind = header?.behindThought ? ` ${gap} ${literal(header.behindThought)}` : '';
    const end = `${until(rules, thought.close, 'cria-thought')}${behind}`;
    parts.push(thought.isOpen ? end : `(${literal(thought.open)} ${end})?`, gap);
  }
  if (header !== undefined) parts.push(header.isOptional ? `${literal(header.text)}?` : literal(header.text));
  // Names that no other grammar uses.
  const answer = 'cria-answer';
  rules.define('root', [...parts, answer].join(' '));
  return `${rules.toString()}${renameRoot(gbnf, answer)}`;
}
