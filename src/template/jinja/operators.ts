/** The binary and unary operators on values of all types. */
import type { BinaryOperator } from './ast.ts';
import { TemplateFailure } from './errors.ts';
import { formatPercent } from './format/percent.ts';
import { escapeValue } from './markup.ts';
import {
  addNumbers,
  asInt,
  divideNumbers,
  floorDivideNumbers,
  isNumber,
  moduloNumbers,
  multiplyNumbers,
  powerNumbers,
  subtractNumbers,
} from './numbers.ts';
import type { Runtime } from './runtime.ts';
import { typeName } from './type-name.ts';
import { Float, isString, Markup, Tuple, textOf, Undefined, type Value } from './values.ts';

/** `a operator b`. */
export function binary(rt: Runtime, operator: BinaryOperator, a: Value, b: Value): Value {
  switch (operator) {
    case '+':
      return add(rt, a, b);
    case '-':
      return subtractNumbers(a, b) ?? fail(rt, operator, a, b);
    case '*':
      return multiplyNumbers(a, b) ?? repeat(rt, a, b) ?? repeat(rt, b, a) ?? fail(rt, operator, a, b);
    case '/':
      return divideNumbers(a, b) ?? fail(rt, operator, a, b);
    case '//':
      return floorDivideNumbers(a, b) ?? fail(rt, operator, a, b);
    case '%':
      if (isString(a)) return formatPercent(rt, a, b);
      return moduloNumbers(a, b) ?? fail(rt, operator, a, b);
    case '**':
      return powerNumbers(a, b) ?? fail(rt, '** or pow()', a, b);
  }
}

export function add(rt: Runtime, a: Value, b: Value): Value {
  if (typeof a === 'string' && typeof b === 'string') {
    rt.checkLength(a.length + b.length);
    return a + b;
  }
  if (isString(a) && isString(b)) {
    // One of the two is safe; the other becomes so by being escaped.
    const [left, right] = [escapeValue(rt, a).text, escapeValue(rt, b).text];
    rt.checkLength(left.length + right.length);
    return new Markup(left + right);
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    rt.chargeItems(a.length + b.length);
    return [...a, ...b];
  }
  if (a instanceof Tuple && b instanceof Tuple) {
    rt.chargeItems(a.items.length + b.items.length);
    return new Tuple([...a.items, ...b.items]);
  }
  return addNumbers(a, b) ?? failAdd(rt, a, b);
}

function failAdd(rt: Runtime, a: Value, b: Value): never {
  if (a instanceof Undefined) rt.failUndefined(a);
  if (b instanceof Undefined) rt.failUndefined(b);
  if (isString(a)) throw new TemplateFailure(`can only concatenate str (not "${typeName(b)}") to str`);
  if (Array.isArray(a)) throw new TemplateFailure(`can only concatenate list (not "${typeName(b)}") to list`);
  return fail(rt, '+', a, b);
}

/** `'ab' * 3`, `[0] * 3`; undefined when it is not a repetition. */
function repeat(rt: Runtime, sequence: Value, times: Value): Value | undefined {
  const int = asInt(times);
  if (int === undefined) return undefined;
  const count = Math.max(0, Number(int));
  if (isString(sequence)) {
    const text = textOf(sequence);
    rt.chargeText(text.length * count);
    const repeated = text.repeat(text === '' ? 0 : count);
    return sequence instanceof Markup ? new Markup(repeated) : repeated;
  }
  if (!Array.isArray(sequence) && !(sequence instanceof Tuple)) return undefined;
  const items = Array.isArray(sequence) ? sequence : sequence.items;
  rt.chargeItems(items.length * count);
  const repeated: Value[] = [];
  if (items.length > 0) for (let i = 0; i < count; i++) for (const item of items) repeated.push(item);
  return Array.isArray(sequence) ? repeated : new Tuple(repeated);
}

function fail(rt: Runtime, operator: string, a: Value, b: Value): never {
  if (a instanceof Undefined) rt.failUndefined(a);
  if (b instanceof Undefined) rt.failUndefined(b);
  throw new TemplateFailure(
    `unsupported operand type(s) for ${operator}: '${typeName(a)}' and '${typeName(b)}'`,
  );
}

/** `-a` and `+a`. */
export function unary(rt: Runtime, operator: '-' | '+', a: Value): Value {
  if (a instanceof Undefined) rt.failUndefined(a);
  if (!isNumber(a)) throw new TemplateFailure(`bad operand type for unary ${operator}: '${typeName(a)}'`);
  if (a instanceof Float) return operator === '-' ? new Float(-a.value) : a;
  if (typeof a === 'bigint') return operator === '-' ? -a : a;
  const int = Number(a);
  return operator === '-' && int !== 0 ? -int : int;
}
