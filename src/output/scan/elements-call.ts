/** Reads a call whose arguments are elements: `<city>Leeds</city><days><item>1</item><item>2</item></days>`. */
import type { JsonValue } from '../../types/json.ts';
import type { Tool } from '../../types/message.ts';
import type { ElementsCallFormat } from '../../types/tool-call-format.ts';
import { Cursor } from './cursor.ts';
import { type CallScanner, isName, more, none } from './types.ts';
import { isDeclaredText, readTagged } from './values.ts';

/** Deeper nesting than this is nothing that a model means. */
const maxDepth = 32;

/** Waits for the end of the call, then reads it at once: its arguments have no end mark of their own to wait for. */
export function elementsScanner(format: ElementsCallFormat, tools: readonly Tool[]): CallScanner {
  const cursor = new Cursor();
  let name: string | undefined;
  let searched = 0;
  return (text) => {
    cursor.text = text;
    if (name === undefined) {
      cursor.position = 0;
      const open = cursor.expect(format.beforeName);
      if (open !== 'found') return open === 'more' ? more : none;
      const found = cursor.until(format.afterName)?.trim();
      if (found === undefined) return more;
      if (!isName(found)) return none;
      name = found;
    }
    const body = cursor.until(format.callClose, Math.max(cursor.position, searched));
    if (body === undefined) {
      searched = text.length - format.callClose.length + 1;
      return more;
    }
    const entries = readElements(body, format.beforeTag, 0);
    if (entries === undefined) return none;
    const args = entries.map(([key, value]): [string, JsonValue] => [
      key,
      toJson(value, isDeclaredText(tools, name ?? '', key)),
    ]);
    return { type: 'call', name, arguments: Object.fromEntries(args), end: cursor.position };
  };
}

/** Children, or the text of an element that has none. */
type Content = string | readonly (readonly [key: string, content: Content])[];

/** undefined = the text is no row of elements. */
function readElements(
  text: string,
  beforeTag: string,
  depth: number,
): readonly (readonly [string, Content])[] | undefined {
  if (depth > maxDepth) return undefined;
  const elements: (readonly [string, Content])[] = [];
  let rest = text.trim();
  while (rest !== '') {
    if (!rest.startsWith(`${beforeTag}<`)) return undefined;
    const key = /^[^<>/\s][^<>]*(?=>)/.exec(rest.slice(beforeTag.length + 1))?.[0];
    if (key === undefined) return undefined;
    const start = beforeTag.length + key.length + 2;
    const close = `${beforeTag}</${key}>`;
    const end = endOf(rest, start, `${beforeTag}<${key}>`, close);
    if (end < 0) return undefined;
    const inner = rest.slice(start, end);
    elements.push([key, readElements(inner, beforeTag, depth + 1) ?? inner]);
    rest = rest.slice(end + close.length).trimStart();
  }
  // An empty text is an empty string, not a row of no elements.
  return elements.length === 0 && depth > 0 ? undefined : elements;
}

/** Where the element closes; elements of the same name may lie in it. */
function endOf(text: string, start: number, open: string, close: string): number {
  let depth = 1;
  let position = start;
  for (;;) {
    const nextClose = text.indexOf(close, position);
    if (nextClose < 0) return -1;
    const nextOpen = text.indexOf(open, position);
    const isOpen = nextOpen >= 0 && nextOpen < nextClose;
    depth += isOpen ? 1 : -1;
    if (depth === 0) return nextClose;
    position = isOpen ? nextOpen + open.length : nextClose + close.length;
  }
}

function toJson(content: Content, isText: boolean | undefined): JsonValue {
  if (typeof content === 'string') return readTagged(content, isText);
  if (content.every(([key]) => key === 'item')) return content.map(([, item]) => toJson(item, undefined));
  return Object.fromEntries(content.map(([key, child]) => [key, toJson(child, undefined)]));
}
