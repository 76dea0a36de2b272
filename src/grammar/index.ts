/** JSON Schema to GBNF, the grammar language of llama.cpp. */
import type { JsonValue } from '../types/json.ts';
import { LruMap } from '../util/lru.ts';
import { SchemaAnalysis } from './analysis.ts';
import type { Automata } from './automata.ts';
import { SchemaCompiler } from './compiler.ts';
import { anyObject, anyValue } from './json-rules.ts';
import { type Expression, literal, RuleSet } from './rule-set.ts';
import { SchemaDocument } from './schema-document.ts';
import { unsupported } from './unsupported.ts';

export { type Expression, literal, RuleSet };

/**
 * A grammar whose texts are the JSON values that the schema allows, as a rule fewer than all of them: members come in the order
 * in which they are declared, and properties that the schema does not mention are not made. Throws `unsupported_schema`, with the
 * keyword and its JSON pointer, for what cannot be kept.
 */
export function schemaToGrammar(schema: JsonValue): string {
  // Its depth is checked before anything recurs over it.
  const document = new SchemaDocument(schema);
  const key = JSON.stringify(schema);
  let grammar = recentGrammars.get(key);
  if (grammar === undefined) {
    const rules = new RuleSet();
    rules.define('root', addDocument(rules, document, 'answer'));
    grammar = rules.toString();
    recentGrammars.set(key, grammar);
  }
  return grammar;
}

/** Clients send the same few schemas again and again, and patterns take a while. */
const recentGrammars = new LruMap<string, string>(32);

/** A grammar of any JSON object, for the format "json". */
export function jsonGrammar(): string {
  const rules = new RuleSet();
  rules.define('root', addAnyObject(rules));
  return rules.toString();
}

/**
 * Adds the rules of a schema to a grammar and returns the expression that matches its values. `prefix` begins the names of the
 * rules; different schemas may use the same. Schemas that share `automata` share what their patterns may cost. Throws as
 * `schemaToGrammar`, and then adds nothing.
 */
export function addSchema(
  rules: RuleSet,
  schema: JsonValue,
  prefix: string,
  automata?: Automata,
): Expression {
  return addDocument(rules, new SchemaDocument(schema), prefix, automata);
}

function addDocument(
  rules: RuleSet,
  document: SchemaDocument,
  prefix: string,
  automata?: Automata,
): Expression {
  const analysis = new SchemaAnalysis(document, automata);
  if (!analysis.isSatisfiable([document.root])) {
    throw unsupported('schema', '#', 'allows no value at all');
  }
  return rules.atomically(() => new SchemaCompiler(rules, analysis).compile([document.root], prefix));
}

/** Adds the rules of JSON and returns the expression that matches any object. */
export function addAnyObject(rules: RuleSet): Expression {
  return anyObject(rules);
}

/** The same for any value. */
export function addAnyValue(rules: RuleSet): Expression {
  return anyValue(rules);
}
