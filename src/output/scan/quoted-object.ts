/** Reads objects in Gemma's spelling: bare keys, and strings between a token of their own instead of `"`. */
import type { JsonObject, JsonValue } from '../../types/json.ts';
import { parseObject } from './values.ts';

/** undefined = the text is no such object. Turned into JSON first: strings are escaped, keys are quoted. */
export function readQuoted(text: string, quote: string): JsonObject | undefined {
  // Between two quotes lies a string, so every second part is one.
  const parts = text.split(quote);
  if (parts.length % 2 === 0) return undefined;
  const json = parts.map((part, index) => (index % 2 === 1 ? JSON.stringify(part) : quoteKeys(part)));
  return parseObject(json.join(''));
}

const words: Readonly<Record<string, JsonValue>> = { None: null, True: true, False: false };

/** Structure between strings: bare keys get quotes, Python's constants become JSON's. */
function quoteKeys(structure: string): string {
  return structure
    .replace(
      /([{,]\s*)([^\s{}[\],:"][^{}[\],:"]*?)(\s*:)/g,
      (_, before, key, after) => `${before}${JSON.stringify(key)}${after}`,
    )
    .replace(
      /([:[,]\s*)(None|True|False)(?=\s*[\],}])/g,
      (_, before, word) => `${before}${JSON.stringify(words[word])}`,
    );
}
