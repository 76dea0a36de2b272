/** A conversation in which nothing has been said or set. */
import type { Session } from '../repl/session.ts';
import { unknownTraits } from '../run/model-traits.ts';

export const emptySession: Session = {
  model: 'm',
  traits: unknownTraits,
  messages: [],
  system: '',
  options: {},
  format: undefined,
  think: undefined,
  keepAlive: undefined,
  hidesThinking: false,
  isWordWrap: true,
  isVerbose: false,
};
