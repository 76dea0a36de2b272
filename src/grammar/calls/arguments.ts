/** The schemas of tools and of their parameters, and rules for them. */
import { isCriaError } from '../../errors.ts';
import type { JsonObject, JsonValue } from '../../types/json.ts';
import type { Tool } from '../../types/message.ts';
import { Automata } from '../automata.ts';
import { addAnyObject, addSchema } from '../index.ts';
import { isObject } from '../json-value.ts';
import type { Expression, RuleSet } from '../rule-set.ts';

export interface Parameter {
  readonly name: string;
  /** With the definitions that it may refer to. */
  readonly schema: JsonValue;
  readonly isRequired: boolean;
}

export function parametersOf(tool: Tool): readonly Parameter[] {
  return propertiesOf(tool.function.parameters);
}

/** The properties of an object, in the order in which its schema declares them. */
export function propertiesOf(object: JsonObject): readonly Parameter[] {
  const { properties, required } = object;
  if (!isObject(properties)) return [];
  const needed = new Set(Array.isArray(required) ? required : []);
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    schema: withDefinitions(object, schema),
    isRequired: needed.has(name),
  }));
}

/** A schema on its own keeps the definitions of the one that it stands in. */
export function withDefinitions({ $defs, definitions }: JsonObject, schema: JsonValue): JsonValue {
  if (!isObject(schema)) return schema;
  return {
    ...schema,
    ...($defs === undefined ? {} : { $defs }),
    ...(definitions === undefined ? {} : { definitions }),
  };
}

/** The arguments of a call as one object; of a tool whose schema cannot be kept, any object. */
export function argumentsObject(rules: RuleSet, tool: Tool, hint: string): Expression {
  const { properties, ...rest } = tool.function.parameters;
  // A tool without parameters may say so with null.
  const schema: JsonObject = { ...rest, type: 'object', ...(isObject(properties) ? { properties } : {}) };
  return schemaRule(rules, schema, hint) ?? addAnyObject(rules);
}

const automataOfGrammars = new WeakMap<RuleSet, Automata>();

/** One for all the tools of a grammar: a request with many may cost no more than one with few. */
export function automataOf(rules: RuleSet): Automata {
  let automata = automataOfGrammars.get(rules);
  if (automata === undefined) {
    automata = new Automata();
    automataOfGrammars.set(rules, automata);
  }
  return automata;
}

/** undefined = the schema cannot be kept. */
export function schemaRule(rules: RuleSet, schema: JsonValue, hint: string): Expression | undefined {
  try {
    return addSchema(rules, schema, hint, automataOf(rules));
  } catch (error) {
    if (isCriaError(error, 'unsupported_schema')) return undefined;
    throw error;
  }
}

/** The tools with the properties of every object in the order of the alphabet, whatever case. */
export function withSortedProperties(tools: readonly Tool[]): readonly Tool[] {
  return tools.map((tool) => {
    const { parameters } = tool.function;
    // What sorting makes of an object is one.
    return { ...tool, function: { ...tool.function, parameters: sortProperties(parameters) as JsonObject } };
  });
}

function sortProperties(schema: JsonValue, isMap = false): JsonValue {
  if (Array.isArray(schema)) return schema.map((item) => sortProperties(item));
  if (!isObject(schema)) return schema;
  const entries = Object.entries(schema).map(([key, value]): [string, JsonValue] => [
    key,
    sortProperties(value, key === 'properties' && !isMap),
  ]);
  if (isMap) entries.sort(([a], [b]) => compare(a.toLowerCase(), b.toLowerCase()));
  return Object.fromEntries(entries);
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** White space that models put around the parts of a call. */
export const blank = '[ \\t\\r\\n]{0,8}';
