/** Reads a call written as in Python: `name(key="value", flag=True)`. */
import type { Tool } from '../../types/message.ts';
import { EndFinder } from './end-finder.ts';
import { readPythonKeywords } from './python-value.ts';
import { type CallScanner, more, none } from './types.ts';
import { isDeclared } from './values.ts';

export function pythonScanner(tools: readonly Tool[]): CallScanner {
  let head: { readonly name: string; readonly open: number; readonly finder: EndFinder } | undefined;
  return (text) => {
    if (head === undefined) {
      const found = /^([A-Za-z_][\w.]*)\s*\(/.exec(text);
      if (found === null) return mayBeName(text, tools) ? more : none;
      const name = found[1] ?? '';
      // Prose has words before parentheses too.
      if (!isDeclared(tools, name)) return none;
      const open = found[0].length - 1;
      head = { name, open, finder: new EndFinder(open, ['"', "'"]) };
    }
    const end = head.finder.find(text);
    if (end < 0) return more;
    const args = readPythonKeywords(text.slice(head.open, end));
    return args === undefined ? none : { type: 'call', name: head.name, arguments: args, end };
  };
}

function mayBeName(text: string, tools: readonly Tool[]): boolean {
  return tools.some(({ function: { name } }) => {
    if (name.startsWith(text)) return true;
    return text.startsWith(name) && text.slice(name.length).trim() === '';
  });
}
