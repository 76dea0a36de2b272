/** Paths as a Modelfile writes them → absolute ones. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Expands `~`, `~/x` and `~user/x`; other relative paths start at `baseDir`. */
export function expandPath(text: string, baseDir: string, homeDir: string): string {
  const tilde = /^~([^/\\]*)(?:[/\\](.*))?$/s.exec(text);
  const home = tilde === null ? undefined : tilde[1] === '' ? homeDir : homeOf(tilde[1] ?? '');
  return home === undefined ? path.resolve(baseDir, text) : path.join(home, tilde?.[2] ?? '');
}

/** True for what nobody would call a model: the command line can say that the file is missing. */
export function isPathOnly(text: string): boolean {
  return /^(?:[./\\~]|[A-Za-z]:[/\\])/.test(text);
}

/** Another user's home folder, where the system keeps them in a file. */
function homeOf(user: string): string | undefined {
  try {
    const fields = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
    return fields.find(([name]) => name === user)?.[5];
  } catch {
    return undefined; // no such file on this system: `~user` is a name like any other
  }
}
