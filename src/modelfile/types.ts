/** What a Modelfile consists of, after parsing and before anything is looked up. */

/** Commands that carry one text, by their lower-case keyword. */
export const textCommands = [
  'from',
  'license',
  'template',
  'system',
  'adapter',
  'draft',
  'renderer',
  'parser',
  'requires',
] as const;

export type TextCommandName = (typeof textCommands)[number];

export const messageRoles = ['system', 'user', 'assistant'] as const;

export type MessageRole = (typeof messageRoles)[number];

/** One command. Values are free of quotes; only printable characters, spaces, tabs and line ends occur in them. */
export type ModelfileCommand =
  | { readonly name: TextCommandName; readonly value: string }
  /** `key` is not empty and consists of ASCII letters, digits and `_`; whether such a parameter exists is not checked yet. */
  | { readonly name: 'parameter'; readonly key: string; readonly value: string }
  | { readonly name: 'message'; readonly role: MessageRole; readonly content: string };

/** Commands in the order of the file; at least one is a `from`. */
export type Modelfile = readonly ModelfileCommand[];
