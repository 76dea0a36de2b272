/** Filters for HTML, URLs and JSON. */
import type { Parameters } from '../call-args.ts';
import { Dict } from '../dict.ts';
import { TemplateFailure } from '../errors.ts';
import { isTrue, iterate, toList, tryIterate } from '../iterate.ts';
import { fromJson, toJson } from '../json.ts';
import { escapeHtml, escapeValue, stripTags } from '../markup.ts';
import { pairsOf } from '../methods/dict.ts';
import { asInt } from '../numbers.ts';
import type { Filter, Runtime } from '../runtime.ts';
import { toText } from '../text.ts';
import { typeName } from '../type-name.ts';
import { isString, Markup, textOf, Undefined, type Value } from '../values.ts';
import { define } from './define.ts';

/** transformers' override of jinja2's filter: the arguments of `json.dumps`, no escaping of HTML. */
function tojson(rt: Runtime, input: Value, p: Parameters): Value {
  const ensureAscii = isTrue(rt, p.get('ensure_ascii', false));
  const indent = p.get('indent', null);
  const separators = p.get('separators', null);
  const sortKeys = isTrue(rt, p.get('sort_keys', false));
  p.done();
  const [itemSeparator, keySeparator] =
    separators === null ? [indent === null ? ', ' : ',', ': '] : separatorTexts(rt, separators);
  return toJson(rt, input, {
    ensureAscii,
    indent: indentText(rt, indent),
    itemSeparator,
    keySeparator,
    sortKeys,
  });
}

function separatorTexts(rt: Runtime, separators: Value): [string, string] {
  const [item, key, ...rest] = toList(rt, separators);
  if (item === undefined || key === undefined || rest.length > 0 || !isString(item) || !isString(key))
    throw new TemplateFailure('separators must be two strings');
  return [textOf(item), textOf(key)];
}

function indentText(rt: Runtime, indent: Value): string | undefined {
  if (indent === null) return undefined;
  if (isString(indent)) return textOf(indent);
  const count = asInt(indent);
  if (count === undefined) throw new TemplateFailure(`indent must be int or str, not ${typeName(indent)}`);
  rt.chargeText(Math.max(0, Number(count)));
  return ' '.repeat(Math.max(0, Number(count)));
}

function urlQuote(text: string, forQuery: boolean): string {
  // What encodeURIComponent leaves alone but Python quotes, and the other way round.
  const quoted = encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, '\ufffd')).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return forQuery ? quoted.replaceAll('%20', '+') : quoted.replaceAll('%2F', '/');
}

function urlencode(rt: Runtime, input: Value, p: Parameters): Value {
  p.done();
  const quote = (value: Value, forQuery: boolean): string => {
    const text = toText(rt, value);
    rt.chargeText(text.length * 9);
    return urlQuote(text, forQuery);
  };
  if (isString(input) || tryIterate(rt, input) === undefined) return quote(input, false);
  const pairs = pairsOf(rt, input);
  return pairs.map(([key, value]) => `${quote(key, true)}=${quote(value, true)}`).join('&');
}

function xmlattr(rt: Runtime, input: Value, p: Parameters): Value {
  const withSpace = isTrue(rt, p.get('autospace', true));
  p.done();
  if (!(input instanceof Dict))
    throw new TemplateFailure(`'${typeName(input)}' object has no attribute 'items'`);
  let text = '';
  for (const key of iterate(rt, input)) {
    const value = input.get(key) ?? null;
    if (value === null || value instanceof Undefined) continue;
    if (!isString(key) || /[\s/>=]/.test(textOf(key)))
      throw new TemplateFailure('Invalid character in attribute name');
    text += `${text === '' ? '' : ' '}${escapeValue(rt, key).text}="${escapeValue(rt, value).text}"`;
    rt.checkLength(text.length);
  }
  return withSpace && text !== '' ? ` ${text}` : text;
}

function escaped(rt: Runtime, input: Value, p: Parameters): Value {
  p.done();
  return escapeValue(rt, input);
}

export const webFilters: readonly [string, Filter][] = [
  define('tojson', tojson),
  define('from_json', (rt, input, p) => {
    p.done();
    return fromJson(rt, toText(rt, input));
  }),
  define('escape', escaped),
  define('e', escaped),
  define('forceescape', (rt, input, p) => {
    p.done();
    return new Markup(escapeHtml(rt, toText(rt, input)));
  }),
  define('safe', (rt, input, p) => {
    p.done();
    return new Markup(toText(rt, input));
  }),
  define('striptags', (rt, input, p) => {
    p.done();
    const text = toText(rt, input);
    rt.chargeText(text.length);
    return stripTags(text);
  }),
  define('urlencode', urlencode),
  define('xmlattr', xmlattr),
];
