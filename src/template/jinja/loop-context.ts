/** The `loop` variable of `for`. */
import { isEqual } from './compare.ts';
import { TemplateFailure } from './errors.ts';
import { iterate, lengthOf } from './iterate.ts';
import type { Runtime } from './runtime.ts';
import { type CallArguments, Instance, NativeFunction, Tuple, Undefined, type Value } from './values.ts';

/** Renders the loop's body for nested items: what calling `loop` does in a recursive loop. */
export type Recurse = (rt: Runtime, iterable: Value, depth0: number) => string;

/** Walks the items one by one; looks ahead only when asked, so that lazy filters see what the body changes. */
export class LoopContext extends Instance {
  override readonly typeName = 'LoopContext';
  readonly #depth0: number;
  readonly #recurse: Recurse | undefined;
  #iterator: Iterator<Value>;
  #length: number | undefined;
  #index0 = -1;
  #current: Value | undefined;
  #before: Value | undefined;
  /** Items taken from the iterator but not yet handed out. */
  #ahead: Value | undefined;
  #lastChecked: Tuple | undefined;

  constructor(rt: Runtime, iterable: Value, depth0: number, recurse: Recurse | undefined) {
    super();
    this.#iterator = iterate(rt, iterable);
    this.#length = lengthOf(rt, iterable);
    this.#depth0 = depth0;
    this.#recurse = recurse;
  }

  /** Moves on and returns the item; undefined at the end. */
  next(): Value | undefined {
    const item = this.#peek();
    if (item === undefined) return undefined;
    this.#ahead = undefined;
    this.#index0++;
    this.#before = this.#current;
    this.#current = item;
    return item;
  }

  #peek(): Value | undefined {
    if (this.#ahead === undefined) {
      const next = this.#iterator.next();
      this.#ahead = next.done === true ? undefined : next.value;
    }
    return this.#ahead;
  }

  override length(rt: Runtime): number {
    if (this.#length === undefined) {
      const rest: Value[] = [];
      for (let next = this.#iterator.next(); next.done !== true; next = this.#iterator.next()) {
        rt.chargeItems(1);
        rest.push(next.value);
      }
      this.#iterator = rest[Symbol.iterator]();
      this.#length = rest.length + this.#index0 + 1 + (this.#ahead === undefined ? 0 : 1);
    }
    return this.#length;
  }

  override attribute(rt: Runtime, name: string): Value | undefined {
    switch (name) {
      case 'index':
        return this.#index0 + 1;
      case 'index0':
        return this.#index0;
      case 'revindex':
        return this.length(rt) - this.#index0;
      case 'revindex0':
        return this.length(rt) - this.#index0 - 1;
      case 'first':
        return this.#index0 === 0;
      case 'last':
        return this.#peek() === undefined;
      case 'length':
        return this.length(rt);
      case 'depth':
        return this.#depth0 + 1;
      case 'depth0':
        return this.#depth0;
      case 'previtem':
        return this.#before === undefined
          ? new Undefined({ hint: 'there is no previous item' })
          : this.#before;
      case 'nextitem': {
        const next = this.#peek();
        return next === undefined ? new Undefined({ hint: 'there is no next item' }) : next;
      }
      case 'cycle':
        return new NativeFunction(name, (_rt, args) => this.#cycle(args));
      case 'changed':
        return new NativeFunction(name, (changedRt, args) => this.#changed(changedRt, args));
      default:
        return undefined;
    }
  }

  #cycle({ positional }: CallArguments): Value {
    const item = positional[this.#index0 % positional.length];
    if (item === undefined) throw new TemplateFailure('no items for cycling given');
    return item;
  }

  #changed(rt: Runtime, { positional }: CallArguments): boolean {
    const values = new Tuple(positional);
    if (this.#lastChecked !== undefined && isEqual(rt, this.#lastChecked, values)) return false;
    this.#lastChecked = values;
    return true;
  }

  override call(rt: Runtime, args: CallArguments): Value {
    const [iterable] = args.positional;
    if (this.#recurse === undefined)
      throw new TemplateFailure("The loop must have the 'recursive' marker to be called recursively.");
    if (iterable === undefined) throw new TemplateFailure('loop() missing its argument: the items');
    return this.#recurse(rt, iterable, this.#depth0 + 1);
  }

  override repr(rt: Runtime): string {
    return `<LoopContext ${this.#index0 + 1}/${this.length(rt)}>`;
  }
}
