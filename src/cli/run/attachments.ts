/** Files that a prompt names by their path: read, and taken out of it or put before it. */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileError } from '../create/files.ts';
import { expandPath } from '../create/paths.ts';
import { readAll } from '../read-all.ts';
import { findMediaPaths, findMentions, overlaps, type PathInText, withoutPunctuation } from './file-paths.ts';

/** Of a picture or sound; also what one request may carry after all. */
const maxMediaBytes = 100 * 1024 * 1024;
/** Of a text: more than any context takes. */
const maxTextBytes = 4 * 1024 * 1024;

export interface Attachments {
  /** The prompt without the paths, after the texts that it names. */
  readonly prompt: string;
  /** Base64. */
  readonly images: readonly string[];
  /** A line for each file that was taken. */
  readonly notes: readonly string[];
}

export interface AttachmentOptions {
  readonly cwd: string;
  readonly homeDir: string;
  /** The model can look at pictures or listen. */
  readonly acceptsMedia: boolean;
  /** What the user has typed begins here; what was piped in may not have files read by an `@`. */
  readonly typedFrom?: number;
}

type Content = { readonly kind: 'image' | 'audio' | 'file'; readonly bytes: Buffer };

/**
 * Paths to which there is no file stay in the text. Throws for files that are too large, or neither text nor a picture or
 * sound that the model takes.
 */
export async function takeAttachments(prompt: string, options: AttachmentOptions): Promise<Attachments> {
  const { typedFrom = 0, acceptsMedia } = options;
  const mentions = findMentions(prompt).filter(({ at }) => at >= typedFrom);
  const media = acceptsMedia ? findMediaPaths(prompt) : [];
  const documents = new Map<string, string>();
  const images: string[] = [];
  const notes: string[] = [];
  let rest = '';
  let end = 0;
  for (const named of inOrder(mentions, media)) {
    const taken = await take(named, options);
    if (taken === undefined) continue;
    const { found, content } = taken;
    rest += prompt.slice(end, found.at);
    end = found.at + found.text.length;
    if (content.kind === 'file') {
      documents.set(found.path, content.bytes.toString('utf8'));
      rest += found.path;
    } else {
      images.push(content.bytes.toString('base64'));
    }
    notes.push(`Added ${content.kind} '${found.path}'`);
  }
  if (notes.length === 0) return { prompt, images, notes };
  return { prompt: withDocuments((rest + prompt.slice(end)).trim(), documents), images, notes };
}

/** A path after an `@` is found both ways. */
function inOrder(mentions: readonly PathInText[], media: readonly PathInText[]): PathInText[] {
  const alone = media.filter((path) => !mentions.some((mention) => overlaps(path, mention)));
  return [...mentions, ...alone].sort((a, b) => a.at - b.at);
}

/** undefined where there is no such file. */
async function take(
  named: PathInText,
  { cwd, homeDir, acceptsMedia }: AttachmentOptions,
): Promise<{ found: PathInText; content: Content } | undefined> {
  const isMention = named.text.startsWith('@');
  const candidates = isMention ? [named, withoutPunctuation(named)] : [named];
  for (const found of candidates) {
    if (found === undefined) continue;
    const bytes = await readIfThere(expandPath(found.path, cwd, homeDir));
    if (bytes === undefined) continue;
    const kind = kindOf(bytes);
    if (kind === undefined || (kind === 'file' && !isMention)) {
      const wanted = isMention ? 'neither text (UTF-8) nor ' : 'not ';
      throw new Error(`${found.path}: ${wanted}a JPEG, PNG or WebP image or a WAV file`);
    }
    if (kind !== 'file' && !acceptsMedia) throw new Error(`${found.path}: this model takes text only`);
    if (kind === 'file' && bytes.length > maxTextBytes) {
      throw new Error(`${found.path}: file size exceeds maximum limit (4MB)`);
    }
    return { found, content: { kind, bytes } };
  }
  return undefined;
}

/** What a text ends with that is no path of a file; the last one: it holds a NUL. */
const noFileCodes = new Set<unknown>(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE']);

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    const stats = await stat(file);
    if (!stats.isFile()) return undefined;
    const bytes = await readAll(createReadStream(file), maxMediaBytes);
    if (bytes === undefined) throw new Error(`${file}: file size exceeds maximum limit (100MB)`);
    return bytes;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (noFileCodes.has(error.code)) return undefined;
    throw fileError(file, error);
  }
}

/** By the content, whatever the name says. */
function kindOf(bytes: Buffer): Content['kind'] | undefined {
  const start = bytes.toString('latin1', 0, 12);
  if (start.startsWith('\x89PNG\r\n\x1a\n') || start.startsWith('\xff\xd8\xff')) return 'image';
  if (start.startsWith('RIFF') && start.slice(8) === 'WEBP') return 'image';
  if (start.startsWith('RIFF') && start.slice(8) === 'WAVE') return 'audio';
  return isUtf8(bytes) && !bytes.includes(0) ? 'file' : undefined;
}

/** Texts first, each under its name; a prompt that only names a text is that text. */
function withDocuments(prompt: string, documents: ReadonlyMap<string, string>): string {
  const only = documents.get(prompt);
  if (only !== undefined) return only;
  const blocks = [...documents].map(([name, text]) => {
    const fence = fenceFor(text);
    return `${name}:\n${fence}\n${text.trimEnd()}\n${fence}\n\n`;
  });
  return blocks.join('') + prompt;
}

/** Longer than any row of backticks in the text. */
function fenceFor(text: string): string {
  const longest = (text.match(/`+/g) ?? []).reduce((length, row) => Math.max(length, row.length), 2);
  return '`'.repeat(longest + 1);
}
