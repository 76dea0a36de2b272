/** `'{} {name.attribute[0]!r:>8}'.format(…)`: replacement fields, with attributes read through the sandbox. */
import { Dict } from '../dict.ts';
import { TemplateFailure } from '../errors.ts';
import { escapeValue } from '../markup.ts';
import type { Runtime } from '../runtime.ts';
import { toRepr, toText } from '../text.ts';
import { type CallArguments, Markup, textOf, type Value } from '../values.ts';
import { formatValue } from './spec.ts';

/** `template.format(*args, **kwargs)`. */
export function formatString(rt: Runtime, template: string | Markup, args: CallArguments): Value {
  const source = textOf(template);
  rt.chargeChars(source.length);
  const text = new Formatter(rt, args, template instanceof Markup).format(source, 0);
  return template instanceof Markup ? new Markup(text) : text;
}

/** `template.format_map(mapping)`. */
export function formatMap(rt: Runtime, template: string | Markup, mapping: Value): Value {
  if (!(mapping instanceof Dict)) throw new TemplateFailure('format_map() wants a mapping');
  const keyword = new Map<string, Value>();
  for (const { key, value } of mapping.entries()) if (typeof key === 'string') keyword.set(key, value);
  return formatString(rt, template, { positional: [], keyword });
}

class Formatter {
  readonly #rt: Runtime;
  readonly #args: CallArguments;
  readonly #isSafe: boolean;
  #nextIndex = 0;
  /** Fields are either all numbered or none is. */
  #isNumbered = false;

  constructor(rt: Runtime, args: CallArguments, isSafe: boolean) {
    this.#rt = rt;
    this.#args = args;
    this.#isSafe = isSafe;
  }

  format(source: string, depth: number): string {
    // Fields may stand in the specification of a field, no deeper.
    if (depth > 2) throw new TemplateFailure('Max string recursion exceeded');
    let text = '';
    let position = 0;
    while (position < source.length) {
      const brace = source.slice(position).search(/[{}]/);
      if (brace < 0) break;
      const at = position + brace;
      text += source.slice(position, at);
      if (source[at + 1] === source[at]) {
        text += source[at];
        position = at + 2;
      } else if (source[at] === '}') {
        throw new TemplateFailure("Single '}' encountered in format string");
      } else {
        const end = this.#fieldEnd(source, at + 1);
        text += this.#field(source.slice(at + 1, end), depth);
        position = end + 1;
      }
      this.#rt.chargeText(text.length);
    }
    return text + source.slice(position);
  }

  #fieldEnd(source: string, start: number): number {
    let open = 1;
    for (let i = start; i < source.length; i++) {
      if (source[i] === '{') open++;
      else if (source[i] === '}' && --open === 0) return i;
    }
    throw new TemplateFailure(
      start === source.length
        ? "Single '{' encountered in format string"
        : "expected '}' before end of string",
    );
  }

  #field(field: string, depth: number): string {
    const [, name = '', conversion, spec = ''] =
      /^([^!:[]*(?:\[[^\]]*\][^!:[]*)*)(?:!([^:]*))?(?::([\s\S]*))?$/.exec(field) ?? failField();
    const value = this.#value(name);
    const format = this.format(spec, depth + 1);
    if (conversion === undefined && this.#isSafe) {
      if (value instanceof Markup && format === '') return value.text;
      return escapeValue(this.#rt, formatValue(this.#rt, value, format)).text;
    }
    if (conversion === undefined) return formatValue(this.#rt, value, format);
    const converted =
      conversion === 's' ? toText(this.#rt, value) : conversion === 'r' ? toRepr(this.#rt, value) : undefined;
    if (converted === undefined) throw new TemplateFailure(`Unknown conversion specifier '${conversion}'`);
    const text = formatValue(this.#rt, converted, format);
    return this.#isSafe ? escapeValue(this.#rt, text).text : text;
  }

  #value(name: string): Value {
    const first = /^[^.[]*/.exec(name)?.[0] ?? '';
    let value = this.#argument(first, name === '');
    let rest = name.slice(first.length);
    while (rest !== '') {
      const part = /^(?:\.([^.[]+)|\[([^\]]+)\])/.exec(rest) ?? failField();
      const [whole, attribute, key] = part;
      value =
        attribute === undefined
          ? this.#rt.library.getItem(
              this.#rt,
              value,
              /^\d{1,15}$/.test(key ?? '') ? Number(key) : (key ?? ''),
            )
          : this.#rt.library.getAttribute(this.#rt, value, attribute);
      rest = rest.slice(whole.length);
    }
    return value;
  }

  /** `isAutomatic`: the field is empty; one that only lacks its first part is looked up by the empty name. */
  #argument(name: string, isAutomatic: boolean): Value {
    if (!isAutomatic && !/^\d+$/.test(name)) {
      const value = this.#args.keyword.get(name);
      if (value === undefined) throw new TemplateFailure(`KeyError: '${name}'`);
      return value;
    }
    this.#isNumbered ||= !isAutomatic;
    if (this.#isNumbered && (isAutomatic || this.#nextIndex > 0))
      throw new TemplateFailure('cannot mix automatic and manual field numbering');
    const value = this.#args.positional[isAutomatic ? this.#nextIndex++ : Number(name)];
    if (value === undefined)
      throw new TemplateFailure('Replacement index out of range for positional args tuple');
    return value;
  }
}

function failField(): never {
  throw new TemplateFailure('invalid replacement field in format string');
}
