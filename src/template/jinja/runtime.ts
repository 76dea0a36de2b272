/** State of one rendering: the caller's context, what it may spend, and the frames of running code. */
import { TemplateFailure } from './errors.ts';
import { fromJs } from './from-js.ts';
import type { CallArguments, Undefined, Value } from './values.ts';

/**
 * What one rendering may spend. A template is untrusted text from a model file, so every loop, call and copy is paid
 * for; the defaults leave a conversation of some megabytes ample room and stop a hostile template within a second or two.
 */
export interface RenderLimits {
  /** Statements, iterations and calls, plus a share for every character or item that is copied. Default 2^24. */
  readonly maxSteps: number;
  /** Length of any one string, the output included, in UTF-16 units. Default 2^26. */
  readonly maxStringLength: number;
  /** Macro calls within macro calls. Default 200. */
  readonly maxCallDepth: number;
}

export const defaultLimits: RenderLimits = {
  maxSteps: 2 ** 24,
  maxStringLength: 2 ** 26,
  maxCallDepth: 200,
};

/** `input|name(args)`. */
export type Filter = (rt: Runtime, input: Value, args: CallArguments) => Value;
/** `input is name(args)`. */
export type Test = (rt: Runtime, input: Value, args: CallArguments) => boolean;

/** What templates find without being given it. */
export interface Library {
  readonly filters: ReadonlyMap<string, Filter>;
  readonly tests: ReadonlyMap<string, Test>;
  readonly globals: ReadonlyMap<string, Value>;
  /** `object.name` through the sandbox, for `str.format`. */
  getAttribute(rt: Runtime, object: Value, name: string): Value;
  /** `object[key]` through the sandbox. */
  getItem(rt: Runtime, object: Value, key: Value): Value;
}

/** Deepest nesting of data that is walked; cyclic lists end here. */
export const maxDataDepth = 400;

/** Characters that cost one step. */
const charsPerStep = 4;
/** Steps that a list item costs: it holds memory, where most steps do not. */
const stepsPerItem = 4;

export class Runtime {
  /** Offset in the source of the node that ran last, for error positions. */
  at = 0;
  /** The clock of `strftime_now`. */
  readonly now: () => Date;
  readonly library: Library;
  readonly #context: Readonly<Record<string, unknown>>;
  readonly #resolved = new Map<string, Value | undefined>();
  readonly #limits: RenderLimits;
  #stepsLeft: number;
  #callDepth = 0;

  constructor(
    context: Readonly<Record<string, unknown>>,
    library: Library,
    limits: RenderLimits,
    now: () => Date,
  ) {
    this.#context = context;
    this.library = library;
    this.#limits = limits;
    this.#stepsLeft = limits.maxSteps;
    this.now = now;
  }

  /** A name that no scope of the template binds: the caller's context first, then the globals. */
  resolve(name: string): Value | undefined {
    if (this.#resolved.has(name)) return this.#resolved.get(name);
    const given = Object.hasOwn(this.#context, name) ? this.#context[name] : undefined;
    const value = given === undefined ? this.library.globals.get(name) : fromJs(given);
    this.#resolved.set(name, value);
    return value;
  }

  step(): void {
    if (--this.#stepsLeft < 0)
      throw new TemplateFailure('the template takes too many steps', { reason: 'limit' });
  }

  /** Pays for reading or copying `length` characters. */
  chargeChars(length: number): void {
    this.#stepsLeft -= Math.ceil(length / charsPerStep);
    this.step();
  }

  /** Pays for `count` items of a new list. */
  chargeItems(count: number): void {
    this.#stepsLeft -= count * stepsPerItem;
    this.step();
  }

  /** Refuses a string of `length` before it is made. */
  checkLength(length: number): void {
    if (length > this.#limits.maxStringLength)
      throw new TemplateFailure('the template makes too long a text', { reason: 'limit' });
  }

  /** Pays for making a string of `length`. */
  chargeText(length: number): void {
    this.checkLength(length);
    this.chargeChars(length);
  }

  /** Runs the body of a macro or recursive loop one level deeper. */
  nested<T>(body: () => T): T {
    if (++this.#callDepth > this.#limits.maxCallDepth)
      throw new TemplateFailure('the template recurses too deeply', { reason: 'limit' });
    const result = body();
    // Not in a finally: a failure ends the whole rendering.
    this.#callDepth--;
    return result;
  }

  /** The error of working with an undefined value. */
  failUndefined(value: Undefined): never {
    throw new TemplateFailure(value.message);
  }
}

/** Variables and output of one running function: the template itself, a macro, a recursive loop. */
export class Frame {
  readonly rt: Runtime;
  /** Of the function in whose text this one stands; its variables are seen as they are now, not as they were. */
  readonly outer: Frame | undefined;
  /** undefined = not (yet) assigned. */
  readonly slots: (Value | undefined)[];
  /** Output so far of the innermost capture. */
  out = '';
  /** Text of the block that a filter is about to take in. */
  captured = '';

  constructor(rt: Runtime, slotCount: number, outer?: Frame) {
    this.rt = rt;
    this.slots = new Array<Value | undefined>(slotCount).fill(undefined);
    this.outer = outer;
  }

  write(text: string): void {
    this.out += text;
    this.rt.checkLength(this.out.length);
  }
}
