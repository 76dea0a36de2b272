/** Calls that are JSON objects with a name and arguments. */
import type { Tool } from '../../types/message.ts';
import type { QuietSpan } from '../../types/quiet-span.ts';
import type { JsonCallFormat } from '../../types/tool-call-format.ts';
import { colon, comma, whitespace } from '../json-rules.ts';
import { type Expression, literal, RuleSet } from '../rule-set.ts';
import { argumentsObject } from './arguments.ts';
import type { ToolCallGrammar } from './index.ts';
import { afterCall } from './scan.ts';

/** Behind the opening text, every brace begins a call. */
export function jsonCalls(
  format: JsonCallFormat,
  tools: readonly Tool[],
  quiet: QuietSpan | undefined,
): ToolCallGrammar | undefined {
  const { blockOpen, fillers } = format;
  const rules = new RuleSet();
  const call = callRule(rules, format, argumentRules(rules, tools));
  if (call === undefined) return undefined;
  const rest = afterCall(rules, {
    openers: [{ text: blockOpen }],
    block: { fillers: [...fillers, blockOpen], first: '{', call },
    quiet,
  });
  rules.define('root', `${literal(blockOpen)} ${rest}`);
  return { gbnf: rules.toString(), triggers: [{ text: blockOpen }] };
}

/**
 * Without an opening text, an answer in JSON looks like a call up to the name, and is none where the name is no tool's. So only what
 * follows `{"name": "tool", "parameters": ` at the start of an answer is held to the tool.
 */
export function bareJsonCalls(format: JsonCallFormat, tools: readonly Tool[]): ToolCallGrammar | undefined {
  const { members, fillers } = format;
  const isPlain = members?.length === 2 && members[0]?.holds === 'name' && members[1]?.holds === 'arguments';
  if (!isPlain) return undefined;
  const rules = new RuleSet();
  const space = whitespace(rules);
  const declared = argumentRules(rules, tools);
  const starts = declared.map(({ name, value }) => {
    const [nameKey, argumentsKey] = [format.nameKey, format.argumentsKey].map((key) => JSON.stringify(key));
    const texts = [' ', ''].map(
      (gap) => `{${nameKey}:${gap}${JSON.stringify(name)},${gap}${argumentsKey}:${gap}`,
    );
    const heads = texts.map(literal).join(' | ');
    return { texts, rule: `(${heads}) ${value} ${space} "}"` };
  });
  const call = callRule(rules, format, declared);
  if (call === undefined) return undefined;
  const rest = afterCall(rules, { openers: [], block: { fillers, first: '{', call } });
  rules.define('root', `(${starts.map(({ rule }) => rule).join(' | ')}) ${rest}`);
  const triggers = starts.flatMap(({ texts }) => texts.map((text) => ({ text, atStart: true })));
  return { gbnf: rules.toString(), triggers };
}

interface DeclaredTool {
  readonly name: string;
  readonly value: Expression;
}

function argumentRules(rules: RuleSet, tools: readonly Tool[]): readonly DeclaredTool[] {
  return tools.map((tool, i) => ({
    name: tool.function.name,
    value: argumentsObject(rules, tool, `tool-${i}`),
  }));
}

/** A call without its first brace; undefined = the object holds things that are not understood. */
function callRule(
  rules: RuleSet,
  { members, nameKey }: JsonCallFormat,
  tools: readonly DeclaredTool[],
): Expression | undefined {
  const space = whitespace(rules);
  const member = (key: string, value: Expression): Expression =>
    `${literal(JSON.stringify(key))} ${colon(rules)} ${value}`;
  const callOf = ({ name, value }: DeclaredTool): Expression => {
    if (nameKey === '') return member(name, value);
    const values = {
      name: literal(JSON.stringify(name)),
      arguments: value,
      text: '"\\"" [a-zA-Z0-9_:.-]{0,64} "\\""',
      number: '[0-9]{1,9}',
    };
    let isFirst = true;
    const parts = (members ?? []).map(({ key, holds }) => {
      const written = member(key, values[holds]);
      // What is neither name nor arguments, such as an id, may be left out.
      const isFree = holds === 'text' || holds === 'number';
      if (isFirst && isFree) return `(${written} ${comma(rules)})?`;
      const next = isFirst ? written : `${comma(rules)} ${written}`;
      isFirst = false;
      return isFree ? `(${next})?` : next;
    });
    return parts.join(' ');
  };
  if (nameKey !== '' && members === undefined) return undefined;
  return rules.rule('call', `${space} (${tools.map(callOf).join(' | ')}) ${space} "}"`);
}
