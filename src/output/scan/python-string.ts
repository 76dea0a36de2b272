/**
 * Where a string ends that is written as in Python. Some templates put values between quotes as they are, so that a quote may stand
 * inside: the one counts behind which the list, the object or the call goes on or ends.
 */

/** An end of a string among the keywords of a call: another keyword, the end of the call, or the beginning of either. */
const nextKeyword = /^\s*,\s*(?:\)|(?:[A-Za-z_]\w*\s*(?:=|$))?)/;
/** What can follow a parenthesis inside a text, but not the end of a call. */
const goesOn = /['"+\-*/.%([={:]/;

/**
 * Whether the quote before `index` ends its string; undefined = more text must tell. `isInCall`: the string is the value of a
 * keyword, not in a list or an object. `isEnd`: no more text will come.
 */
export function endsString(
  text: string,
  index: number,
  isInCall: boolean,
  isEnd: boolean,
): boolean | undefined {
  const rest = text.slice(index, index + maxLookahead);
  const next = rest.trimStart()[0];
  const unknown = isEnd ? true : undefined;
  if (next === undefined) return unknown;
  if (!isInCall) return ',)]}:'.includes(next);
  if (next === ')') {
    const behind = rest.slice(rest.indexOf(')') + 1).trimStart()[0];
    return behind === undefined ? unknown : !goesOn.test(behind);
  }
  const keyword = nextKeyword.exec(rest)?.[0];
  if (keyword === undefined) return false;
  if (/[=)]$/.test(keyword)) return true;
  return keyword.length === rest.length ? unknown : false;
}

/** Longer names of keywords are none. */
const maxLookahead = 256;
