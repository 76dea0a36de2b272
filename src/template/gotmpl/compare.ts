/** The comparison functions of Go templates, with Go's rules on what may be compared. */

import { formatArgument, formatPlain, noFlags } from './format.ts';
import { FunctionError } from './function-error.ts';
import type { Budget } from './limits.ts';
import { compareStrings, GoMap, GoSlice, GoStruct, type GoValue, typeName } from './values.ts';

type Basic = boolean | string | bigint | number;

function isBasic(value: GoValue): value is Basic {
  return value !== undefined && value !== null && !isComposite(value);
}

function isComposite(value: GoValue): value is GoSlice | GoMap | GoStruct {
  return value instanceof GoSlice || value instanceof GoMap || value instanceof GoStruct;
}

function incompatible(a: GoValue, b: GoValue): FunctionError {
  return new FunctionError(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
}

function isNil(value: GoValue): boolean {
  if (value instanceof GoSlice || value instanceof GoMap) return value.isNil;
  return value === undefined || value === null;
}

/** As Go's message has it: printed with `%s`, then the type. */
function describe(value: GoValue): string {
  return `${formatArgument(value, 's', noFlags)}: ${typeName(value)}`;
}

function scan(value: GoValue, budget: Budget): void {
  if (typeof value === 'string') budget.scan(value.length);
}

/** `a == b`; values that are no basic types only compare with nil. */
function equals(a: GoValue, b: GoValue): boolean {
  if (isBasic(a) && isBasic(b)) {
    if (typeof a !== typeof b) throw incompatible(a, b);
    return a === b;
  }
  const missing = a === undefined || a === null || b === undefined || b === null;
  if (isBasic(a) || isBasic(b)) {
    if (!missing) throw incompatible(a, b);
    return false;
  }
  if (!missing && a?.constructor !== b?.constructor) {
    throw new FunctionError(`non-comparable types ${describe(a)}, ${typeName(b)}: ${formatPlain(b)}`);
  }
  if (isNil(a) || isNil(b)) return isNil(a) === isNil(b);
  throw new FunctionError(`non-comparable type ${describe(b)}`);
}

/** True when the first value equals one of the others. */
export function equalsAny(first: GoValue, others: readonly GoValue[], budget: Budget): boolean {
  if (others.length === 0) throw new FunctionError('missing argument for comparison');
  for (const other of others) {
    scan(other, budget);
    if (equals(first, other)) return true;
  }
  return false;
}

/** `a < b` of two numbers of one type, or of two strings. */
export function isLess(a: GoValue, b: GoValue, budget: Budget): boolean {
  if (!isBasic(a) || !isBasic(b)) throw new FunctionError('invalid type for comparison');
  if (typeof a !== typeof b) throw incompatible(a, b);
  if (typeof a === 'boolean') throw new FunctionError('invalid type for comparison');
  scan(a, budget);
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b) < 0;
  return a < b;
}
