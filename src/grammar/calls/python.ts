/** Calls as in Python: `[name(key='value', flag=True)]`. */
import type { Tool } from '../../types/message.ts';
import type { QuietSpan } from '../../types/quiet-span.ts';
import type { PythonCallFormat } from '../../types/tool-call-format.ts';
import { addAnyValue } from '../index.ts';
import { whitespace } from '../json-rules.ts';
import { type Expression, literal, RuleSet } from '../rule-set.ts';
import { pythonSpelling } from '../spelling.ts';
import { parametersOf, schemaRule } from './arguments.ts';
import type { ToolCallGrammar } from './index.ts';
import { afterCall } from './scan.ts';

/** Behind the text that opens a block, a list of calls. */
export function pythonCalls(
  { blockOpen }: PythonCallFormat,
  tools: readonly Tool[],
  quiet: QuietSpan | undefined,
): ToolCallGrammar {
  const rules = new RuleSet(pythonSpelling);
  const space = whitespace(rules);
  const call = callRule(rules, tools);
  const list = rules.rule('list', `${space} "["? ${calls(rules, call)} ${space} "]"?`);
  const rest = afterCall(rules, { openers: [{ text: blockOpen, call: list }], quiet });
  rules.define('root', `${literal(blockOpen)} ${list} ${rest}`);
  return { gbnf: rules.toString(), triggers: [{ text: blockOpen }] };
}

/** Without such a text, a declared name and a parenthesis at the start of an answer begin the calls. */
export function barePythonCalls(_format: PythonCallFormat, tools: readonly Tool[]): ToolCallGrammar {
  const rules = new RuleSet(pythonSpelling);
  const list = calls(rules, callRule(rules, tools));
  const rest = afterCall(rules, { openers: [] });
  rules.define('root', `("[" ${list} ${whitespace(rules)} "]" | ${list}) ${rest}`);
  const triggers = tools.flatMap(({ function: { name } }) =>
    [`[${name}(`, `${name}(`].map((text) => ({ text, atStart: true })),
  );
  return { gbnf: rules.toString(), triggers };
}

function calls(rules: RuleSet, call: Expression): Expression {
  const space = whitespace(rules);
  return `${call} (${space} "," ${space} ${call})*`;
}

function callRule(rules: RuleSet, tools: readonly Tool[]): Expression {
  const space = whitespace(rules);
  const written = tools.map((tool, i) => {
    const keywords = keywordsOf(rules, tool, i);
    const inner = keywords === '' ? space : `${space} ${keywords} ${space}`;
    return `${literal(`${tool.function.name}(`)} ${inner} ")"`;
  });
  return rules.rule('call', written.join(' | '));
}

/** Each parameter at most once, in the declared order, those that are required always; may be empty. */
function keywordsOf(rules: RuleSet, tool: Tool, index: number): Expression {
  const comma = `"," ${whitespace(rules)}`;
  const parameters = parametersOf(tool);
  // From the last to the first: `first` begins a list, `further` goes on behind one.
  let first = '';
  let further = '';
  let mustFollow = false;
  for (const [i, { name, schema, isRequired }] of [...parameters.entries()].reverse()) {
    const value = schemaRule(rules, schema, `tool-${index}-${i}`) ?? addAnyValue(rules);
    const written = [`${literal(`${name}=`)} ${value}`, further].filter(Boolean).join(' ');
    const hint = `keywords-${index}-${i}`;
    if (isRequired) first = rules.rule(hint, written);
    else first = rules.rule(hint, first === '' ? written : `${written} | ${first}`);
    mustFollow ||= isRequired;
    further = mustFollow ? `${comma} ${first}` : `(${comma} ${first})?`;
  }
  return first === '' || mustFollow ? first : `(${first})?`;
}
