/** Where a prompt names files: by `@` and a path, or, pictures and sounds, by a path alone. Pure. */

export interface PathInText {
  /** Index of its first character in the text. */
  readonly at: number;
  /** As it stands in the text: with the `@`, quotes and escapes. */
  readonly text: string;
  /** Without them. */
  readonly path: string;
}

/** Begins with `/`, `./`, `../`, `~/`, `\` or a drive; spaces in it are escaped with a backslash. */
const mediaPattern =
  /(?<![\w./\\~:-])(?:[A-Za-z]:(?=[/\\])|~(?=[/\\])|\.{1,2}(?=[/\\]))?[/\\](?:\\.|[^\s\\'"])*?\.(?:jpe?g|png|webp|wav)(?![\w])/gi;

const quotedMediaPattern = /(['"])((?:[A-Za-z]:|~|\.{1,2})?[/\\][^'"\n]*?\.(?:jpe?g|png|webp|wav))\1/gi;

/** `@notes.txt`, `@my\ notes.txt`, `@"my notes.txt"`; not in the middle of a word, as in an address of mail. */
const mentionPattern = /(?<![\w@./\\~:-])@(?!@)(?:"([^"\n]+)"|'([^'\n]+)'|((?:\\.|[^\s\\'"`])+))/g;

/** Paths of pictures and sounds, in the order of the text. */
export function findMediaPaths(prompt: string): PathInText[] {
  const quoted = [...prompt.matchAll(quotedMediaPattern)].map((match) => ({
    at: match.index,
    text: match[0],
    path: match[2] ?? '',
  }));
  const bare = [...prompt.matchAll(mediaPattern)].map((match) => ({
    at: match.index,
    text: match[0],
    path: withoutEscapes(match[0]),
  }));
  return [...quoted, ...bare.filter((path) => !quoted.some((other) => overlaps(path, other)))].sort(
    (a, b) => a.at - b.at,
  );
}

/** What follows an `@`, in the order of the text; most of it is no file. */
export function findMentions(prompt: string): PathInText[] {
  return [...prompt.matchAll(mentionPattern)].map((match) => ({
    at: match.index,
    text: match[0],
    path: match[1] ?? match[2] ?? withoutEscapes(match[3] ?? ''),
  }));
}

/** `mention` without the punctuation of the sentence around it; undefined when it has none. */
export function withoutPunctuation(mention: PathInText): PathInText | undefined {
  const punctuation = /[.,;:!?)\]}>]+$/.exec(mention.text)?.[0] ?? '';
  const length = punctuation.length;
  if (length === 0 || length >= mention.path.length) return undefined;
  return { ...mention, text: mention.text.slice(0, -length), path: mention.path.slice(0, -length) };
}

export function overlaps(a: PathInText, b: PathInText): boolean {
  return a.at < b.at + b.text.length && b.at < a.at + a.text.length;
}

/** A backslash before a letter or digit may be part of a Windows path; before anything else it is an escape. */
function withoutEscapes(text: string): string {
  return text.replaceAll(/\\([^\w\\])/g, '$1').replaceAll('\\\\', '\\');
}
