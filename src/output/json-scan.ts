/** Finds where a JSON value ends in a text that is still growing. */

/**
 * Index after the balanced object or array that begins at `start` (a `{` or `[`), or -1 when it has not ended yet.
 * Brackets inside strings do not count.
 */
export function findJsonEnd(text: string, start: number): number {
  let depth = 0;
  let isInString = false;
  for (let i = start; i < text.length; i++) {
    const char = text[i];
    if (isInString) {
      if (char === '\\') i++;
      else if (char === '"') isInString = false;
    } else if (char === '"') {
      isInString = true;
    } else if (char === '{' || char === '[') {
      depth++;
    } else if (char === '}' || char === ']') {
      depth--;
      if (depth === 0) return i + 1;
    }
  }
  return -1;
}
