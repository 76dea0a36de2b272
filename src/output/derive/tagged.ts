/** Calls whose name and arguments stand between tags. */
import type { TaggedCallFormat } from '../../types/tool-call-format.ts';
import { probe } from './probe.ts';
import { beforeName, type Item, surroundings, withList } from './surroundings.ts';
import { commonEnd, commonLength, cutEnd, tagsOf } from './tags.ts';

/** undefined = the calls are not written so. */
export function describeTagged(text: string, positions: readonly number[]): TaggedCallFormat | undefined {
  const calls = positions.map((position, index) => gapsOf(text, position, probe.names[index] ?? ''));
  const [first, second] = calls;
  if (first === undefined || calls.includes(undefined)) return undefined;

  const beforeKeyRaw = commonEnd(first.beforeKeys[0], first.beforeKeys[1]);
  const beforeKey = beforeKeyRaw.trim();
  const afterValue = cutEnd(first.beforeKeys[1], beforeKeyRaw).trim();
  const afterKey = splitMark(first.afterKeys[0], first.afterKeys[2]);
  if (beforeKey === '' || afterKey.before === '' || afterValue === '') return undefined;
  const [afterName, otherAfterName] = [first, second ?? first].map((gaps) =>
    cutEnd(gaps.beforeKeys[0], beforeKeyRaw),
  );
  const name = splitMark(afterName ?? '', otherAfterName ?? '');

  const items: Item[] = positions.map((start, index) => {
    const lastValue = calls[index]?.end ?? start;
    const end = text.indexOf(afterValue, lastValue) + afterValue.length;
    return { start, end: Math.min(end, positions[index + 1] ?? text.length) };
  });
  const around = surroundings(text, items);
  const [callClose = '', ...closes] = tagsOf(around.close);
  const { fillers, ...open } = beforeName(around);
  return {
    kind: 'tagged',
    ...open,
    afterName: name.before,
    ...(name.mark === undefined ? {} : { countEnd: name.after }),
    beforeKey,
    afterKey: afterKey.before,
    ...(afterKey.mark === undefined
      ? {}
      : { typeMark: { string: afterKey.mark, other: afterKey.otherMark ?? '', end: afterKey.after } }),
    afterValue,
    callClose,
    fillers: withList([...closes, ...fillers.filter((filler) => filler !== around.close)]),
  };
}

interface Gaps {
  /** Before each key, from the name or from the value before it. */
  readonly beforeKeys: readonly [string, string, string];
  /** Between each key and its value. */
  readonly afterKeys: readonly [string, string, string];
  /** Index after the last value. */
  readonly end: number;
}

/** What stands between the words of a call; undefined when they do not come one after the other. */
function gapsOf(text: string, position: number, name: string): Gaps | undefined {
  let end = position + name.length;
  const take = (word: string): string | undefined => {
    const start = text.indexOf(word, end);
    if (start < 0) return undefined;
    const gap = text.slice(end, start);
    end = start + word.length;
    return gap;
  };
  const gaps = probe.keys.flatMap((key, index) => [take(key), take(`${probe.values[index]}`)]);
  const [key0, value0, key1, value1, key2, value2] = gaps;
  if (key0 === undefined || key1 === undefined || key2 === undefined) return undefined;
  if (value0 === undefined || value1 === undefined || value2 === undefined) return undefined;
  return { beforeKeys: [key0, key1, key2], afterKeys: [value0, value1, value2], end };
}

interface Split {
  readonly before: string;
  /** The word of the first text that the second has another for; undefined = the texts are the same. */
  readonly mark?: string;
  /** The other. */
  readonly otherMark?: string;
  readonly after: string;
}

/** `" string="true">` and `" string="false">` → what is before, in, and after the one word that differs. */
function splitMark(first: string, second: string): Split {
  if (first === second) return { before: first.trim(), after: '' };
  const head = first.slice(0, commonLength(first, second)).replace(/\w+$/, '');
  const [mark, otherMark] = [first, second].map((text) => /^\w+/.exec(text.slice(head.length))?.[0] ?? '');
  const after = first.slice(head.length + (mark ?? '').length).trim();
  return { before: head.trim(), mark: mark ?? '', otherMark: otherMark ?? '', after };
}
