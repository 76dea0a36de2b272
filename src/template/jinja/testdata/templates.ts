/** For tests: the chat templates of llama.cpp, out of the source bundle that node-llama-cpp ships. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

const modules = path.resolve(import.meta.dirname, '../../../../node_modules');
const bundle = path.join(modules, 'node-llama-cpp/llama/gitRelease.bundle');
const cache = path.join(modules, '.cache/cria');

/** File name → source; undefined, after a word on why, when git or the bundle is missing. */
export function loadTemplates(): Map<string, string> | undefined {
  try {
    const folder = unpack();
    const files = readdirSync(folder).filter((file) => file.endsWith('.jinja'));
    return new Map(files.map((file) => [file, readFileSync(path.join(folder, file), 'utf8')]));
  } catch (error) {
    process.stderr.write(`skipped: the templates of llama.cpp cannot be unpacked: ${error}\n`);
    return undefined;
  }
}

/** Once for a version of node-llama-cpp; the folder appears under its name only when it is complete. */
function unpack(): string {
  const { version } = JSON.parse(readFileSync(path.join(modules, 'node-llama-cpp/package.json'), 'utf8'));
  const target = path.join(cache, `llama-templates-${version}`);
  if (existsSync(target)) return target;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(path.join(cache, 'unpack-'));
  try {
    const git = (...args: string[]): unknown => execFileSync('git', args, { cwd: work, stdio: 'pipe' });
    git('clone', '--quiet', '--no-checkout', bundle, 'llama');
    git('-C', 'llama', 'checkout', '--quiet', 'HEAD', '--', 'models/templates');
    try {
      renameSync(path.join(work, 'llama/models/templates'), target);
    } catch (error) {
      // Another test process was faster.
      if (!existsSync(target)) throw error;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return target;
}
