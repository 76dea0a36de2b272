/** Booleans in the notation of Go's `strconv.ParseBool`, as Modelfiles and Ollama's environment variables write them. */

const spellings: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false] as const),
]);

/** The boolean that `text` spells; undefined when it spells none. */
export function parseGoBool(text: string): boolean | undefined {
  return spellings.get(text);
}
