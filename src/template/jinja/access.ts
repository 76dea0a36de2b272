/** Attributes, items and slices, through the sandbox: methods by explicit tables, never JavaScript properties. */
import { Dict } from './dict.ts';
import { TemplateFailure } from './errors.ts';
import { dictMethod } from './methods/dict.ts';
import { listMethod, tupleMethod } from './methods/list.ts';
import { stringMethod } from './methods/string.ts';
import { asInt, toCount } from './numbers.ts';
import type { Runtime } from './runtime.ts';
import { toRepr } from './text.ts';
import { ownerName, typeName } from './type-name.ts';
import { pointLength, toPoints } from './unicode.ts';
import {
  Instance,
  isString,
  Markup,
  NativeFunction,
  Range,
  Tuple,
  textOf,
  Undefined,
  type Value,
} from './values.ts';

/** `object.name`: attributes first, then items, as jinja2 does. */
export function getAttribute(rt: Runtime, object: Value, name: string): Value {
  const attribute = attributeOf(rt, object, name);
  if (attribute !== undefined) return attribute;
  const item = itemOf(rt, object, name);
  return item === undefined ? missing(rt, object, name) : item;
}

/** `object[key]`: items first, then attributes. */
export function getItem(rt: Runtime, object: Value, key: Value): Value {
  const item = itemOf(rt, object, key);
  if (item !== undefined) return item;
  const attribute = isString(key) ? attributeOf(rt, object, textOf(key)) : undefined;
  return attribute === undefined ? missing(rt, object, key) : attribute;
}

function missing(rt: Runtime, object: Value, key: Value): Undefined {
  const name = isString(key) ? textOf(key) : undefined;
  const hint =
    name === undefined
      ? `${ownerName(object)} has no element ${toRepr(rt, key)}`
      : `'${ownerName(object)}' has no attribute '${name}'`;
  return new Undefined(name === undefined ? { hint } : { hint, name });
}

/** Attributes that every Python object has: reading one is harmless, working with it is refused. */
const unsafeName =
  /^__(?:class|dict|doc|init|new|module|subclasshook|reduce|reduce_ex|str|repr|hash|eq|ne|lt|le|gt|ge|getattribute|setattr|delattr|dir|format|sizeof|init_subclass)__$/;

/** undefined = the object has no such attribute. */
function attributeOf(rt: Runtime, object: Value, name: string): Value | undefined {
  if (object instanceof Undefined) {
    // Asking an undefined value for anything is the error that templates most often make.
    if (name.startsWith('__') && name.endsWith('__')) return undefined;
    rt.failUndefined(object);
  }
  if (object instanceof Instance) return object.attribute(rt, name);
  if (name.startsWith('_'))
    return unsafeName.test(name)
      ? new Undefined({
          hint: `access to attribute '${name}' of '${typeName(object)}' object is unsafe.`,
          name,
        })
      : undefined;
  if (object instanceof Tuple && object.names.includes(name)) return object.items[object.names.indexOf(name)];
  const method = isString(object)
    ? stringMethod(object, name)
    : object instanceof Dict
      ? dictMethod(object, name)
      : Array.isArray(object)
        ? listMethod(object, name)
        : object instanceof Tuple
          ? tupleMethod(object, name)
          : undefined;
  return method === undefined ? undefined : new NativeFunction(name, method);
}

/** undefined where Python raises TypeError, IndexError or KeyError. */
function itemOf(rt: Runtime, object: Value, key: Value): Value | undefined {
  if (object instanceof Undefined) rt.failUndefined(object);
  if (object instanceof Dict) {
    // An unhashable key is a TypeError, which reads as a missing item.
    return Array.isArray(key) || key instanceof Dict ? undefined : object.get(key);
  }
  const int = asInt(key);
  if (int === undefined) return undefined;
  const index = Number(int);
  if (isString(object)) return characterAt(rt, object, index);
  const items = Array.isArray(object) ? object : object instanceof Tuple ? object.items : undefined;
  if (items !== undefined) return items[index < 0 ? index + items.length : index];
  if (!(object instanceof Range)) return undefined;
  const position = index < 0 ? index + object.length : index;
  return position >= 0 && position < object.length ? object.start + position * object.step : undefined;
}

function characterAt(rt: Runtime, object: string | Markup, index: number): Value | undefined {
  const text = textOf(object);
  rt.chargeChars(text.length);
  const points = toPoints(text);
  const char = points[index < 0 ? index + points.length : index];
  return char !== undefined && object instanceof Markup ? new Markup(char) : char;
}

/** `object[start:stop:step]`; undefined = left out. */
export function getSlice(
  rt: Runtime,
  object: Value,
  start: Value | undefined,
  stop: Value | undefined,
  step: Value | undefined,
): Value {
  if (object instanceof Undefined) rt.failUndefined(object);
  if (isString(object)) {
    const text = textOf(object);
    rt.chargeChars(text.length);
    const indices = sliceIndices(pointLength(text), start, stop, step);
    const sliced = sliceText(text, indices);
    return object instanceof Markup ? new Markup(sliced) : sliced;
  }
  if (object instanceof Range) {
    const { first, end, stride } = sliceIndices(object.length, start, stop, step);
    const at = (index: number): number => object.start + index * object.step;
    return new Range(at(first), at(end), object.step * stride);
  }
  const items = sequenceItems(object);
  const { first, count, stride } = sliceIndices(items.length, start, stop, step);
  rt.chargeItems(count);
  const sliced: Value[] = [];
  for (let i = 0; i < count; i++) sliced.push(items[first + i * stride]!);
  return Array.isArray(object) ? sliced : new Tuple(sliced);
}

function sequenceItems(object: Value): readonly Value[] {
  if (Array.isArray(object)) return object;
  if (object instanceof Tuple) return object.items;
  if (object instanceof Dict) throw new TemplateFailure("unhashable type: 'slice'");
  throw new TemplateFailure(`'${typeName(object)}' object is not subscriptable`);
}

interface Indices {
  readonly first: number;
  readonly end: number;
  readonly count: number;
  readonly stride: number;
}

function sliceText(text: string, { first, count, stride }: Indices): string {
  const points = toPoints(text);
  if (stride === 1)
    return typeof points === 'string'
      ? points.slice(first, first + count)
      : points.slice(first, first + count).join('');
  const chars: string[] = [];
  for (let i = 0; i < count; i++) chars.push(points[first + i * stride]!);
  return chars.join('');
}

function sliceIndices(
  length: number,
  start: Value | undefined,
  stop: Value | undefined,
  step: Value | undefined,
): Indices {
  const stride = sliceIndex(step) ?? 1;
  if (stride === 0) throw new TemplateFailure('slice step cannot be zero');
  const low = stride > 0 ? 0 : -1;
  const high = stride > 0 ? length : length - 1;
  const clamp = (index: number | undefined, fallback: number): number => {
    if (index === undefined) return fallback;
    return Math.max(low, Math.min(high, index < 0 ? index + length : index));
  };
  const first = clamp(sliceIndex(start), stride > 0 ? low : high);
  const end = clamp(sliceIndex(stop), stride > 0 ? high : low);
  return { first, end, count: Math.max(0, Math.ceil((end - first) / stride)), stride };
}

function sliceIndex(value: Value | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (value instanceof Undefined) throw new TemplateFailure(value.message);
  if (asInt(value) === undefined)
    throw new TemplateFailure('slice indices must be integers or None or have an __index__ method');
  return toCount(value);
}
