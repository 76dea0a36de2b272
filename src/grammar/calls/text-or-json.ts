/** Arguments between tags: strings are written as they are, everything else is JSON, or as Python prints it. */
import { isCriaError } from '../../errors.ts';
import type { JsonValue } from '../../types/json.ts';
import { admits } from '../admits.ts';
import { SchemaAnalysis } from '../analysis.ts';
import { isEmpty } from '../automaton.ts';
import { textRule } from '../automaton-rules.ts';
import { type Constraint, generatedKinds } from '../constraint.ts';
import { until } from '../free-text.ts';
import { addSchema } from '../index.ts';
import { isObject, type Kind } from '../json-value.ts';
import { type Expression, literal, type RuleSet } from '../rule-set.ts';
import { stringAutomaton } from '../scalar-text.ts';
import { SchemaDocument } from '../schema-document.ts';
import { automataOf, blank } from './arguments.ts';

/** Both with the text behind the value. */
export interface TextOrJson {
  /** The strings that the schema allows; undefined = none. */
  readonly text: Expression | undefined;
  /** The other values that it allows; undefined = none. */
  readonly json: Expression | undefined;
  /** The text may be anything, and so all that `json` could be. */
  readonly isFree: boolean;
}

const otherTypes = ['number', 'boolean', 'null', 'array', 'object'];

/** `close`: the text behind the value; a schema that cannot be kept allows any text up to there. */
export function textOrJson(rules: RuleSet, schema: JsonValue, close: string, hint: string): TextOrJson {
  const end = spaced(close);
  try {
    const document = new SchemaDocument(schema);
    const analysis = new SchemaAnalysis(document, automataOf(rules));
    const constraints = analysis.expand([document.root]);
    const texts = constraints.flatMap((constraint) => textsOf(rules, constraint, analysis, hint));
    const isFree = texts.includes(anyText);
    const text = isFree
      ? until(rules, close, `${hint}-text`)
      : texts.length === 0
        ? undefined
        : `"\\n"? (${[...new Set(texts)].join(' | ')}) "\\n"? ${end}`;
    const kinds = new Set(constraints.flatMap(kindsOf));
    const hasOthers = [...kinds].some((kind) => kind !== 'string');
    if (!hasOthers) return { text, json: undefined, isFree };
    const { $defs, definitions, ...rest } = isObject(schema) ? schema : {};
    const others = addSchema(
      rules,
      {
        allOf: [rest, { type: otherTypes }],
        ...($defs === undefined ? {} : { $defs }),
        ...(definitions === undefined ? {} : { definitions }),
      },
      `${hint}-json`,
      automataOf(rules),
    );
    return { text, json: `${blank} ${others} ${blank} ${end}`, isFree };
  } catch (error) {
    if (!isCriaError(error, 'unsupported_schema')) throw error;
    const free = until(rules, close, `${hint}-free`);
    return { text: free, json: free, isFree: true };
  }
}

/** Stands for every text. */
const anyText = '';

function textsOf(
  rules: RuleSet,
  constraint: Constraint,
  analysis: SchemaAnalysis,
  hint: string,
): readonly Expression[] {
  if (constraint.values !== undefined) {
    const values = constraint.values.filter((value) => admits(constraint, value, analysis));
    return values.flatMap((value) => (typeof value === 'string' ? [literal(value)] : []));
  }
  if (!generatedKinds(constraint).has('string')) return [];
  const automaton = stringAutomaton(constraint.string, analysis.automata);
  if (automaton === undefined) return [anyText];
  return isEmpty(automaton) ? [] : [textRule(rules, automaton, `${hint}-text`)];
}

function kindsOf(constraint: Constraint): readonly Kind[] {
  if (constraint.values === undefined) return [...generatedKinds(constraint)];
  return constraint.values.some((value) => typeof value !== 'string') ? ['object'] : ['string'];
}

/** A literal of several words, with whatever white space between them. */
export function spaced(text: string): Expression {
  return text.split(/\s+/).filter(Boolean).map(literal).join(` ${blank} `);
}
