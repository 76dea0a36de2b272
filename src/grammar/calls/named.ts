/** Calls whose name stands before an object with the arguments. */
import type { Tool } from '../../types/message.ts';
import type { QuietSpan } from '../../types/quiet-span.ts';
import type { NamedCallFormat } from '../../types/tool-call-format.ts';
import { literal, RuleSet } from '../rule-set.ts';
import { quotedSpelling } from '../spelling.ts';
import { argumentsObject } from './arguments.ts';
import type { ToolCallGrammar } from './index.ts';
import { afterCall } from './scan.ts';

/** Ids and markers may stand between the name and the arguments; the name ends where they begin. */
const marker = '([^{a-zA-Z0-9_./-] [^{]{0,95})?';

export function namedCalls(
  { beforeName, quote }: NamedCallFormat,
  tools: readonly Tool[],
  quiet: QuietSpan | undefined,
): ToolCallGrammar {
  const rules = new RuleSet(quote === undefined ? undefined : quotedSpelling(quote));
  const calls = tools.map((tool, i) => {
    return `${literal(tool.function.name)} ${marker} ${argumentsObject(rules, tool, `tool-${i}`)}`;
  });
  const call = rules.rule('call', calls.join(' | '));
  const rest = afterCall(rules, { openers: [{ text: beforeName, call }], quiet });
  rules.define('root', `${literal(beforeName)} ${call} ${rest}`);
  return { gbnf: rules.toString(), triggers: [{ text: beforeName }] };
}

/** functionary 3.2: `name\n{…}`, first in an answer or behind `>>>`. */
export function recipientCalls(tools: readonly Tool[]): ToolCallGrammar | undefined {
  if (tools.length === 0) return undefined;
  const rules = new RuleSet();
  const calls = tools.map((tool, i) => {
    const opening = `${tool.function.name}\n`;
    return { opening, body: `[ \\t\\n]{0,4} ${argumentsObject(rules, tool, `tool-${i}`)}` };
  });
  const rest = afterCall(rules, {
    openers: calls.map(({ opening, body }) => ({ text: `>>>${opening}`, call: body })),
  });
  const first = calls.map(({ opening, body }) => `${literal(opening)} ${body}`).join(' | ');
  rules.define('root', `">>>"? (${first}) ${rest}`);
  const triggers = calls.flatMap(({ opening }) => [
    { text: opening, atStart: true },
    { text: `>>>${opening}` },
  ]);
  return { gbnf: rules.toString(), triggers };
}
