/** Builds a conversation on the user's terminal and sees it through. */
import path from 'node:path';
import type { CliContext } from '../context.ts';
import type { RunOptions } from '../run/flags.ts';
import { unknownTraits } from '../run/model-traits.ts';
import { completionsOf } from './completion.ts';
import { Conversation } from './conversation.ts';
import { editText } from './external-editor.ts';
import { readHistory, writeHistory } from './history.ts';
import { TerminalEditor } from './line-editor.ts';

export async function startConversation(options: RunOptions, context: CliContext): Promise<void> {
  const { config, stdin, stdout, style } = context;
  const historyFile = path.join(config.stateDir, 'history');
  const editor = new TerminalEditor({
    input: stdin,
    output: stdout,
    style,
    history: readHistory(historyFile),
    isHistoryEnabled: !config.noHistory,
    onHistory: (lines) => writeHistory(historyFile, lines),
    editElsewhere: (text) => {
      // Ctrl-C belongs to the editor until it ends.
      const heed = context.onInterrupt(() => {});
      try {
        return editText(config.editor, text);
      } finally {
        heed();
      }
    },
    complete: (line) => completionsOf(line, { cwd: context.cwd, homeDir: config.homeDir }),
    isDumb: config.isDumbTerminal,
  });
  const session = { ...options, messages: [], system: '', options: {}, traits: unknownTraits };
  try {
    await new Conversation(editor, session, context).run();
  } finally {
    editor.close();
  }
}
