/** How a model writes tool calls, as its own template shows. */

/**
 * - `json`: an object that holds name and arguments, e.g. `<tool_call>{"name": …, "arguments": …}</tool_call>`
 * - `named`: the name stands before a JSON object, e.g. `<function=name>{…}</function>`; ids and markers may stand between
 * - `tagged`: the name and every argument stand between tags
 * - `python`: calls as in Python, e.g. `[name(key="value")]`
 *
 * All literals are without surrounding white space; an empty one means that there is none.
 */
export type ToolCallFormat = JsonCallFormat | NamedCallFormat | TaggedCallFormat | PythonCallFormat;

interface Wrapped {
  /** Opens a block of calls. */
  readonly blockOpen: string;
  /** Texts that may stand between and after calls of a block, longest first. */
  readonly fillers: readonly string[];
}

export interface JsonCallFormat extends Wrapped {
  readonly kind: 'json';
  readonly nameKey: string;
  readonly argumentsKey: string;
}

export interface NamedCallFormat extends Wrapped {
  readonly kind: 'named';
  readonly beforeName: string;
}

export interface TaggedCallFormat extends Wrapped {
  readonly kind: 'tagged';
  readonly beforeName: string;
  readonly afterName: string;
  readonly beforeKey: string;
  readonly afterKey: string;
  readonly afterValue: string;
  /** After the last argument. */
  readonly callClose: string;
}

export interface PythonCallFormat extends Wrapped {
  readonly kind: 'python';
}
