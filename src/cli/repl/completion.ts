/** What the Tab key makes of a line: commands, names of parameters, and paths behind an `@`. */
import { type Dirent, readdirSync } from 'node:fs';
import { parameterTypes } from '../../modelfile/index.ts';
import { expandPath } from '../create/paths.ts';
import { thinkLevels } from '../run/flags.ts';
import { showTopics } from './slash.ts';

/** Those that go on end with a blank. */
export const commandLines: readonly string[] = [
  ...[...parameterTypes.keys()].map((name) => `/set parameter ${name} `),
  '/set system ',
  '/set history',
  '/set nohistory',
  '/set wordwrap',
  '/set nowordwrap',
  '/set format json',
  '/set noformat',
  '/set verbose',
  '/set quiet',
  '/set think',
  ...thinkLevels.map((level) => `/set think ${level}`),
  '/set nothink',
  ...showTopics.map((topic) => `/show ${topic}`),
  '/load ',
  '/save ',
  '/clear',
  '/list ',
  '/bye',
  '/exit',
  '/help ',
  '/?',
];

/** `@` and the beginning of a path, at the end of a line. */
const mentionPattern = /(?<![\w@./\\~:-])@((?:\\.|[^\s\\"'`])*)$/;

export interface Folders {
  readonly cwd: string;
  readonly homeDir: string;
}

/** As readline takes it: what may stand in the place of the second. */
export function completionsOf(line: string, folders: Folders): [completions: string[], word: string] {
  if (line.startsWith('/')) return [nextWords(line), line];
  const mention = mentionPattern.exec(line);
  if (mention === null) return [[], line];
  const [word, written = ''] = mention;
  return [pathsFrom(written, folders).map((found) => `@${found}`), word];
}

/** Word by word: `/s` becomes `/set ` or `/show `, not every line that begins so. */
function nextWords(line: string): string[] {
  const lines = commandLines.filter((command) => command.startsWith(line));
  return [...new Set(lines.map((command) => line + (/^\S* ?/.exec(command.slice(line.length))?.[0] ?? '')))];
}

/** Entries of the folder that the path names so far; hidden ones only when asked for by their dot. */
function pathsFrom(written: string, { cwd, homeDir }: Folders): string[] {
  const folder = written.slice(0, written.lastIndexOf('/') + 1);
  const wanted = withoutEscapes(written.slice(folder.length));
  let entries: Dirent[];
  try {
    entries = readdirSync(expandPath(withoutEscapes(folder) || '.', cwd, homeDir), { withFileTypes: true });
  } catch {
    return []; // no such folder, or not for us: nothing to complete
  }
  return entries
    .filter(({ name }) => name.startsWith(wanted) && (wanted.startsWith('.') || !name.startsWith('.')))
    .map((entry) => folder + withEscapes(entry.name) + (entry.isDirectory() ? '/' : ''))
    .sort();
}

function withEscapes(name: string): string {
  return name.replaceAll(/[\s\\"'`]/g, '\\$&');
}

function withoutEscapes(text: string): string {
  return text.replaceAll(/\\(.)/g, '$1');
}
