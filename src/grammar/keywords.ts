/** Reads the keywords of one schema object. */
import type { JsonObject, JsonValue } from '../types/json.ts';
import type { Automata } from './automata.ts';
import type { Automaton } from './automaton.ts';
import type {
  ArrayFacet,
  Constraint,
  NumberConstraint,
  ObjectConstraint,
  ObjectFacet,
  StringConstraint,
} from './constraint.ts';
import { formatAutomaton, refusedFormats } from './formats.ts';
import { canonicalJson, isObject, type Kind } from './json-value.ts';
import type { Bound } from './number-range.ts';
import { RegexError } from './regex.ts';
import { asNode, pointerTo, type SchemaNode } from './schema-document.ts';
import { unsupported } from './unsupported.ts';
import { honouredKeywords, refusedKeywords } from './vocabulary.ts';

/** Lengths and counts from here on cannot be reached by an answer, and are no limits. */
const unreachableCount = 1 << 20;

const kindsByKeyword: readonly (readonly [Kind, readonly string[]])[] = [
  ['number', honouredKeywords.numbers],
  // The last two are annotations, but of strings only.
  ['string', [...honouredKeywords.strings, 'contentEncoding', 'contentMediaType']],
  ['array', honouredKeywords.arrays],
  ['object', honouredKeywords.objects],
];

const kindsByType = new Map<string, Kind>([
  ['null', 'null'],
  ['boolean', 'boolean'],
  ['integer', 'number'],
  ['number', 'number'],
  ['string', 'string'],
  ['array', 'array'],
  ['object', 'object'],
]);

/** One schema object: what it asks for itself, and the schemas that apply with it. */
export interface ReadSchema {
  readonly constraint: Constraint;
  /** Of `allOf`. */
  readonly all: readonly SchemaNode[];
  readonly reference: string | undefined;
  /** Of `anyOf` and `oneOf`. */
  readonly choices: readonly Choice[];
  /** Nothing satisfies it. */
  readonly isNever: boolean;
}

export interface Choice {
  readonly branches: readonly SchemaNode[];
  /** `oneOf`: no value may satisfy two branches. */
  readonly exclusive: boolean;
  readonly pointer: string;
}

/** Throws `unsupported_schema` for keywords that cannot be honoured or are malformed. Unknown keywords are annotations. */
export function readSchema(schema: JsonObject, pointer: string, automata: Automata): ReadSchema {
  const reader = new KeywordReader(schema, pointer, automata);
  for (const keyword of refusedKeywords) {
    if (reader.has(keyword)) throw unsupported(keyword, pointerTo(pointer, keyword));
  }
  const types = reader.types();
  return {
    constraint: {
      kinds: types && new Set(types.map((type) => kindsByType.get(type)!)),
      mentioned: new Set(
        kindsByKeyword.flatMap(([kind, keywords]) => (keywords.some((k) => reader.has(k)) ? [kind] : [])),
      ),
      values: reader.values(),
      number: reader.number(types),
      string: reader.string(),
      array: {
        minItems: reader.least('minItems'),
        maxItems: unlimited(reader.count('maxItems')),
        unique: reader.flag('uniqueItems') ? pointerTo(pointer, 'uniqueItems') : undefined,
        facets: reader.arrayFacets(),
      },
      object: reader.object(),
    },
    all: reader.nodes('allOf'),
    reference: reader.text('$ref'),
    choices: (['anyOf', 'oneOf'] as const).flatMap((keyword) => {
      if (!reader.has(keyword)) return [];
      const place = pointerTo(pointer, keyword);
      return [{ branches: reader.nodes(keyword), exclusive: keyword === 'oneOf', pointer: place }];
    }),
    isNever: reader.isNever(),
  };
}

function unlimited(count: number | undefined): number {
  return count === undefined || count >= unreachableCount ? Number.POSITIVE_INFINITY : count;
}

class KeywordReader {
  readonly #schema: JsonObject;
  readonly #pointer: string;
  readonly #automata: Automata;

