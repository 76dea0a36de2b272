// npm test: sets the clone up, then checks format, lint, types and runs every test. The last line counts the tests.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureBuilt, ensureInstalled, root } from './setup.mjs';

ensureInstalled();
ensureBuilt();

const filters = process.argv.slice(2);
let isOk = true;
if (filters.length === 0) {
  isOk = run('node_modules/@biomejs/biome/bin/biome', ['check', '.']) && isOk;
  isOk = run('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.test.json']) && isOk;
}

const scratch = mkdtempSync(path.join(tmpdir(), 'cria-test-'));
const report = path.join(scratch, 'report.json');
isOk =
  run('node_modules/vitest/vitest.mjs', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...filters,
  ]) && isOk;
let passed = 0;
let failed = 0;
let skipped = 0;
try {
  const summary = JSON.parse(readFileSync(report, 'utf8'));
  passed = summary.numPassedTests;
  failed = summary.numFailedTests;
  skipped = summary.numPendingTests + (summary.numTodoTests ?? 0);
  for (const file of summary.testResults) {
    for (const test of file.assertionResults) {
      if (test.status === 'pending' || test.status === 'skipped')
        process.stdout.write(`SKIPPED: ${test.fullName}\n`);
    }
  }
} catch {
  failed = 1; // the runner did not even write its report
}
rmSync(scratch, { recursive: true, force: true });
// A failed format, lint or type check, or a file that could not be loaded, fails the run like a failed test.
if (!isOk && failed === 0) failed = 1;
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exitCode = isOk ? 0 : 1;

function run(script, args) {
  const { status } = spawnSync(process.execPath, [path.join(root, script), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  return status === 0;
}
