/** Macros and the bodies of call blocks as callable values. */

import { Dict } from './dict.ts';
import { TemplateFailure } from './errors.ts';
import { Frame, type Runtime } from './runtime.ts';
import { stringRepr } from './text.ts';
import { type CallArguments, Instance, Tuple, Undefined, type Value } from './values.ts';

/** What the compiler knows about a macro. Slots are those of the macro's own frame. */
export interface MacroDefinition {
  /** undefined for the body of a call block. */
  readonly name: string | undefined;
  readonly parameters: readonly { readonly name: string; readonly slot: number }[];
  /** Set when the body uses the special name and it is no parameter. */
  readonly callerSlot: number | undefined;
  readonly kwargsSlot: number | undefined;
  readonly varargsSlot: number | undefined;
  slotCount: number;
  /** Fills in defaults, then writes the body's text to the frame. */
  run: (frame: Frame) => void;
}

export class Macro extends Instance {
  override readonly typeName = 'Macro';
  readonly #definition: MacroDefinition;
  readonly #outer: Frame;

  constructor(definition: MacroDefinition, outer: Frame) {
    super();
    this.#definition = definition;
    this.#outer = outer;
  }

  override call(rt: Runtime, args: CallArguments): Value {
    const frame = new Frame(rt, this.#definition.slotCount, this.#outer);
    this.#bind(frame, args);
    rt.nested(() => this.#definition.run(frame));
    return frame.out;
  }

  #bind(frame: Frame, args: CallArguments): void {
    const { name, parameters, callerSlot, kwargsSlot, varargsSlot } = this.#definition;
    const { positional } = args;
    const keyword = new Map(args.keyword);
    parameters.forEach((parameter, i) => {
      // A keyword for a parameter that is filled by position stays behind, and is refused below.
      const value = i < positional.length ? positional[i] : keyword.get(parameter.name);
      if (i >= positional.length) keyword.delete(parameter.name);
      frame.slots[parameter.slot] = value;
    });
    if (callerSlot !== undefined) {
      const caller = keyword.get('caller') ?? null;
      keyword.delete('caller');
      frame.slots[callerSlot] = caller ?? new Undefined({ hint: 'No caller defined', name: 'caller' });
    }
    if (kwargsSlot !== undefined) frame.slots[kwargsSlot] = Dict.of(keyword);
    else {
      const [extra] = keyword.keys();
      if (extra !== undefined)
        throw new TemplateFailure(`macro ${nameText(name)} takes no keyword argument ${stringRepr(extra)}`);
    }
    if (varargsSlot !== undefined) frame.slots[varargsSlot] = new Tuple(positional.slice(parameters.length));
    else if (positional.length > parameters.length)
      throw new TemplateFailure(
        `macro ${nameText(name)} takes not more than ${parameters.length} argument(s)`,
      );
  }

  override attribute(_rt: Runtime, attribute: string): Value | undefined {
    const { name, parameters, kwargsSlot, varargsSlot, callerSlot } = this.#definition;
    switch (attribute) {
      case 'name':
        return name ?? null;
      case 'arguments':
        return new Tuple(parameters.map((parameter) => parameter.name));
      case 'catch_kwargs':
        return kwargsSlot !== undefined;
      case 'catch_varargs':
        return varargsSlot !== undefined;
      case 'caller':
        return callerSlot !== undefined;
      default:
        return undefined;
    }
  }

  override repr(): string {
    const { name } = this.#definition;
    return name === undefined ? '<Macro anonymous>' : `<Macro ${stringRepr(name)}>`;
  }
}

function nameText(name: string | undefined): string {
  return name === undefined ? 'None' : stringRepr(name);
}
