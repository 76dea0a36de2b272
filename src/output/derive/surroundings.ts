/** What stands before, between and after the calls of a rendered probe. */
import { probe } from './probe.ts';
import { commonEnd, commonStart, cutEnd, tagsOf, wholeTags } from './tags.ts';

/** Where one call stands in the rendered text. */
export interface Item {
  readonly start: number;
  readonly end: number;
}

/** All texts without white space at their ends. */
export interface Surroundings {
  /** Opens the block, before the first call only. */
  readonly blockOpen: string;
  /** Right before every call. */
  readonly open: string;
  /** Right after every call. */
  readonly close: string;
  readonly fillers: readonly string[];
  /** An id stood before `open`. */
  readonly hasId?: true;
}

/** Texts behind the last call that may belong to it; then comes the end of the turn, which the engine does not give out. */
const maxCloses = 2;

export function surroundings(text: string, items: readonly Item[]): Surroundings {
  const [first, second] = items;
  if (first === undefined) throw new Error('a probe has at least one call');
  const lead = text.slice(0, first.start);
  const tail = text.slice((second ?? first).end);
  if (second === undefined) {
    const [close = '', ...after] = tagsOf(tail).slice(0, maxCloses);
    return { blockOpen: '', open: lead.trim(), close, fillers: withList([close, ...after]) };
  }
  const gap = text.slice(first.end, second.start);
  const open = commonEnd(lead, gap);
  const before = cutId(cutEnd(lead, open), 0);
  const between = cutId(cutEnd(gap, open), 1);
  const close = commonStart(between.text, tail);
  const rest = tail.slice(close.length);
  const closes = [fenceOf(rest), wholeClose(rest), ...tagsOf(rest).slice(0, maxCloses)];
  return {
    blockOpen: before.text.trim().replace(/\s*\[$/, ''),
    open: open.trim(),
    close: close.trim(),
    fillers: withList([close.trim(), between.text.trim(), ...wholeTags(between.text), ...closes]),
    ...(before.hasId ? { hasId: true } : {}),
  };
}

function cutId(text: string, index: number): { readonly text: string; readonly hasId: boolean } {
  const id = probe.ids[index] ?? '';
  return text.endsWith(id) ? { text: cutEnd(text, id), hasId: true } : { text, hasId: false };
}

/** What closes a block of code before the first tag. */
function fenceOf(text: string): string {
  return /^[\s\]]*(```)\s*</.exec(text)?.[1] ?? '';
}

/** The end of a block with what stands before the tag: `]<]minimax[>[</tool_call>`. */
function wholeClose(text: string): string {
  return /^\S{1,32}?<\/[^<>]+>/.exec(text.trimStart())?.[0] ?? '';
}

/** Brackets and commas may stand around calls in any format: models write lists where templates show single calls. */
export function withList(fillers: readonly string[]): string[] {
  const all = new Set([...fillers, '[', ']', ',']);
  all.delete('');
  return [...all].sort((a, b) => b.length - a.length);
}

/**
 * `<tool_call>\n<function=` → `<tool_call>` and `<function=`: models leave the outer tag out, or write several calls in
 * one. Without a text for each call, the one that opens the block stands before the name.
 */
export function beforeName({ blockOpen, open, fillers, hasId }: Surroundings): {
  readonly blockOpen: string;
  readonly beforeName: string;
  readonly fillers: readonly string[];
  readonly hasId?: true;
} {
  const whole = open === '' ? blockOpen : open;
  const split = /^([\s\S]*>)\s*(<[^<>]*)$/.exec(whole);
  const outer = open === '' ? '' : blockOpen;
  const id = hasId ? { hasId } : {};
  if (split === null) return { blockOpen: outer, beforeName: whole, fillers, ...id };
  const [, tags = '', name = ''] = split;
  return outer === ''
    ? { blockOpen: tags, beforeName: name, fillers, ...id }
    : { blockOpen: outer, beforeName: name, fillers: withList([...fillers, tags]), ...id };
}
