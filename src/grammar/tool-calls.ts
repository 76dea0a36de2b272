/** A grammar of tool calls as the model writes them: declared names only, arguments by each tool's schema. */
import { isCriaError } from '../errors.ts';
import type { JsonObject, JsonValue } from '../types/json.ts';
import type { Tool } from '../types/message.ts';
import type {
  JsonCallFormat,
  NamedCallFormat,
  TaggedCallFormat,
  ToolCallFormat,
} from '../types/tool-call-format.ts';
import { addAnyObject, addSchema } from './index.ts';
import { colon, comma, whitespace } from './json-rules.ts';
import { type Expression, literal, RuleSet } from './rule-set.ts';
import { until, without } from './until.ts';

/** The grammar begins with its trigger: the text that opens a call. */
export interface ToolCallGrammar {
  readonly gbnf: string;
  readonly trigger: string;
}

/**
 * undefined = calls in this format begin with no text of their own, or are written in a way that has no grammar here; they are then
 * free. A tool whose schema cannot be kept may have any arguments.
 */
export function toolCallGrammar(format: ToolCallFormat, tools: readonly Tool[]): ToolCallGrammar | undefined {
  if (tools.length === 0) return undefined;
  switch (format.kind) {
    case 'json':
      return format.isExact === true && format.blockOpen !== '' ? jsonCalls(format, tools) : undefined;
    case 'named':
      return format.quote === undefined ? markedCalls(format, tools, namedCall) : undefined;
    case 'tagged': {
      const isPlain = format.typeMark === undefined && format.countEnd === undefined;
      return isPlain ? markedCalls(format, tools, taggedCall) : undefined;
    }
    default:
      return undefined;
  }
}

/** Behind the opening text, every brace begins a call: what stands between calls has none. */
function jsonCalls(format: JsonCallFormat, tools: readonly Tool[]): ToolCallGrammar {
  const rules = new RuleSet();
  const calls = tools.map((tool, i) => {
    const name = literal(JSON.stringify(tool.function.name));
    const key = literal(JSON.stringify(format.argumentsKey));
    return `${name} ${comma(rules)} ${key} ${colon(rules)} ${argumentsOf(rules, tool, i)}`;
  });
  const space = whitespace(rules);
  const nameKey = literal(JSON.stringify(format.nameKey));
  const call = rules.rule(
    'call',
    `"{" ${space} ${nameKey} ${colon(rules)} (${calls.join(' | ')}) ${space} "}"`,
  );
  rules.define('root', `${literal(format.blockOpen)} ([^{] | ${call})*`);
  return { gbnf: rules.toString(), trigger: format.blockOpen };
}

/** Calls that each begin with the same text before the name. */
function markedCalls<Format extends NamedCallFormat | TaggedCallFormat>(
  format: Format,
  tools: readonly Tool[],
  callOf: (rules: RuleSet, format: Format, tool: Tool, index: number) => Expression,
): ToolCallGrammar {
  const rules = new RuleSet();
  const call = rules.rule('call', tools.map((tool, i) => callOf(rules, format, tool, i)).join(' | '));
  const toNext = until(rules, format.beforeName, 'between');
  const tail = without(rules, format.beforeName, 'tail');
  const { blockOpen, beforeName } = format;
  const open = blockOpen === '' ? literal(beforeName) : `${literal(blockOpen)} ${toNext}`;
  rules.define('root', `${open} ${call} (${toNext} ${call})* ${tail}`);
  return { gbnf: rules.toString(), trigger: blockOpen || beforeName };
}

/** Ids and markers may stand between the name and the arguments. */
const marker = '[^{]{0,96}';

function namedCall(rules: RuleSet, _format: NamedCallFormat, tool: Tool, index: number): Expression {
  return `${literal(tool.function.name)} ${marker} ${argumentsOf(rules, tool, index)}`;
}

const blank = '[ \\t\\r\\n]{0,8}';

function taggedCall(rules: RuleSet, format: TaggedCallFormat, tool: Tool, index: number): Expression {
  const { properties, required } = tool.function.parameters;
  const names = isObject(properties) ? Object.entries(properties) : [];
  const needed = new Set(Array.isArray(required) ? required : []);
  const parameters = names.map(([key, schema], i) => {
    const value = taggedValue(rules, format, schema, `tool-${index}-${i}`);
    const parameter = `${blank} ${literal(format.beforeKey)} ${literal(key)} ${blank} ${spaced(format.afterKey)} ${value}`;
    return needed.has(key) ? parameter : `(${parameter})?`;
  });
  const afterName = format.afterName === '' ? '' : spaced(format.afterName);
  const close = format.callClose === '' ? '' : `${blank} ${spaced(format.callClose)}`;
  return [literal(tool.function.name), blank, afterName, ...parameters, close].filter(Boolean).join(' ');
}

/** A string is plain text up to the text behind values; everything else is JSON. */
function taggedValue(rules: RuleSet, format: TaggedCallFormat, schema: JsonValue, hint: string): Expression {
  const close = spaced(format.afterValue);
  if (!isObject(schema)) return until(rules, format.afterValue, hint);
  if (Array.isArray(schema.enum) && schema.enum.every((item) => typeof item === 'string')) {
    return `${blank} (${schema.enum.map((item) => literal(String(item))).join(' | ')}) ${blank} ${close}`;
  }
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  const isFree = schema.type === undefined || types.includes('string');
  if (isFree) return until(rules, format.afterValue, hint);
  return `${blank} ${schemaOrElse(rules, schema, hint, () => until(rules, format.afterValue, `${hint}-text`), close)}`;
}

function schemaOrElse(
  rules: RuleSet,
  schema: JsonObject,
  hint: string,
  otherwise: () => Expression,
  close: Expression,
): Expression {
  try {
    return `${addSchema(rules, schema, hint)} ${blank} ${close}`;
  } catch (error) {
    if (isCriaError(error, 'unsupported_schema')) return otherwise();
    throw error;
  }
}

/** A literal of several words, with whatever white space between them. */
function spaced(text: string): Expression {
  return text.split(/\s+/).filter(Boolean).map(literal).join(` ${blank} `);
}

function argumentsOf(rules: RuleSet, tool: Tool, index: number): Expression {
  const { properties, ...rest } = tool.function.parameters;
  // A tool without parameters may say so with null.
  const schema = { ...rest, type: 'object', ...(isObject(properties) ? { properties } : {}) };
  try {
    return addSchema(rules, schema, `tool-${index}`);
  } catch (error) {
    if (isCriaError(error, 'unsupported_schema')) return addAnyObject(rules);
    throw error;
  }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
