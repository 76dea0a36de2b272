/** `cria serve`: this process becomes the server. */
import type { Command } from 'commander';
import { type Flags, loadConfig } from '../../config/index.ts';
import type { CliContext } from '../context.ts';

export function registerServe(program: Command, context: CliContext): void {
  program
    .command('serve')
    .alias('start')
    .description('Start the server')
    .option('--host <address>', 'address to listen on, instead of OLLAMA_HOST')
    .option('--models <folder>', 'folder of the models, instead of OLLAMA_MODELS')
    .action(async (flags: Flags) => {
      // Loaded here only: no other command needs the server's rooms, and they take their time.
      const { serve } = await import('../../serve.ts');
      await serve(loadConfig(context.env, flags));
    });
}
