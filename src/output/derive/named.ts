/** Calls whose name stands before an object with the arguments: JSON, or with bare keys and quotes of its own. */
import type { NamedCallFormat } from '../../types/tool-call-format.ts';
import { EndFinder } from '../scan/end-finder.ts';
import { readQuoted } from '../scan/quoted-object.ts';
import { parseObject } from '../scan/values.ts';
import { probe } from './probe.ts';
import { beforeName, type Item, surroundings } from './surroundings.ts';

/** undefined = the calls are not written so. */
export function describeNamed(text: string, positions: readonly number[]): NamedCallFormat | undefined {
  const items: Item[] = [];
  const quote = quoteOf(text.slice(positions[0]));
  for (const [index, position] of positions.entries()) {
    const brace = text.indexOf('{', position);
    if (brace < 0 || brace > (positions[index + 1] ?? text.length)) return undefined;
    const end = new EndFinder(brace, [quote ?? '"']).find(text);
    if (end < 0) return undefined;
    const inner = text.slice(brace, end);
    const args = quote === undefined ? parseObject(inner) : readQuoted(inner, quote);
    if (args?.[probe.keys[0]] !== probe.values[0]) return undefined;
    items.push({ start: position, end });
  }
  const around = beforeName(surroundings(text, items));
  if (around.beforeName === '') return undefined;
  return { kind: 'named', ...around, ...(quote === undefined ? {} : { quote }) };
}

/** `{key:<|"|>text<|"|>` → `<|"|>`; undefined where keys are in quotes. */
function quoteOf(call: string): string | undefined {
  const [key] = probe.keys;
  const [value] = probe.values;
  const found = new RegExp(`[{,]\\s*${key}\\s*:\\s*(\\S{2,16}?)${value}(\\S{2,16}?)\\s*,`).exec(call);
  return found !== null && found[1] === found[2] ? found[1] : undefined;
}
