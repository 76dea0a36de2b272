/** Bytes of a Modelfile → text: a byte order mark tells UTF-8, UTF-16LE and UTF-16BE apart; without one it is UTF-8. */

/** Broken sequences become U+FFFD; the mark itself is dropped. */
export function decodeModelfile(bytes: Uint8Array): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
}

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}
