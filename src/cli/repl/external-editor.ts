/** Lets the user write in an editor of their own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Opens `text` with the command line `editor` and returns what was saved. Blocks until the editor ends: the keyboard is the
 * editor's until then. Throws when it cannot be started or fails.
 */
export function editText(editor: string, text: string): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'cria-'));
  try {
    const file = path.join(dir, 'message.txt');
    writeFileSync(file, text, { mode: 0o600 });
    const [command = editor, ...args] = editor.split(/\s+/);
    const { error, status } = spawnSync(command, [...args, file], { stdio: 'inherit' });
    if (error !== undefined) throw new Error(`could not start the editor '${editor}': ${error.message}`);
    if (status !== 0) throw new Error(`the editor '${editor}' ended with exit code ${status}`);
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
