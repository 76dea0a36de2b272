/** How a model writes tool calls, as its own template shows. */

/**
 * - `json`: an object that holds name and arguments, e.g. `<tool_call>{"name": …, "arguments": …}</tool_call>`
 * - `named`: the name stands before an object, e.g. `<function=name>{…}</function>`; ids and markers may stand between
 * - `tagged`: the name and every argument stand between tags
 * - `elements`: every argument is an element named by its key, objects and lists are nested elements
 * - `python`: calls as in Python, e.g. `[name(key="value")]`
 *
 * All literals are without surrounding white space; an empty one means that there is none.
 */
export type ToolCallFormat =
  | JsonCallFormat
  | NamedCallFormat
  | TaggedCallFormat
  | ElementsCallFormat
  | PythonCallFormat;

interface Wrapped {
  /** Opens a block of calls. */
  readonly blockOpen: string;
  /** Texts that may stand between and after calls of a block, longest first. */
  readonly fillers: readonly string[];
  /** An id of the model's own making stands between the opening texts and the name. Default: false. */
  readonly hasId?: boolean;
  /** Members of objects come in the order of the alphabet. Default: as the tool declares them. */
  readonly isSorted?: boolean;
}

export interface JsonCallFormat extends Wrapped {
  readonly kind: 'json';
  /** Both keys are empty where the object is `{"name": {…arguments}}`. */
  readonly nameKey: string;
  readonly argumentsKey: string;
  /** All that the object holds, in this order; undefined = something that is not understood, or other objects around it. */
  readonly members?: readonly JsonCallMember[];
}

export interface JsonCallMember {
  readonly key: string;
  /** `text` and `number`: something beside name and arguments, such as an id. */
  readonly holds: 'name' | 'arguments' | 'text' | 'number';
}

export interface NamedCallFormat extends Wrapped {
  readonly kind: 'named';
  readonly beforeName: string;
  /** Stands on both sides of a string, and keys are bare: `{key:<|"|>text<|"|>}`. Default: the arguments are JSON. */
  readonly quote?: string;
}

export interface TaggedCallFormat extends Wrapped {
  readonly kind: 'tagged';
  readonly beforeName: string;
  readonly afterName: string;
  /** Ends what stands behind `afterName` and differs from call to call, such as a count. Default: nothing does. */
  readonly countEnd?: string;
  readonly beforeKey: string;
  readonly afterKey: string;
  /** The words for the types of strings and of numbers, which stand between `afterKey` and `end`. Default: types are not written. */
  readonly typeMark?: { readonly string: string; readonly other: string; readonly end: string };
  readonly afterValue: string;
  /** After the last argument. */
  readonly callClose: string;
}

export interface ElementsCallFormat extends Wrapped {
  readonly kind: 'elements';
  readonly beforeName: string;
  readonly afterName: string;
  /** Stands before every tag: `‹beforeTag›<key>value‹beforeTag›</key>`. */
  readonly beforeTag: string;
  /** After the last argument. */
  readonly callClose: string;
}

export interface PythonCallFormat extends Wrapped {
  readonly kind: 'python';
}
