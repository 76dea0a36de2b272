/** The tests of `is`. */
import { Parameters } from './call-args.ts';
import { compare, contains, isEqual } from './compare.ts';
import { Dict } from './dict.ts';
import { tryIterate } from './iterate.ts';
import { isNumber } from './numbers.ts';
import { binary } from './operators.ts';
import type { Runtime, Test } from './runtime.ts';
import { toText } from './text.ts';
import {
  type CallArguments,
  Float,
  Instance,
  Iter,
  isString,
  Markup,
  NativeFunction,
  Range,
  Tuple,
  textOf,
  Undefined,
  type Value,
} from './values.ts';

/** A test without arguments. */
function simple(name: string, test: (value: Value, rt: Runtime) => boolean): [string, Test] {
  return [
    name,
    (rt, value, args) => {
      new Parameters(name, args).done();
      return test(value, rt);
    },
  ];
}

/** A test with one argument, under all its names. */
function withOperand(
  names: readonly string[],
  test: (rt: Runtime, value: Value, operand: Value) => boolean,
): [string, Test][] {
  return names.map((name) => [name, (rt, value, args) => test(rt, value, operandOf(name, args))]);
}

function operandOf(name: string, args: CallArguments): Value {
  const p = new Parameters(name, args);
  const operand = p.required('other', true);
  p.done();
  return operand;
}

function isModulo(rt: Runtime, value: Value, divisor: Value, rest: number): boolean {
  return isEqual(rt, binary(rt, '%', value, divisor), rest);
}

function isInt(value: Value): boolean {
  return typeof value === 'number' || typeof value === 'bigint';
}

function isCallable(value: Value): boolean {
  if (value instanceof NativeFunction || value instanceof Undefined) return true;
  return value instanceof Instance && value.call !== undefined;
}

/** Has a length and can be subscribed. */
function isSequence(value: Value): boolean {
  return (
    isString(value) ||
    Array.isArray(value) ||
    value instanceof Tuple ||
    value instanceof Dict ||
    value instanceof Range ||
    value instanceof Undefined
  );
}

/** Python's `is`; equal strings count as identical, which CPython's interned literals are too. */
function isSame(value: Value, other: Value): boolean {
  return value === other || (isString(value) && isString(other) && textOf(value) === textOf(other));
}

export const tests: ReadonlyMap<string, Test> = new Map<string, Test>([
  simple('defined', (value) => !(value instanceof Undefined)),
  simple('undefined', (value) => value instanceof Undefined),
  simple('none', (value) => value === null),
  simple('boolean', (value) => typeof value === 'boolean'),
  simple('true', (value) => value === true),
  simple('false', (value) => value === false),
  simple('integer', isInt),
  simple('float', (value) => value instanceof Float),
  simple('number', isNumber),
  simple('string', isString),
  simple('mapping', (value) => value instanceof Dict),
  simple('sequence', isSequence),
  simple('iterable', (value, rt) => value instanceof Iter || tryIterate(rt, value) !== undefined),
  simple('callable', isCallable),
  simple('escaped', (value) => value instanceof Markup),
  simple('lower', (value, rt) => isCased(rt, value, 'lower')),
  simple('upper', (value, rt) => isCased(rt, value, 'upper')),
  simple('odd', (value, rt) => isModulo(rt, value, 2, 1)),
  simple('even', (value, rt) => isModulo(rt, value, 2, 0)),
  simple('filter', (value, rt) => isString(value) && rt.library.filters.has(textOf(value))),
  simple('test', (value, rt) => isString(value) && rt.library.tests.has(textOf(value))),
  ...withOperand(['divisibleby'], (rt, value, divisor) => isModulo(rt, value, divisor, 0)),
  ...withOperand(['sameas'], (_rt, value, other) => isSame(value, other)),
  ...withOperand(['in'], (rt, value, container) => contains(rt, container, value)),
  ...withOperand(['==', 'eq', 'equalto'], (rt, value, other) => isEqual(rt, value, other)),
  ...withOperand(['!=', 'ne'], (rt, value, other) => !isEqual(rt, value, other)),
  ...withOperand(['<', 'lt', 'lessthan'], (rt, value, other) => compare(rt, value, other, '<') < 0),
  ...withOperand(['<=', 'le'], (rt, value, other) => compare(rt, value, other, '<=') <= 0),
  ...withOperand(['>', 'gt', 'greaterthan'], (rt, value, other) => compare(rt, value, other, '>') > 0),
  ...withOperand(['>=', 'ge'], (rt, value, other) => compare(rt, value, other, '>=') >= 0),
]);

function isCased(rt: Runtime, value: Value, which: 'lower' | 'upper'): boolean {
  const text = toText(rt, value);
  rt.chargeChars(text.length);
  const hasLower = /\p{Lowercase}/u.test(text);
  const hasUpper = /[\p{Lu}\p{Lt}]/u.test(text);
  return which === 'lower' ? hasLower && !hasUpper : hasUpper && !hasLower;
}
