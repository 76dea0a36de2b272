#!/usr/bin/env node
/** The entry of the program: hands the process to the command line. */
import { fileURLToPath } from 'node:url';
import { runCli } from './cli/cli.ts';
import { processWorld } from './cli/process-world.ts';

process.exitCode = await runCli(
  process.argv.slice(2),
  processWorld(process, { mainScript: fileURLToPath(import.meta.url), env: process.env }),
);
