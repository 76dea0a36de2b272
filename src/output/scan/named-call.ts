/** Reads a call whose name stands before an object with the arguments. */
import type { NamedCallFormat } from '../../types/tool-call-format.ts';
import { Cursor } from './cursor.ts';
import { EndFinder } from './end-finder.ts';
import { readQuoted } from './quoted-object.ts';
import { type CallScanner, isName, isTooLongForName, more, none } from './types.ts';
import { parseObject } from './values.ts';

/** What stands between a name and its arguments is short: `:0<|tool_call_argument_begin|>`, `<|constrain|>json<|message|>`. */
const maxMarkerLength = 128;

export function namedScanner({ beforeName, quote }: NamedCallFormat): CallScanner {
  const cursor = new Cursor();
  let head: { readonly name: string; readonly brace: number; readonly finder: EndFinder } | undefined;
  return (text) => {
    if (head === undefined) {
      cursor.text = text;
      cursor.position = 0;
      const open = cursor.expect(beforeName);
      if (open !== 'found') return open === 'more' ? more : none;
      cursor.skipSpace();
      const name = /^[\w./-]*/.exec(text.slice(cursor.position))?.[0] ?? '';
      const afterName = cursor.position + name.length;
      if (afterName === text.length) return isTooLongForName(name.length) ? none : more;
      if (!isName(name)) return none;
      const brace = text.indexOf('{', afterName);
      if (brace < 0) return text.length - afterName > maxMarkerLength ? none : more;
      if (brace - afterName > maxMarkerLength) return none;
      head = { name, brace, finder: new EndFinder(brace, [quote ?? '"']) };
    }
    const end = head.finder.find(text);
    if (end < 0) return more;
    const inner = text.slice(head.brace, end);
    const args = quote === undefined ? parseObject(inner) : readQuoted(inner, quote);
    return args === undefined ? none : { type: 'call', name: head.name, arguments: args, end };
  };
}
