/** Pictures and sounds that a prompt names by their path: found in the text, read, and taken out of it. */
import { open, stat } from 'node:fs/promises';
import { fileError } from '../create/files.ts';
import { expandPath } from '../create/paths.ts';

/** Also what one request may carry after all. */
const maxBytes = 100 * 1024 * 1024;

/** A path in a prompt: begins with `/`, `./`, `../`, `~/`, `\` or a drive; spaces in it are escaped with a backslash. */
const pathPattern =
  /(?<![\w./\\~:-])(?:[A-Za-z]:(?=[/\\])|~(?=[/\\])|\.{1,2}(?=[/\\]))?[/\\](?:\\.|[^\s\\'"])*?\.(?:jpe?g|png|webp|wav)(?![\w])/gi;

export interface PathInText {
  /** As it stands in the text, quotes around it included. */
  readonly text: string;
  /** Without quotes and escapes. */
  readonly path: string;
}

/** Paths of pictures and sounds, in the order of the text. */
export function findPaths(prompt: string): PathInText[] {
  const quoted = [
    ...prompt.matchAll(/(['"])((?:[A-Za-z]:|~|\.{1,2})?[/\\][^'"\n]*?\.(?:jpe?g|png|webp|wav))\1/gi),
  ].map((match) => ({ at: match.index, text: match[0], path: match[2] ?? '' }));
  const bare = [...prompt.matchAll(pathPattern)]
    .filter(({ index }) => !quoted.some(({ at, text }) => index >= at && index < at + text.length))
    .map((match) => ({ at: match.index, text: match[0], path: withoutEscapes(match[0]) }));
  return [...quoted, ...bare].sort((a, b) => a.at - b.at).map(({ text, path }) => ({ text, path }));
}

/** A backslash before a letter or digit may be part of a Windows path; before anything else it is an escape. */
function withoutEscapes(text: string): string {
  return text.replaceAll(/\\([^\w\\])/g, '$1').replaceAll('\\\\', '\\');
}

export interface Attachments {
  /** The prompt without the paths. */
  readonly prompt: string;
  /** Base64. */
  readonly images: readonly string[];
  /** A line for each file that was taken. */
  readonly notes: readonly string[];
}

export interface AttachmentOptions {
  readonly cwd: string;
  readonly homeDir: string;
}

/** Paths to which there is no file stay in the text. Throws for files that are too large or of another kind than their name says. */
export async function takeAttachments(prompt: string, options: AttachmentOptions): Promise<Attachments> {
  let rest = prompt;
  const images: string[] = [];
  const notes: string[] = [];
  for (const { text, path } of findPaths(prompt)) {
    const file = expandPath(path, options.cwd, options.homeDir);
    const bytes = await readIfThere(file);
    if (bytes === undefined) continue;
    const kind = sniff(bytes);
    if (kind === undefined) throw new Error(`${path}: not a JPEG, PNG or WebP image or a WAV file`);
    images.push(bytes.toString('base64'));
    notes.push(`Added ${kind} '${path}'`);
    rest = rest.replace(text, () => '');
  }
  return { prompt: images.length > 0 ? rest.trim() : prompt, images, notes };
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    const stats = await stat(file);
    if (!stats.isFile()) return undefined;
    if (stats.size > maxBytes) throw new Error(`${file}: file size exceeds maximum limit (100MB)`);
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(stats.size), 0, stats.size, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw fileError(file, error);
  }
}

/** By the first bytes, whatever the name says. */
function sniff(bytes: Buffer): 'image' | 'audio' | undefined {
  const start = bytes.toString('latin1', 0, 12);
  if (start.startsWith('\x89PNG\r\n\x1a\n') || start.startsWith('\xff\xd8\xff')) return 'image';
  if (!start.startsWith('RIFF')) return undefined;
  if (start.slice(8) === 'WEBP') return 'image';
  return start.slice(8) === 'WAVE' ? 'audio' : undefined;
}
