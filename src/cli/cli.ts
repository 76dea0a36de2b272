/** The command line: arguments in, exit code out. */
import { Command } from 'commander';
import { registerCp } from './commands/cp.ts';
import { registerCreate } from './commands/create.ts';
import { registerEmbed } from './commands/embed.ts';
import { registerList } from './commands/list.ts';
import { registerPs } from './commands/ps.ts';
import { registerPull } from './commands/pull.ts';
import { registerPush } from './commands/push.ts';
import { registerRm } from './commands/rm.ts';
import { registerRun } from './commands/run.ts';
import { registerServe } from './commands/serve.ts';
import { registerShow } from './commands/show.ts';
import { registerStop } from './commands/stop.ts';
import { registerVerify } from './commands/verify.ts';
import { registerVersion } from './commands/version.ts';
import { createContext, type World } from './context.ts';
import { describeFailure } from './failure.ts';

const commands = [
  registerServe,
  registerCreate,
  registerShow,
  registerRun,
  registerEmbed,
  registerStop,
  registerPull,
  registerPush,
  registerList,
  registerPs,
  registerCp,
  registerRm,
  registerVerify,
  registerVersion,
];

/** `argv` without interpreter and script. Resolves with the exit code; never rejects. */
export async function runCli(argv: readonly string[], world: World): Promise<number> {
  try {
    await createProgram(world).parseAsync(normalize(argv), { from: 'user' });
    return 0;
  } catch (error) {
    const { text, exitCode } = describeFailure(error);
    world.stderr.write(text);
    return exitCode;
  }
}

function createProgram(world: World): Command {
  const program = new Command('cria')
    .description('Runs large language models on this machine')
    .option('-v, --version', 'show version information')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'Error: ')),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  const context = createContext(world);
  for (const register of commands) register(program, context);
  return program;
}

/**
 * What commander cannot be told: no arguments mean help, `-v` is a command, and `--think` takes its value after `=` only
 * (`cria run m --think "why?"` has a prompt); the same for `--truncate`.
 */
function normalize(argv: readonly string[]): string[] {
  const [first] = argv;
  if (first === undefined) return ['help'];
  if (first === '-v' || first === '--version') return ['version'];
  const end = argv.indexOf('--');
  return argv.map((argument, i) =>
    (argument === '--think' || argument === '--truncate') && (end < 0 || i < end)
      ? `${argument}=true`
      : argument,
  );
}
