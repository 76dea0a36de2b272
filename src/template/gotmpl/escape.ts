/** The escaping functions `html`, `js` and `urlquery`. */
import { isPrintable } from './quote.ts';

const htmlEscapes = new Map<string, string>([
  ['"', '&#34;'],
  ["'", '&#39;'],
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
]);

/** For text and quoted attributes of HTML. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('\0', '\ufffd')
    .replace(/["'&<>]/g, (character) => htmlEscapes.get(character) ?? character);
}

const jsBackslashed = new Set(['\\', "'", '"']);

/** For the inside of a JavaScript string literal. */
export function escapeJs(text: string): string {
  return text.replace(/[\\'"<>&=]|[^ -~\x7f]/gu, (character) => {
    if (jsBackslashed.has(character)) return `\\${character}`;
    if (character > '\x7f' && isPrintable(character)) return character;
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** For a value in a URL's query; spaces become `+`. The detour over bytes replaces lone surrogates, which would throw. */
export function escapeUrlQuery(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString())
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
