/** JSON as Go's encoding/json writes it: compact, `<`, `>` and `&` escaped, map keys sorted. */
import { formatFloat } from './format-float.ts';
import { GoMap, GoSlice, GoStruct, type GoValue } from './values.ts';

/** Quotes, HTML's characters, line separators, control characters, lone surrogates. */
const special = /["\\<>&\u2028\u2029]|[^ -\u{10ffff}]|\p{Cs}/gu;

const namedEscapes = new Map<string, string>([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function escapeCharacter(character: string): string {
  const named = namedEscapes.get(character);
  if (named !== undefined) return named;
  const unit = character.charCodeAt(0);
  return `\\u${(unit >= 0xd800 && unit <= 0xdfff ? 0xfffd : unit).toString(16).padStart(4, '0')}`;
}

function encodeString(text: string): string {
  return `"${text.replace(special, escapeCharacter)}"`;
}

function encodeNumber(value: number): string {
  const size = Math.abs(value);
  const form = size !== 0 && (size < 1e-6 || size >= 1e21) ? 'e' : 'f';
  return formatFloat(value, form).replace(/e-0(\d)$/, 'e-$1');
}

function isEmpty(value: GoValue): boolean {
  if (value instanceof GoSlice) return value.items.length === 0;
  if (value instanceof GoMap) return value.entries.size === 0;
  return !(value instanceof GoStruct) && !value;
}

function encodeObject(entries: readonly (readonly [string, GoValue])[]): string {
  return `{${entries.map(([key, value]) => `${encodeString(key)}:${encodeJson(value)}`).join(',')}}`;
}

/** The value as one line of JSON. */
export function encodeJson(value: GoValue): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return encodeString(value);
  if (typeof value === 'number') return encodeNumber(value);
  if (value instanceof GoSlice) {
    if (value.type.unwrapsSingle && value.items.length === 1) return encodeJson(value.items[0]);
    return value.isNil ? 'null' : `[${value.items.map(encodeJson).join(',')}]`;
  }
  if (value instanceof GoMap) {
    if (value.isNil) return 'null';
    return encodeObject(value.type.keepsOrder ? [...value.entries] : value.sortedEntries());
  }
  if (value instanceof GoStruct) {
    const fields = value.type.fields.map((field, i) => ({ ...field, value: value.values[i] }));
    const kept = fields.filter((field) => !(field.omitEmpty && isEmpty(field.value)));
    return encodeObject(kept.map((field) => [field.json ?? field.name, field.value]));
  }
  return String(value);
}
