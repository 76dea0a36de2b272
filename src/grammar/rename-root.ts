/** Renames the `root` rule of a GBNF text, so that the grammar can become a part of a larger one. */

/** What a GBNF text consists of, as far as names must be told from everything else (llama.cpp: grammars/README.md). */
const token = /"(?:\\[\s\S]|[^"\\])*"|\[(?:\\[\s\S]|[^\]\\])*\]|#[^\n]*|[A-Za-z0-9-]+|[\s\S]/g;

export function renameRoot(gbnf: string, name: string): string {
  return gbnf.replaceAll(token, (text) => (text === 'root' ? name : text));
}
