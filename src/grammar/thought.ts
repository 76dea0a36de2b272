/** Lets a thought stand before what a grammar demands, so that structured output does not keep a model from thinking. */
import { renameRoot } from './rename-root.ts';
import { type Expression, literal, RuleSet } from './rule-set.ts';
import { until } from './until.ts';

export interface Thought {
  readonly open: string;
  readonly close: string;
  /** The prompt has opened the thought already. */
  readonly isOpen: boolean;
}

/** Models put some blank space between a thought and the answer. */
const gap = '[ \\t\\r\\n]{0,4}';

/** The grammar behind an optional thought (a necessary one when it is open already). */
export function afterThought(gbnf: string, { open, close, isOpen }: Thought): string {
  const rules = new RuleSet();
  const thought = until(rules, close, 'cria-thought');
  const before: Expression = isOpen ? thought : `(${literal(open)} ${thought})?`;
  // Names that no other grammar uses.
  const answer = 'cria-answer';
  rules.define('root', `${before} ${gap} ${answer}`);
  return `${rules.toString()}${renameRoot(gbnf, answer)}`;
}
