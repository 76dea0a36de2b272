/** Reads a call whose name and arguments stand between tags. */
import type { JsonValue } from '../../types/json.ts';
import type { Tool } from '../../types/message.ts';
import type { TaggedCallFormat } from '../../types/tool-call-format.ts';
import { Cursor, type Found } from './cursor.ts';
import { type CallScanner, isName, isTooLongForName, more, none } from './types.ts';
import { isDeclaredText, readTagged } from './values.ts';

export function taggedScanner(format: TaggedCallFormat, tools: readonly Tool[]): CallScanner {
  const cursor = new Cursor();
  const closes = closesOf(format);
  const entries: [string, JsonValue][] = [];
  let name: string | undefined;
  /** The argument whose value is being read. */
  let open: { readonly key: string; readonly isText: boolean | undefined; from: number } | undefined;

  /** Leaves the cursor behind the name, or where it was. */
  const readName = (): Found => {
    cursor.position = 0;
    const found = cursor.expect(format.beforeName);
    if (found !== 'found') return found;
    const start = cursor.position;
    const text = takeName(format, cursor);
    const isCounted =
      format.countEnd === undefined || (text !== undefined && cursor.until(format.countEnd) !== undefined);
    if (text === undefined || !isCounted)
      return isTooLongForName(cursor.text.length - start) ? 'none' : 'more';
    name = text;
    return isName(text) ? 'found' : 'none';
  };

  /** Moves behind the key, and behind the type where one is written. */
  const readKey = (): boolean => {
    const start = cursor.position;
    const key = cursor.until(format.afterKey)?.trim();
    const mark = key === undefined || format.typeMark === undefined ? '' : cursor.until(format.typeMark.end);
    if (key === undefined || mark === undefined) {
      cursor.position = start;
      return false;
    }
    const isText =
      format.typeMark === undefined
        ? isDeclaredText(tools, name ?? '', key)
        : mark === format.typeMark.string;
    open = { key, isText, from: cursor.position };
    return true;
  };

  /** A value may hold the text that ends values: the one that another argument or the end of the call follows counts. */
  const readValue = (argument: NonNullable<typeof open>): boolean => {
    for (;;) {
      const start = cursor.position;
      const value = cursor.until(format.afterValue, argument.from);
      if (value === undefined) {
        argument.from = Math.max(argument.from, cursor.text.length - format.afterValue.length + 1);
        return false;
      }
      const end = cursor.position;
      const next = cursor.expectOneOf([format.beforeKey, ...closes]);
      cursor.position = end;
      if (next === 'found') {
        entries.push([argument.key, readTagged(value, argument.isText)]);
        return true;
      }
      cursor.position = start;
      if (next === 'more') return false;
      argument.from = end;
    }
  };

  return (text, isEnd) => {
    cursor.text = text;
    if (name === undefined) {
      const found = readName();
      if (found !== 'found') return found === 'more' ? more : none;
    }
    for (;;) {
      if (open !== undefined) {
        if (!readValue(open)) return more;
        open = undefined;
      }
      const start = cursor.position;
      const next = cursor.expect(format.beforeKey);
      if (next === 'found') {
        if (readKey()) continue; // the type or the rest of the key has yet to come otherwise
        cursor.position = start;
        return more;
      }
      // Only a call that has no end of its own may end with the text; any other has been cut off.
      const isOver = isEnd && format.callClose === '' && cursor.isAtEnd;
      if (next === 'more' && !isOver) return more;
      const close = cursor.expectOneOf(closes);
      if (close === 'found') {
        return {
          type: 'call',
          name: name ?? '',
          arguments: Object.fromEntries(entries),
          end: cursor.position,
        };
      }
      return close === 'more' ? more : none;
    }
  };
}

/** The name ends at `afterName`, or at the first argument where nothing else marks its end. */
function takeName(format: TaggedCallFormat, cursor: Cursor): string | undefined {
  if (format.afterName !== '') return cursor.until(format.afterName)?.trim();
  const start = cursor.position;
  const ends = [format.beforeKey, format.callClose]
    .filter((literal) => literal !== '')
    .map((literal) => cursor.text.indexOf(literal, start))
    .filter((index) => index >= 0);
  if (ends.length === 0) return undefined;
  cursor.position = Math.min(...ends);
  return cursor.text.slice(start, cursor.position).trim();
}

/** What ends a call. Models leave its own end out before the end of the block. */
function closesOf({ callClose, fillers }: TaggedCallFormat): readonly string[] {
  return [callClose, ...fillers.filter((filler) => filler.length > 1)];
}
