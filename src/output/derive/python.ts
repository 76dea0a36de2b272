/** Calls as in Python. */
import type { PythonCallFormat } from '../../types/tool-call-format.ts';
import { EndFinder } from '../scan/end-finder.ts';
import { probe } from './probe.ts';
import { type Item, surroundings, withList } from './surroundings.ts';

/** undefined = the calls are not written so. */
export function describePython(text: string, positions: readonly number[]): PythonCallFormat | undefined {
  const items: Item[] = [];
  for (const [index, position] of positions.entries()) {
    const open = position + (probe.names[index] ?? '').length;
    if (!new RegExp(`^\\(\\s*${probe.keys[0]}\\s*=`).test(text.slice(open, open + 64))) return undefined;
    const end = new EndFinder(open, ['"', "'"]).find(text);
    if (end < 0) return undefined;
    items.push({ start: position, end });
  }
  const { open, blockOpen, fillers } = surroundings(text, items);
  return {
    kind: 'python',
    blockOpen: (open === '' ? blockOpen : open).replace(/\s*\[$/, ''),
    fillers: withList(fillers),
  };
}
