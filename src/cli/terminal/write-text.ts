/** Texts that others wrote (models, servers, files) on their way out. */
import { harmless } from './text-flow.ts';

/** They may hold anything: a terminal gets them defused, a file or a pipe as they are. */
export function writeText(
  output: { readonly isTTY?: boolean; write(text: string): unknown },
  text: string,
): void {
  output.write(output.isTTY === true ? harmless(text) : text);
}
