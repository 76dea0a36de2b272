/** `str()` and `repr()`: how values are printed. */
import { Dict } from './dict.ts';
import { TemplateFailure } from './errors.ts';
import { floatText } from './numbers.ts';
import { maxDataDepth, type Runtime } from './runtime.ts';
import {
  DictView,
  Float,
  type Instance,
  Iter,
  Markup,
  NativeFunction,
  Range,
  Tuple,
  Undefined,
  type Value,
} from './values.ts';

/** `str(value)`. */
export function toText(rt: Runtime, value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof Markup) return value.text;
  if (value instanceof Undefined) return '';
  return toRepr(rt, value);
}

/** `repr(value)`. */
export function toRepr(rt: Runtime, value: Value): string {
  const text = repr(rt, value, 0);
  rt.chargeText(text.length);
  return text;
}

function repr(rt: Runtime, value: Value, depth: number): string {
  if (depth > maxDataDepth) throw new TemplateFailure('the value is nested too deeply to be printed');
  if (value === null) return 'None';
  switch (typeof value) {
    case 'boolean':
      return value ? 'True' : 'False';
    case 'number':
    case 'bigint':
      return String(value);
    case 'string':
      rt.chargeText(value.length);
      return stringRepr(value);
  }
  rt.step();
  const items = (list: Iterable<Value>): string => join(rt, list, (item) => repr(rt, item, depth + 1));
  if (Array.isArray(value)) return `[${items(value)}]`;
  if (value instanceof Float) return floatText(value.value);
  if (value instanceof Markup) return `Markup(${stringRepr(value.text)})`;
  if (value instanceof Tuple)
    return value.items.length === 1 ? `(${items(value.items)},)` : `(${items(value.items)})`;
  if (value instanceof Dict) {
    const pairs = join(
      rt,
      value.entries(),
      (e) => `${repr(rt, e.key, depth + 1)}: ${repr(rt, e.value, depth + 1)}`,
    );
    return `{${pairs}}`;
  }
  if (value instanceof DictView) return `dict_${value.part}([${items(viewItems(value))}])`;
  if (value instanceof Range) {
    const step = value.step === 1 ? '' : `, ${value.step}`;
    return `range(${value.start}, ${value.stop}${step})`;
  }
  if (value instanceof Iter) return `<${value.typeName} object>`;
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof NativeFunction) return `<built-in function ${value.name}>`;
  return (value satisfies Instance).repr(rt);
}

/** Stops as soon as the text is too long: the same list may stand in itself a million times over. */
function join<T>(rt: Runtime, items: Iterable<T>, print: (item: T) => string): string {
  let text = '';
  for (const item of items) {
    if (text !== '') text += ', ';
    text += print(item);
    rt.checkLength(text.length);
    rt.step();
  }
  return text;
}

function* viewItems(view: DictView): Generator<Value> {
  for (const { key, value } of view.dict.entries())
    yield view.part === 'keys' ? key : view.part === 'values' ? value : new Tuple([key, value]);
}

const namedEscapes: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\\': '\\\\',
};
/** Python prints separators, controls, unassigned characters and lone surrogates as escapes. */
const unprintable = /[\\\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

/** `repr` of a string: single quotes unless only they would need escaping. */
export function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(unprintable, (char) => {
    const named = namedEscapes[char];
    if (named !== undefined) return named;
    const point = char.codePointAt(0)!;
    if (point <= 0xff) return `\\x${point.toString(16).padStart(2, '0')}`;
    if (point <= 0xffff) return `\\u${point.toString(16).padStart(4, '0')}`;
    return `\\U${point.toString(16).padStart(8, '0')}`;
  });
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
}
