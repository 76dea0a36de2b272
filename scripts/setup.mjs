// Brings a clone into a state that can run: locked dependencies installed, sources compiled. Used by start, test and bench.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs `npm ci` unless the installed packages are those of the lock file. */
export function ensureInstalled() {
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  const marker = path.join(root, 'node_modules', '.cria-lock');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lock) return;
  process.stderr.write('installing dependencies…\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  // Standard output belongs to the command that the user asked for.
  execFileSync(npm, ['ci', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  writeFileSync(marker, lock);
}

/** Compiles `src` to `dist` when a source is newer than the last build. */
export function ensureBuilt({ force = false } = {}) {
  const marker = path.join(root, 'dist', '.built');
  const builtAt = existsSync(marker) ? statSync(marker).mtimeMs : 0;
  const inputs = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map((file) =>
    path.join(root, file),
  );
  if (!force && builtAt >= newest([path.join(root, 'src'), ...inputs])) return;
  process.stderr.write('building…\n');
  rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: ['ignore', 2, 2] });
  writeFileSync(marker, '');
}

function newest(paths) {
  let latest = 0;
  for (const entry of paths) {
    const stats = statSync(entry);
    latest = Math.max(latest, stats.mtimeMs);
    if (stats.isDirectory())
      latest = Math.max(latest, newest(readdirSync(entry).map((name) => path.join(entry, name))));
  }
  return latest;
}