  constructor(schema: JsonObject, pointer: string, automata: Automata) {
    this.#schema = schema;
    this.#pointer = pointer;
    this.#automata = automata;
  }

  has(keyword: string): boolean {
    return Object.hasOwn(this.#schema, keyword);
  }

  types(): readonly string[] | undefined {
    const value = this.#get('type');
    if (value === undefined) return undefined;
    const types = Array.isArray(value) ? value : [value];
    const names = types.map((type) => {
      if (typeof type === 'string' && kindsByType.has(type)) return type;
      throw this.#malformed('type', `has the unknown type ${JSON.stringify(type)}`);
    });
    // OpenAPI 3.0
    return this.flag('nullable') ? [...names, 'null'] : names;
  }

  values(): readonly JsonValue[] | undefined {
    const options = this.#get('enum');
    if (options !== undefined && !Array.isArray(options)) throw this.#malformed('enum', 'must be an array');
    const constant = this.#get('const');
    if (constant === undefined) return options;
    const key = canonicalJson(constant);
    return options === undefined || options.some((option) => canonicalJson(option) === key) ? [constant] : [];
  }

  number(types: readonly string[] | undefined): NumberConstraint {
    const multiple = this.#number('multipleOf');
    if (multiple !== undefined && multiple <= 0)
      throw this.#malformed('multipleOf', 'must be greater than 0');
    return {
      integer: types?.includes('integer') === true && !types.includes('number'),
      min: this.#bound('minimum', 'exclusiveMinimum', Math.max),
      max: this.#bound('maximum', 'exclusiveMaximum', Math.min),
      multiples:
        multiple === undefined ? [] : [{ of: multiple, pointer: pointerTo(this.#pointer, 'multipleOf') }],
    };
  }

  /** The exclusive bound is a number, or, in older drafts, a flag for the other one. */
  #bound(
    keyword: string,
    exclusiveKeyword: string,
    tighter: (a: number, b: number) => number,
  ): Bound | undefined {
    const inclusive = this.#number(keyword);
    if (typeof this.#get(exclusiveKeyword) === 'boolean') {
      return inclusive === undefined
        ? undefined
        : { value: inclusive, exclusive: this.flag(exclusiveKeyword) };
    }
    const exclusive = this.#number(exclusiveKeyword);
    if (exclusive === undefined)
      return inclusive === undefined ? undefined : { value: inclusive, exclusive: false };
    if (inclusive === undefined) return { value: exclusive, exclusive: true };
    const value = tighter(inclusive, exclusive);
    return { value, exclusive: value === exclusive };
  }

  string(): StringConstraint {
    const texts: { automaton: Automaton; isFormat: boolean }[] = [];
    const pattern = this.text('pattern');
    if (pattern !== undefined) texts.push({ automaton: this.#pattern(pattern, 'pattern'), isFormat: false });
    const format = this.text('format');
    if (format !== undefined && refusedFormats.has(format)) {
      throw this.#malformed('format', `"${format}" is not supported`);
    }
    const known = formatAutomaton(format ?? '');
    if (known !== undefined) texts.push({ automaton: known, isFormat: true });
    return { minLength: this.least('minLength'), maxLength: unlimited(this.count('maxLength')), texts };
  }

  arrayFacets(): readonly ArrayFacet[] {
    // Up to draft 2019-09, `items` could be the list that is `prefixItems` now.
    const isTuple = Array.isArray(this.#get('items'));
    const prefix = this.nodes(isTuple ? 'items' : 'prefixItems');
    const rest = this.#node(isTuple ? 'additionalItems' : 'items');
    return prefix.length === 0 && rest === undefined ? [] : [{ prefix, rest }];
  }

  object(): ObjectConstraint {
    const additional = this.#node('additionalProperties');
    const facet: ObjectFacet = {
      properties: this.#nodeMap('properties'),
      patterns: [...this.#nodeMap('patternProperties')].map(([pattern, node]) => {
        return { automaton: this.#pattern(pattern, 'patternProperties'), node };
      }),
      additional,
    };
    const isPlain = facet.properties.size === 0 && facet.patterns.length === 0 && additional === undefined;
    const unevaluated = this.#node('unevaluatedProperties');
    if (isObject(unevaluated?.schema)) throw this.#malformed('unevaluatedProperties');
    const countKeyword = this.has('minProperties') ? 'minProperties' : 'maxProperties';
    const names = this.#node('propertyNames');
    return {
      facets: isPlain ? [] : [facet],
      required: this.#required(),
      minProperties: this.count('minProperties') ?? 0,
      maxProperties: unlimited(this.count('maxProperties')),
      countPointer: pointerTo(this.#pointer, countKeyword),
      names: names === undefined ? [] : [names],
      closed: unevaluated?.schema === false,
    };
  }

  #required(): readonly string[] {
    const value = this.#get('required');
    // Draft 3 had a flag here, on the property itself.
    if (value === undefined || typeof value === 'boolean') return [];
    if (!Array.isArray(value)) throw this.#malformed('required', 'must be an array of names');
    const names = value.map((name) => {
      if (typeof name === 'string') return name;
      throw this.#malformed('required', 'must be an array of names');
    });
    return [...new Set(names)];
  }

  /** `not` is honoured where it says nothing or forbids everything. */
  isNever(): boolean {
    if (!this.has('not')) return false;
    const negated = this.#get('not');
    if (negated === false) return false;
    if (negated === true || (isObject(negated) && Object.keys(negated).length === 0)) return true;
    throw this.#malformed('not', 'is not supported');
  }

  nodes(keyword: string): readonly SchemaNode[] {
    const value = this.#get(keyword);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw this.#malformed(keyword, 'must be an array of schemas');
    const place = pointerTo(this.#pointer, keyword);
    return value.map((item, i) => asNode(item, pointerTo(place, String(i)), keyword));
  }

  #node(keyword: string): SchemaNode | undefined {
    const value = this.#get(keyword);
    return value === undefined ? undefined : asNode(value, pointerTo(this.#pointer, keyword), keyword);
  }

  #nodeMap(keyword: string): ReadonlyMap<string, SchemaNode> {
    const value = this.#get(keyword);
    // Tools without parameters come with `properties: null`.
    if (value === undefined || value === null) return new Map();
    if (!isObject(value)) throw this.#malformed(keyword, 'must be an object of schemas');
    const place = pointerTo(this.#pointer, keyword);
    return new Map(
      Object.entries(value).map(([name, item]) => [name, asNode(item, pointerTo(place, name), keyword)]),
    );
  }

  #pattern(source: string, keyword: string): Automaton {
    try {
      return this.#automata.pattern(source);
    } catch (error) {
      if (error instanceof RegexError) {
        throw this.#malformed(keyword, `has the pattern ${JSON.stringify(source)}, which ${error.message}`);
      }
      throw error;
    }
  }

  text(keyword: string): string | undefined {
    const value = this.#get(keyword);
    if (value === undefined || typeof value === 'string') return value;
    throw this.#malformed(keyword, 'must be a string');
  }

  flag(keyword: string): boolean {
    return this.#get(keyword) === true;
  }

  count(keyword: string): number | undefined {
    const value = this.#number(keyword);
    if (value === undefined || (Number.isInteger(value) && value >= 0)) return value;
    throw this.#malformed(keyword, 'must be a non-negative integer');
  }

  /** A lower bound of a length or count; those that no answer reaches are refused. */
  least(keyword: string): number {
    const value = this.count(keyword) ?? 0;
    if (value < unreachableCount) return value;
    throw this.#malformed(keyword, 'is more than an answer can hold');
  }

  #number(keyword: string): number | undefined {
    const value = this.#get(keyword);
    if (value === undefined || typeof value === 'number') return value;
    throw this.#malformed(keyword, 'must be a number');
  }

  #get(keyword: string): JsonValue | undefined {
    return this.has(keyword) ? this.#schema[keyword] : undefined;
  }

  #malformed(keyword: string, why = 'is not supported'): Error {
    return unsupported(keyword, pointerTo(this.#pointer, keyword), why);
  }
}
