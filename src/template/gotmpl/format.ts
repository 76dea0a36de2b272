/** Prints values as Go's fmt does: one verb with its flags, for one argument. Floats in hexadecimal (`%x`) are left out. */
import { formatFloat } from './format-float.ts';
import { encodeJson } from './json.ts';
import { canBackquote, characterOf, codePointName, quoteCharacter, quoteString } from './quote.ts';
import { GoMap, GoSlice, GoStruct, type GoValue, typeName } from './values.ts';

/** What stands between `%` and the verb. */
export interface Flags {
  readonly plus: boolean;
  readonly minus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  /** In characters. */
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

export const noFlags: Flags = {
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  width: undefined,
  precision: undefined,
};

/** `%v` without flags, which is how a template prints. */
export function formatPlain(value: GoValue): string {
  return typeof value === 'string' ? value : formatArgument(value, 'v', noFlags);
}

/** One argument of a print function under a verb. A verb that does not fit gives Go's `%!verb(type=value)`. */
export function formatArgument(value: GoValue, verb: string, flags: Flags): string {
  if (value === undefined || value === null) {
    if (verb === 'T' || verb === 'v') return pad('<nil>', flags);
    return `%!${verb}(<nil>)`;
  }
  if (verb === 'T') return pad(typeName(value), flags);
  return formatValue(value, verb, flags);
}

function formatValue(value: GoValue, verb: string, flags: Flags): string {
  const goSyntax = verb === 'v' && flags.sharp;
  if (value === undefined || value === null) return goSyntax ? 'interface {}(nil)' : '<nil>';
  if (!goSyntax && 'vsxXq'.includes(verb)) {
    const text = ownText(value);
    if (text !== undefined) return formatString(text, verb, flags);
  }
  switch (typeof value) {
    case 'boolean':
      return verb === 't' || verb === 'v' ? pad(String(value), flags) : badVerb(value, verb, flags);
    case 'bigint':
      return formatInteger(value, verb, flags);
    case 'number':
      return formatNumber(value, verb, flags);
    case 'string':
      return formatString(value, verb, flags);
    default:
      return formatComposite(value, verb, flags);
  }
}

/** What a type's String method would give; only our own types have one. */
function ownText(value: GoValue): string | undefined {
  if (!(value instanceof GoSlice || value instanceof GoMap || value instanceof GoStruct)) return undefined;
  if (value.type.printsAsJson) return value instanceof GoMap && value.isNil ? '{}' : encodeJson(value);
  if (value instanceof GoSlice && value.type.unwrapsSingle && value.items.length <= 1) {
    return formatPlain(value.items[0] ?? '');
  }
  return undefined;
}

function formatComposite(value: GoSlice | GoMap | GoStruct, verb: string, flags: Flags): string {
  const goSyntax = verb === 'v' && flags.sharp;
  const separator = goSyntax ? ', ' : ' ';
  const inner = (item: GoValue): string => formatValue(item, verb, flags);
  if (goSyntax && !(value instanceof GoStruct) && value.isNil) return `${value.type.name}(nil)`;
  if (value instanceof GoSlice) {
    const items = value.items.map(inner).join(separator);
    return goSyntax ? `${value.type.name}{${items}}` : `[${items}]`;
  }
  if (value instanceof GoMap) {
    const entries = value.sortedEntries().map(([key, item]) => `${inner(key)}:${inner(item)}`);
    return goSyntax ? `${value.type.name}{${entries.join(', ')}}` : `map[${entries.join(' ')}]`;
  }
  const named = goSyntax || (verb === 'v' && flags.plus);
  const fields = value.type.fields.map(({ name }, i) => (named ? `${name}:` : '') + inner(value.values[i]));
  return `${goSyntax ? value.type.name : ''}{${fields.join(separator)}}`;
}

function formatString(text: string, verb: string, flags: Flags): string {
  switch (verb) {
    case 'v':
      return pad(flags.sharp ? quote(text, { ...flags, sharp: false }) : truncate(text, flags), flags);
    case 's':
      return pad(truncate(text, flags), flags);
    case 'q':
      return pad(quote(truncate(text, flags), flags), flags);
    case 'x':
    case 'X':
      return pad(hexBytes(text, verb, flags), flags);
    default:
      return badVerb(text, verb, flags);
  }
}

function quote(text: string, flags: Flags): string {
  return flags.sharp && canBackquote(text) ? `\`${text}\`` : quoteString(text, flags.plus);
}

function hexBytes(text: string, verb: string, flags: Flags): string {
  const bytes = Buffer.from(text).subarray(0, flags.precision);
  const prefix = flags.sharp && bytes.length > 0 ? '0x' : '';
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
  const hex = flags.space ? digits.map((pair) => prefix + pair).join(' ') : prefix + digits.join('');
  return verb === 'X' ? hex.toUpperCase() : hex;
}

const radixes = new Map<string, number>([
  ['d', 10],
  ['v', 10],
  ['b', 2],
  ['o', 8],
  ['O', 8],
  ['x', 16],
  ['X', 16],
]);

function formatInteger(value: bigint, verb: string, flags: Flags): string {
  const radix = radixes.get(verb);
  if (radix !== undefined) return formatInRadix(value, radix, verb, flags);
  const codePoint = value > 0x10ffffn || value < 0n ? 0xfffd : Number(value);
  switch (verb) {
    case 'c':
      return pad(characterOf(codePoint), flags);
    case 'q':
      return pad(quoteCharacter(codePoint, flags.plus), flags);
    case 'U': {
      const name = `U+${BigInt.asUintN(64, value)
        .toString(16)
        .toUpperCase()
        .padStart(flags.precision ?? 4, '0')}`;
      return pad(
        flags.sharp && value >= 0n && value <= 0x10ffffn ? codePointName(characterOf(codePoint)) : name,
        flags,
      );
    }
    default:
      return badVerb(value, verb, flags);
  }
}

const radixPrefixes = new Map<string, string>([
  ['b', '0b'],
  ['o', '0'],
  ['x', '0x'],
  ['X', '0X'],
]);

function formatInRadix(value: bigint, radix: number, verb: string, flags: Flags): string {
  const negative = value < 0n;
  const sign = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  let digits = (negative ? -value : value).toString(radix);
  if (verb === 'X') digits = digits.toUpperCase();
  if (flags.precision !== undefined) {
    if (flags.precision === 0 && value === 0n) return pad('', { ...flags, zero: false });
    digits = digits.padStart(flags.precision, '0');
  } else if (flags.zero && !flags.minus && flags.width !== undefined) {
    digits = digits.padStart(flags.width - sign.length, '0');
  }
  let prefix = verb === 'O' ? '0o' : '';
  if (flags.sharp && !(verb === 'o' && digits.startsWith('0'))) prefix = radixPrefixes.get(verb) ?? prefix;
  return pad(sign + prefix + digits, { ...flags, zero: false });
}

function formatNumber(value: number, verb: string, flags: Flags): string {
  if (!'veEfFgG'.includes(verb)) return badVerb(value, verb, flags);
  const lower = verb.toLowerCase();
  const form = lower === 'e' || lower === 'f' ? lower : 'g';
  const digits = formatFloat(value, form, flags.precision ?? (form === 'g' ? undefined : 6));
  const negative = digits.startsWith('-');
  const sign = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  let body = negative ? digits.slice(1) : digits;
  if (verb === 'E' || verb === 'G') body = body.toUpperCase();
  if (flags.zero && flags.width !== undefined) body = body.padStart(flags.width - sign.length, '0');
  return pad(sign + body, flags);
}

/** Width and precision apply to the value inside the complaint, too. */
function badVerb(value: GoValue, verb: string, flags: Flags): string {
  return `%!${verb}(${typeName(value)}=${formatValue(value, 'v', { ...flags, sharp: false })})`;
}

function truncate(text: string, flags: Flags): string {
  if (flags.precision === undefined) return text;
  return text.length <= flags.precision ? text : [...text].slice(0, flags.precision).join('');
}

/** Fills up to the width, with zeros on the left when the flag asks for it. */
function pad(text: string, flags: Flags): string {
  if (flags.width === undefined) return text;
  const missing = flags.width - [...text].length;
  if (missing <= 0) return text;
  if (flags.minus) return text + ' '.repeat(missing);
  return (flags.zero ? '0' : ' ').repeat(missing) + text;
}
