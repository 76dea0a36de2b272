/** Commands → text of a Modelfile that parses to the same commands. */
import type { ModelfileCommand } from './types.ts';

/**
 * One command a line, with a line end after each.
 *
 * The language has no escapes: a value of several lines of which one before the last ends in `"""` cannot be written, and
 * characters that are not printable are lost when it is read again. No parsed value is of either kind.
 */
export function formatModelfile(commands: readonly ModelfileCommand[]): string {
  return commands.map((command) => `${formatCommand(command)}\n`).join('');
}

/** One command, without a line end. */
export function formatCommand(command: ModelfileCommand): string {
  switch (command.name) {
    case 'parameter':
      return `PARAMETER ${command.key} ${quote(command.value)}`;
    case 'message':
      return `MESSAGE ${command.role} ${quote(command.content)}`;
    default:
      return `${command.name.toUpperCase()} ${quote(command.value)}`;
  }
}

/**
 * Quotes where the bare text would not come back as it is. (Ollama leaves texts with quotes at their beginning bare, and
 * loses those quotes.)
 */
function quote(value: string): string {
  const isSafeBare = !/^[\s"]|\s$|[\r\n]/.test(value);
  if (isSafeBare) return value;
  return value.includes('"') ? `"""${value}"""` : `"${value}"`;
}
