/** The caller's plain JavaScript values as template values: own properties only, no prototypes, no functions. */
import { Dict } from './dict.ts';
import { TemplateFailure } from './errors.ts';
import { Float, Undefined, type Value } from './values.ts';

const maxDepth = 200;

/** Copies `value`, so that nothing a template does reaches the caller's objects. */
export function fromJs(value: unknown, depth = 0): Value {
  if (depth > maxDepth) throw new TemplateFailure('the conversation is nested too deeply');
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return value;
    case 'number':
      return numberFromJs(value);
    case 'undefined':
      return new Undefined();
    case 'object':
      break;
    default:
      throw new TemplateFailure(`a ${typeof value} cannot be given to a template`);
  }
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((item) => fromJs(item, depth + 1));
  const dict = new Dict();
  for (const [key, item] of Object.entries(value))
    if (item !== undefined) dict.set(key, fromJs(item, depth + 1));
  return dict;
}

/** JSON does not tell 1 from 1.0; whole numbers are ints, as they nearly always were. */
function numberFromJs(value: number): Value {
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  // Beyond 2^53 an integer literal has lost digits already, but it was one as long as JavaScript prints it so.
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return BigInt(value);
  return new Float(value);
}
