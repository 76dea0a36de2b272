/** Calls whose name and arguments stand between tags. */
import type { Tool } from '../../types/message.ts';
import type { QuietSpan } from '../../types/quiet-span.ts';
import type { TaggedCallFormat } from '../../types/tool-call-format.ts';
import { type Expression, literal, RuleSet } from '../rule-set.ts';
import { pythonSpelling } from '../spelling.ts';
import { blank, type Parameter, parametersOf } from './arguments.ts';
import type { ToolCallGrammar } from './index.ts';
import { afterCall } from './scan.ts';
import { spaced, textOrJson } from './text-or-json.ts';

export function taggedCalls(
  format: TaggedCallFormat,
  tools: readonly Tool[],
  quiet: QuietSpan | undefined,
): ToolCallGrammar {
  const { beforeName } = format;
  const rules = new RuleSet(pythonSpelling);
  const call = rules.rule('call', tools.map((tool, i) => taggedCall(rules, format, tool, i)).join(' | '));
  const rest = afterCall(rules, { openers: [{ text: beforeName, call }], quiet });
  rules.define('root', `${literal(beforeName)} ${call} ${rest}`);
  return { gbnf: rules.toString(), triggers: [{ text: beforeName }] };
}

function taggedCall(rules: RuleSet, format: TaggedCallFormat, tool: Tool, index: number): Expression {
  // White space stands behind each part only: before as well, every optional parameter would keep a way open for it.
  const parameters = parametersOf(tool).map((parameter, i) => {
    const written = `${taggedParameter(rules, format, parameter, `tool-${index}-${i}`)} ${blank}`;
    return parameter.isRequired ? written : `(${written})?`;
  });
  const count = format.countEnd === undefined ? '' : `[0-9]{1,6} ${spaced(format.countEnd)} ${blank}`;
  const afterName = format.afterName === '' ? '' : `${spaced(format.afterName)} ${blank}`;
  const parts = [literal(tool.function.name), blank, afterName, count, ...parameters];
  return [...parts, spaced(format.callClose)].filter(Boolean).join(' ');
}

function taggedParameter(
  rules: RuleSet,
  format: TaggedCallFormat,
  { name, schema }: Parameter,
  hint: string,
): Expression {
  const { typeMark } = format;
  const { text, json, isFree } = textOrJson(rules, schema, format.afterValue, hint);
  const head = `${literal(format.beforeKey)} ${literal(name)} ${blank} ${spaced(format.afterKey)}`;
  if (typeMark === undefined) {
    const ways = [text, isFree ? undefined : json].filter((way) => way !== undefined);
    return `${head} (${ways.join(' | ')})`;
  }
  const end = spaced(typeMark.end);
  const others = typeMark.other === 'false' ? ['false'] : [...new Set([typeMark.other, ...jsonTypes])];
  const marks = others.filter((mark) => mark !== typeMark.string).map(literal);
  const ways = [
    text === undefined ? '' : `${literal(typeMark.string)} ${end} ${text}`,
    json === undefined ? '' : `(${marks.join(' | ')}) ${end} ${json}`,
  ];
  return `${head} (${ways.filter(Boolean).join(' | ')})`;
}

/** What models write for the types of JSON that are no strings. */
const jsonTypes = ['number', 'integer', 'boolean', 'array', 'object', 'null'];
