/** Calls whose arguments are elements named by their keys, objects and lists nested elements. */
import type { JsonValue } from '../../types/json.ts';
import type { Tool } from '../../types/message.ts';
import type { QuietSpan } from '../../types/quiet-span.ts';
import type { ElementsCallFormat } from '../../types/tool-call-format.ts';
import { until } from '../free-text.ts';
import { isObject } from '../json-value.ts';
import { type Expression, literal, RuleSet } from '../rule-set.ts';
import { pythonSpelling } from '../spelling.ts';
import { blank, type Parameter, propertiesOf, withDefinitions } from './arguments.ts';
import type { ToolCallGrammar } from './index.ts';
import { afterCall } from './scan.ts';
import { spaced, textOrJson } from './text-or-json.ts';

export function elementsCalls(
  format: ElementsCallFormat,
  tools: readonly Tool[],
  quiet: QuietSpan | undefined,
): ToolCallGrammar {
  const { beforeName, beforeTag } = format;
  const rules = new RuleSet(pythonSpelling);
  const calls = tools.map((tool, i) => {
    const elements = new ElementWriter(rules, beforeTag).elements(
      propertiesOf(tool.function.parameters),
      `tool-${i}`,
      0,
    );
    const parts = [literal(tool.function.name), spaced(format.afterName), blank, elements];
    return [...parts, spaced(format.callClose)].filter(Boolean).join(' ');
  });
  const call = rules.rule('call', calls.join(' | '));
  const rest = afterCall(rules, { openers: [{ text: beforeName, call }], quiet });
  rules.define('root', `${literal(beforeName)} ${call} ${rest}`);
  return { gbnf: rules.toString(), triggers: [{ text: beforeName }] };
}

/** What is nested deeper may be any text. */
const maxDepth = 16;

class ElementWriter {
  readonly #rules: RuleSet;
  readonly #beforeTag: string;

  constructor(rules: RuleSet, beforeTag: string) {
    this.#rules = rules;
    this.#beforeTag = beforeTag;
  }

  elements(parameters: readonly Parameter[], hint: string, depth: number): Expression {
    const written = parameters.map(({ name, schema, isRequired }, i) => {
      const element = `${this.#element(name, schema, `${hint}-${i}`, depth)} ${blank}`;
      return isRequired ? element : `(${element})?`;
    });
    return written.join(' ');
  }

  #element(name: string, schema: JsonValue, hint: string, depth: number): Expression {
    const open = `${this.#beforeTag}<${name}>`;
    const close = `${this.#beforeTag}</${name}>`;
    return this.#rules.rule(hint, `${literal(open)} ${this.#content(schema, close, hint, depth)}`);
  }

  /** The value and the closing tag. */
  #content(schema: JsonValue, close: string, hint: string, depth: number): Expression {
    if (depth > maxDepth) return until(this.#rules, close, hint);
    if (isObject(schema) && schema.type === 'object' && isObject(schema.properties)) {
      const inner = this.elements(propertiesOf(schema), hint, depth + 1);
      return [blank, inner, literal(close)].filter(Boolean).join(' ');
    }
    if (isObject(schema) && schema.type === 'array' && schema.items !== undefined) {
      const item = this.#element('item', withDefinitions(schema, schema.items), `${hint}-item`, depth + 1);
      const { minItems, maxItems } = schema;
      const [min, max] = [countOf(minItems, 0), countOf(maxItems, Number.POSITIVE_INFINITY)];
      const spacedItem = this.#rules.rule(`${hint}-item`, `${item} ${blank}`);
      return `${blank} ${this.#rules.repeat(spacedItem, min, max, `${hint}-items`)} ${literal(close)}`;
    }
    // Anything that could hold objects or lists in other ways is free: they would not be written as JSON.
    if (!isScalar(schema)) return until(this.#rules, close, hint);
    const { text, json, isFree } = textOrJson(this.#rules, schema, close, hint);
    const ways = [text, isFree ? undefined : json].filter((way) => way !== undefined);
    return `(${ways.join(' | ')})`;
  }
}

const scalarTypes = new Set(['string', 'number', 'integer', 'boolean', 'null']);

function isScalar(schema: JsonValue): boolean {
  if (!isObject(schema)) return false;
  if (Array.isArray(schema.enum))
    return schema.enum.every((value) => typeof value !== 'object' || value === null);
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  return types.every((type) => typeof type === 'string' && scalarTypes.has(type));
}

function countOf(value: JsonValue | undefined, otherwise: number): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 1000
    ? value
    : otherwise;
}
