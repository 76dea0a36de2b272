/** Go's quoted forms of strings and characters (`strconv.Quote` and its kin). */

const shortEscapes = new Map<number, string>([
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x0c, '\\f'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
  [0x0b, '\\v'],
]);

/** Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space. */
export function isPrintable(character: string): boolean {
  return character === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character);
}

function hex(codePoint: number, digits: number): string {
  return codePoint.toString(16).padStart(digits, '0');
}

function escapeCharacter(character: string, quote: string, asciiOnly: boolean): string {
  // A string iterator never yields an empty string.
  const codePoint = character.codePointAt(0)!;
  if (character === quote || character === '\\') return `\\${character}`;
  if (codePoint < 0x80 ? isPrintable(character) : !asciiOnly && isPrintable(character)) return character;
  const short = shortEscapes.get(codePoint);
  if (short !== undefined) return short;
  if (codePoint < 0x20 || codePoint === 0x7f) return `\\x${hex(codePoint, 2)}`;
  return codePoint < 0x10000 ? `\\u${hex(codePoint, 4)}` : `\\U${hex(codePoint, 8)}`;
}

/** Double-quoted Go string literal. */
export function quoteString(text: string, asciiOnly = false): string {
  let out = '"';
  for (const character of text) out += escapeCharacter(character, '"', asciiOnly);
  return `${out}"`;
}

/** Single-quoted Go character literal; what is no character becomes U+FFFD. */
export function quoteCharacter(codePoint: number, asciiOnly = false): string {
  return `'${escapeCharacter(characterOf(codePoint), "'", asciiOnly)}'`;
}

/** The character of a code point, U+FFFD for surrogates and numbers outside Unicode. */
export function characterOf(codePoint: number): string {
  const valid = codePoint >= 0 && codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff);
  return valid ? String.fromCodePoint(codePoint) : '\ufffd';
}

/** Whether a text can stand unchanged between back quotes. */
export function canBackquote(text: string): boolean {
  for (const character of text) {
    const control = character < ' ' && character !== '\t';
    if (control || character === '`' || character === '\x7f' || character === '\ufeff') return false;
  }
  return true;
}

/** Quotes a text for an error message: whole, or its first `maxCharacters` and an ellipsis. */
export function quoteStart(text: string, maxCharacters = Number.POSITIVE_INFINITY): string {
  if (Buffer.byteLength(text) <= maxCharacters) return quoteString(text);
  return `${quoteString([...text.slice(0, 2 * maxCharacters)].slice(0, maxCharacters).join(''))}...`;
}

/** `U+0040 '@'`: Go's `%#U`. */
export function codePointName(character: string): string {
  const codePoint = character.codePointAt(0) ?? 0;
  const name = `U+${hex(codePoint, 4).toUpperCase()}`;
  return isPrintable(character) ? `${name} '${character}'` : name;
}
