/** Reads newline-delimited JSON from a byte stream, however the bytes are cut. */
import { ProtocolError } from './errors.ts';

const newline = 0x0a;

/**
 * Yields each non-empty line as text. Lines are split on bytes, so characters cut between chunks come out whole.
 * Throws `ProtocolError` for a line longer than `maxLineBytes`; a last line needs no newline.
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<string, void> {
  let parts: Uint8Array[] = [];
  let heldBytes = 0;
  const hold = (part: Uint8Array): void => {
    heldBytes += part.length;
    if (heldBytes > maxLineBytes)
      throw new ProtocolError(`the server sent a line of more than ${maxLineBytes} bytes`);
    if (part.length > 0) parts.push(part);
  };
  const takeLine = (): string => {
    const text = Buffer.concat(parts, heldBytes).toString('utf8').trim();
    parts = [];
    heldBytes = 0;
    return text;
  };

  for await (const chunk of source) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(newline, start);
      if (end < 0) break;
      hold(chunk.subarray(start, end));
      start = end + 1;
      const line = takeLine();
      if (line !== '') yield line;
    }
    hold(chunk.subarray(start));
  }
  const last = takeLine();
  if (last !== '') yield last;
}
