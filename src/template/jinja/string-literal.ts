/** Escape sequences of string literals, by Python's rules: unknown ones stay as they are written. */
import { TemplateFailure } from './errors.ts';

const escapeSequence = /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]))/g;

const simple: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The value of a literal whose quotes are removed; `at` is where it stands, for the error. */
export function unescapeString(text: string, at: number): string {
  if (!text.includes('\\')) return text;
  return text.replace(
    escapeSequence,
    (whole, octal?: string, hex?: string, u4?: string, u8?: string, char?: string) => {
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      const digits = hex ?? u4 ?? u8;
      if (digits !== undefined) {
        const point = Number.parseInt(digits, 16);
        if (point > 0x10ffff) throw new TemplateFailure('illegal Unicode character', { offset: at });
        return String.fromCodePoint(point);
      }
      if (char === 'x' || char === 'u' || char === 'U')
        throw new TemplateFailure(`truncated \\${char} escape`, { offset: at });
      if (char === 'N') throw new TemplateFailure('\\N escapes are not supported', { offset: at });
      return simple[char ?? ''] ?? whole;
    },
  );
}
