/** Lines typed in conversations, kept in a file: one a line, the newest last. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Lines that are kept. */
export const historySize = 100;

/** Newest last; no file, or one that cannot be read, is an empty history. */
export function readHistory(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return []; // a conversation goes on without its history
  }
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-historySize);
}

/** Replaces the file at once, readable by its owner only. */
export function writeHistory(file: string, lines: readonly string[]): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(
      temporary,
      lines
        .slice(-historySize)
        .map((line) => `${line}\n`)
        .join(''),
      { mode: 0o600 },
    );
    renameSync(temporary, file);
  } catch {
    // A home that cannot be written must not end a conversation; the lines are lost, nothing else.
  }
}
