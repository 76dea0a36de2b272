/** Text of a Modelfile → commands. Says where it goes wrong; looks nothing up. */
import { CriaError } from '../errors.ts';
import { ModelfileLexer } from './lexer.ts';
import {
  type MessageRole,
  type Modelfile,
  type ModelfileCommand,
  messageRoles,
  type TextCommandName,
  textCommands,
} from './types.ts';

/** Throws `bad_request` with Ollama's texts; errors of a line carry its number as `data.line`. */
export function parseModelfile(text: string): Modelfile {
  const lexer = new ModelfileLexer(text);
  const commands: ModelfileCommand[] = [];
  for (let keyword = lexer.keyword(); keyword !== undefined; keyword = lexer.keyword()) {
    if (!keyword.isComplete) throw invalidCommand(keyword.line);
    commands.push(parseCommand(lexer, keyword.text.toLowerCase(), keyword.line));
  }
  if (!commands.some((command) => command.name === 'from'))
    throw new CriaError('bad_request', 'no FROM line');
  return commands;
}

function parseCommand(lexer: ModelfileLexer, name: string, line: number): ModelfileCommand {
  if (isTextCommand(name)) return { name, value: lexer.value() };
  if (name === 'parameter') {
    const key = lexer.word((char) => /^\w$/.test(char));
    return { name, key, value: lexer.value() };
  }
  if (name === 'message') {
    const role = lexer.word((char) => /^[A-Za-z]$/.test(char));
    if (!isMessageRole(role)) {
      throw lineError(line, 'message role must be one of "system", "user", or "assistant"');
    }
    return { name, role, content: lexer.value() };
  }
  throw invalidCommand(line);
}

function isTextCommand(name: string): name is TextCommandName {
  return textCommands.some((known) => known === name);
}

function isMessageRole(role: string): role is MessageRole {
  return messageRoles.some((known) => known === role);
}

function invalidCommand(line: number): CriaError {
  return lineError(
    line,
    'command must be one of "from", "license", "template", "system", "adapter", "draft", "renderer", "parser", "parameter", "message", or "requires"',
  );
}

function lineError(line: number, message: string): CriaError {
  return new CriaError('bad_request', `(line ${line}): ${message}`, { data: { line } });
}
