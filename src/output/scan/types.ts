/** How the readers of single calls answer. */
import type { JsonObject } from '../../types/json.ts';

/** `more`: the text may become a call; `none`: it cannot. */
export type ScanResult =
  | {
      readonly type: 'call';
      readonly name: string;
      readonly arguments: JsonObject;
      /** Index after the call. */
      readonly end: number;
    }
  | { readonly type: 'more' }
  | { readonly type: 'none' };

/**
 * Reads one call at the start of a text that grows from call to call. It remembers how far it has read, so that a long
 * argument is not read again with every token. `isEnd`: no more text will come.
 */
export type CallScanner = (text: string, isEnd: boolean) => ScanResult;

export const more: ScanResult = { type: 'more' };
export const none: ScanResult = { type: 'none' };

/** Longer names are none that a client declares. */
const maxNameLength = 256;

export function isTooLongForName(length: number): boolean {
  return length > maxNameLength;
}

export function isName(text: string): boolean {
  return text.length > 0 && !isTooLongForName(text.length) && /^[\w.:/-]+$/.test(text);
}
