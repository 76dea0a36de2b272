/** The command line: arguments in, exit code out. */
import { Command } from 'commander';
import { loadCommands, type Register } from './commands/index.ts';
import { createContext, type World } from './context.ts';
import { describeFailure } from './failure.ts';

/** `argv` without interpreter and script. Resolves with the exit code; never rejects. */
export async function runCli(argv: readonly string[], world: World): Promise<number> {
  try {
    const words = normalize(argv);
    const registers = await loadCommands(words[0]);
    await createProgram(world, registers).parseAsync(words, { from: 'user' });
    return 0;
  } catch (error) {
    const { text, exitCode } = describeFailure(error);
    world.stderr.write(text);
    return exitCode;
  }
}

function createProgram(world: World, registers: readonly Register[]): Command {
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
  for (const register of registers) register(program, context);
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
