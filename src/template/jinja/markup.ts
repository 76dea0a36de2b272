/** HTML escaping, and strings marked as safe (markupsafe): combining one with plain text escapes the text. */
import type { Runtime } from './runtime.ts';
import { toText } from './text.ts';
import { Markup, type Value } from './values.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

export function escapeHtml(rt: Runtime, text: string): string {
  rt.chargeChars(text.length);
  const escaped = text.replace(/[&<>"']/g, (char) => entities[char] ?? char);
  rt.checkLength(escaped.length);
  return escaped;
}

/** `escape(value)`: what is safe already stays. */
export function escapeValue(rt: Runtime, value: Value): Markup {
  return value instanceof Markup ? value : new Markup(escapeHtml(rt, toText(rt, value)));
}

const namedEntities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
};

/** Tags and comments removed, white space collapsed, the common entities decoded. */
export function stripTags(text: string): string {
  let rest = text;
  let plain = '';
  for (;;) {
    const at = rest.indexOf('<');
    if (at < 0) break;
    const isComment = rest.startsWith('<!--', at);
    const end = isComment ? rest.indexOf('-->', at) : rest.indexOf('>', at);
    if (end < 0) break;
    plain += rest.slice(0, at);
    rest = rest.slice(end + (isComment ? 3 : 1));
  }
  return (plain + rest)
    .split(/\s+/)
    .filter((word) => word !== '')
    .join(' ')
    .replace(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(\w{1,8}));/g, (whole, decimal, hex, name) => {
      if (name !== undefined) return namedEntities[name] ?? whole;
      const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    });
}
