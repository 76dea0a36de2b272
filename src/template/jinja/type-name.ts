/** Python's names of the types, for error messages. */
import { Dict } from './dict.ts';
import {
  DictView,
  Float,
  Instance,
  Iter,
  Markup,
  NativeFunction,
  Range,
  Tuple,
  Undefined,
  type Value,
} from './values.ts';

/** As in `type(value).__name__`. */
export function typeName(value: Value): string {
  if (value === null) return 'NoneType';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'number':
    case 'bigint':
      return 'int';
    case 'string':
      return 'str';
  }
  if (Array.isArray(value)) return 'list';
  if (value instanceof Float) return 'float';
  if (value instanceof Markup) return 'Markup';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof Dict) return 'dict';
  if (value instanceof DictView) return `dict_${value.part}`;
  if (value instanceof Range) return 'range';
  if (value instanceof Iter) return value.typeName;
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof NativeFunction) return 'builtin_function_or_method';
  if (value instanceof Instance) return value.typeName;
  return value satisfies never;
}

/** How jinja2 names the owner of a missing attribute: `dict object`, `None`. */
export function ownerName(value: Value): string {
  return value === null ? 'None' : `${typeName(value)} object`;
}
