/** `cria version` and `cria -v`: the versions of this command and of the server that runs. */
import type { Command } from 'commander';
import type { ServerVersion } from '../../api/client.ts';
import type { CliContext } from '../context.ts';

export function registerVersion(program: Command, context: CliContext): void {
  program
    .command('version')
    .description('Show version information')
    .action(async () => {
      const server = await context.client.version().catch(() => undefined);
      context.stdout.write(versionText(context.config.version, server));
    });
}

/** A server that is not there or not cria is worth a warning, no more. */
export function versionText(clientVersion: string, server: ServerVersion | undefined): string {
  if (server === undefined) {
    return `Warning: could not connect to a running cria instance\ncria version is ${clientVersion}\n`;
  }
  if (server.criaVersion === undefined) {
    return `cria version is ${clientVersion}\nWarning: the running server is not cria but Ollama ${server.version} or alike\n`;
  }
  const lines = `cria version is ${server.criaVersion}\nOllama API version is ${server.version}\n`;
  return server.criaVersion === clientVersion
    ? lines
    : `${lines}Warning: client version is ${clientVersion}\n`;
}
