/** The functions that templates can call: Go's predefined ones and those that Ollama adds. */
import { indexInto, lengthOf, sliceOf } from './access.ts';
import { equalsAny, isLess } from './compare.ts';
import { escapeHtml, escapeJs, escapeUrlQuery } from './escape.ts';
import { FunctionError } from './function-error.ts';
import { encodeJson } from './json.ts';
import type { Budget } from './limits.ts';
import { sprint, sprintf, sprintln } from './printf.ts';
import { toTypeScriptType } from './tool-values.ts';
import { type GoValue, isTrue, typeName } from './values.ts';

/** What functions may use besides their arguments. */
export interface FunctionContext {
  readonly budget: Budget;
  readonly now: Date;
}

/** A function and the arguments it takes. */
export interface TemplateFunction {
  /** Arguments that must be there; with `variadic`, more may follow. */
  readonly nFixed: number;
  readonly variadic: boolean;
  /** The first argument has Go's type string; all others take anything. */
  readonly takesFormat?: boolean;
  readonly call: (args: readonly GoValue[], context: FunctionContext) => GoValue;
}

function fixed(nFixed: number, call: TemplateFunction['call']): TemplateFunction {
  return { nFixed, variadic: false, call };
}

function variadic(nFixed: number, call: TemplateFunction['call']): TemplateFunction {
  return { nFixed, variadic: true, call };
}

/** Arguments as text for the escaping functions: missing ones print as they do in the output. */
function joined(args: readonly GoValue[], budget: Budget): string {
  return sprint(
    args.map((arg) => arg ?? '<no value>'),
    budget,
  );
}

function escaping(encode: (text: string) => string): TemplateFunction {
  return variadic(0, (args, { budget }) => {
    const text = encode(joined(args, budget));
    budget.produce(text.length);
    return text;
  });
}

function localDate(now: Date, dayOffset: number): string {
  const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() + dayOffset);
  const pad = (value: number, length: number): string => String(value).padStart(length, '0');
  return `${pad(day.getFullYear(), 4)}-${pad(day.getMonth() + 1, 2)}-${pad(day.getDate(), 2)}`;
}

/**
 * `and` and `or` stand here for their signature only: the evaluator runs them, because they must not evaluate the arguments after
 * the one that decides.
 */
function decidedByEvaluator(): never {
  throw new Error('and/or are evaluated in place');
}

export const templateFunctions: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ['and', variadic(1, decidedByEvaluator)],
  ['or', variadic(1, decidedByEvaluator)],
  ['not', fixed(1, ([value]) => !isTrue(value))],
  ['eq', variadic(1, ([first, ...others], { budget }) => equalsAny(first, others, budget))],
  ['ne', fixed(2, ([a, b], { budget }) => !equalsAny(a, [b], budget))],
  ['lt', fixed(2, ([a, b], { budget }) => isLess(a, b, budget))],
  ['le', fixed(2, ([a, b], { budget }) => isLess(a, b, budget) || equalsAny(a, [b], budget))],
  ['gt', fixed(2, ([a, b], { budget }) => !isLess(a, b, budget) && !equalsAny(a, [b], budget))],
  ['ge', fixed(2, ([a, b], { budget }) => !isLess(a, b, budget))],
  ['index', variadic(1, ([item, ...keys], { budget }) => indexInto(item, keys, budget))],
  ['slice', variadic(1, ([item, ...bounds], { budget }) => sliceOf(item, bounds, budget))],
  ['len', fixed(1, ([item], { budget }) => BigInt(lengthOf(item, budget)))],
  ['print', variadic(0, (args, { budget }) => sprint(args, budget))],
  ['println', variadic(0, (args, { budget }) => sprintln(args, budget))],
  [
    'printf',
    {
      ...variadic(1, ([format, ...args], { budget }) => sprintf(String(format), args, budget)),
      takesFormat: true,
    },
  ],
  ['html', escaping(escapeHtml)],
  ['js', escaping(escapeJs)],
  ['urlquery', escaping(escapeUrlQuery)],
  [
    'call',
    variadic(1, ([callee]) => {
      // Data holds no functions, so this only ever fails; it is known so that templates with it parse.
      if (callee === undefined || callee === null) throw new FunctionError('call of nil');
      throw new FunctionError(`non-function of type ${typeName(callee)}`);
    }),
  ],
  [
    'json',
    fixed(1, ([value], { budget }) => {
      const text = encodeJson(value);
      budget.produce(text.length);
      return text;
    }),
  ],
  ['currentDate', variadic(0, (_, { now }) => localDate(now, 0))],
  ['yesterdayDate', variadic(0, (_, { now }) => localDate(now, -1))],
  ['toTypeScriptType', fixed(1, ([value]) => toTypeScriptType(value))],
]);
