/** Cutting the text around calls into tags and what stands between them. */

/**
 * In this order: two tokens with a word between them (`<|open|>call<|sep|>`), a tag, a tag in brackets (`[ARGS]`), the
 * beginning of a tag at the end of the text (`<function=`), white space, other text.
 */
const unit =
  /<\|(?:open|close)\|>\w+<\|\w+\|>|<[^<>]*>|\[\/?[A-Z_]+\]|<[^<>]*$|\s+|(?:(?!\[\/?[A-Z_]+\])[^<\s])+/g;

/** The whole text, cut where a tag begins or ends. */
export function unitsOf(text: string): string[] {
  return text.match(unit) ?? [];
}

/** The tags of `</a>text</b>`. */
export function wholeTags(text: string): string[] {
  return unitsOf(text).filter((each) => /^(?:<[\s\S]*>|\[\/?[A-Z_]+\])$/.test(each));
}

/** The same, but a text without any tag counts as one. */
export function tagsOf(text: string): string[] {
  const tags = wholeTags(text);
  return tags.length > 0 || text.trim() === '' ? tags : [text.trim()];
}

/** What both texts begin with, in whole units. */
export function commonStart(a: string, b: string): string {
  const [left, right] = [unitsOf(a), unitsOf(b)];
  let length = 0;
  while (length < left.length && left[length] === right[length]) length++;
  return left.slice(0, length).join('');
}

/** What both texts end with, in whole units. */
export function commonEnd(a: string, b: string): string {
  const [left, right] = [unitsOf(a).reverse(), unitsOf(b).reverse()];
  let length = 0;
  while (length < left.length && left[length] === right[length]) length++;
  return left.slice(0, length).reverse().join('');
}

/** Length of what both texts begin with, character by character. */
export function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

export function cutEnd(text: string, end: string): string {
  return text.slice(0, text.length - end.length);
}
