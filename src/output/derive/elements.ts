/** Calls whose arguments are elements named by their keys. */
import type { ElementsCallFormat } from '../../types/tool-call-format.ts';
import { probe } from './probe.ts';
import { beforeName, type Item, surroundings } from './surroundings.ts';

/** undefined = the calls are not written so. */
export function describeElements(text: string, positions: readonly number[]): ElementsCallFormat | undefined {
  const [key, nextKey, lastKey] = probe.keys;
  const position = positions[0] ?? 0;
  const [name] = probe.names;
  // `>` … `<key>value` … `</key>` … `<nextKey>`: the text before every tag is the same.
  const shape = new RegExp(
    `^${name}([^\\n<]*?>)\\s*(\\S*)<${key}>${probe.values[0]}\\s*(\\S*)</${key}>\\s*(\\S*)<${nextKey}>`,
  );
  const [found, afterName, beforeTag] = shape.exec(text.slice(position)) ?? [];
  if (found === undefined || afterName === undefined || beforeTag === undefined) return undefined;
  const lastTag = `</${lastKey}>`;
  const items: Item[] = positions.map((start) => ({
    start,
    end: text.indexOf(lastTag, start) + lastTag.length,
  }));
  const around = surroundings(text, items);
  if (around.close === '') return undefined;
  return { kind: 'elements', ...beforeName(around), afterName, beforeTag, callClose: around.close };
}
