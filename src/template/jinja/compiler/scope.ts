/**
 * Which variable a name means. jinja2 decides this before rendering, from what each block reads and assigns, and the
 * results differ from looking names up at run time; so the same rules are followed here (jinja2 3.1, idtracking).
 */
import type { Frame } from '../runtime.ts';
import type { Value } from '../values.ts';

/** A run-time function of the template: its main text, a macro, a recursive loop. Each call of it gets a frame. */
export class FunctionScope {
  /** Number of functions around it. */
  readonly depth: number;
  slotCount = 0;

  constructor(parent?: FunctionScope) {
    this.depth = parent === undefined ? 0 : parent.depth + 1;
  }
}

/** A variable: a slot in the frames of one function. */
export interface Ref {
  readonly fn: FunctionScope;
  readonly slot: number;
}

/** How a variable gets its value when its block is entered. */
type Load =
  | { readonly kind: 'parameter' }
  | { readonly kind: 'undefined' }
  | { readonly kind: 'resolve'; readonly name: string }
  | { readonly kind: 'alias'; readonly of: Ref };

/** The variables of one block. Branches of an `if` work on forks of the scope that are merged again. */
export class Scope {
  readonly fn: FunctionScope;
  readonly #parent: Scope | undefined;
  #refs = new Map<string, Ref>();
  #loads = new Map<Ref, Load>();
  #stores = new Set<string>();
  /** Shared with the forks, so that a name has one slot in all branches. */
  #slots = new Map<string, Ref>();

  constructor(fn: FunctionScope, parent?: Scope) {
    this.fn = fn;
    this.#parent = parent;
  }

  find(name: string): Ref | undefined {
    return this.#refs.get(name) ?? this.#parent?.find(name);
  }

  /** The name is read: if nothing around binds it, the caller's context is asked. */
  read(name: string): void {
    if (this.find(name) === undefined) this.#define(name, { kind: 'resolve', name });
  }

  /** The name is assigned: until then it has the value that it has outside. */
  assign(name: string): void {
    this.#stores.add(name);
    if (this.#refs.has(name)) return;
    const outer = this.#parent?.find(name);
    this.#define(name, outer === undefined ? { kind: 'undefined' } : { kind: 'alias', of: outer });
  }

  /** The name is a parameter or loop target: it is given a value whenever the block is entered. */
  parameter(name: string): Ref {
    this.#stores.add(name);
    return this.#define(name, { kind: 'parameter' });
  }

  #define(name: string, load: Load): Ref {
    let ref = this.#slots.get(name);
    if (ref === undefined) {
      ref = { fn: this.fn, slot: this.fn.slotCount++ };
      this.#slots.set(name, ref);
    }
    this.#refs.set(name, ref);
    this.#loads.set(ref, load);
    return ref;
  }

  fork(): Scope {
    const fork = new Scope(this.fn, this.#parent);
    fork.#refs = new Map(this.#refs);
    fork.#loads = new Map(this.#loads);
    fork.#stores = new Set(this.#stores);
    fork.#slots = this.#slots;
    return fork;
  }

  /** What only some branches assign has its outer value when another branch runs. */
  merge(branches: readonly Scope[]): void {
    const assigned = new Set<string>();
    for (const branch of branches)
      for (const name of branch.#stores) if (!this.#stores.has(name)) assigned.add(name);
    for (const branch of branches) {
      for (const [name, ref] of branch.#refs) this.#refs.set(name, ref);
      for (const [ref, load] of branch.#loads) this.#loads.set(ref, load);
      for (const name of branch.#stores) this.#stores.add(name);
    }
    for (const name of assigned) {
      const ref = this.find(name);
      const outer = this.#parent?.find(name);
      if (ref !== undefined)
        this.#loads.set(ref, outer === undefined ? { kind: 'resolve', name } : { kind: 'alias', of: outer });
    }
  }

  /** Code that gives the block's variables their first values; to be made when the whole block is analysed. */
  entry(): (frame: Frame) => void {
    const actions: ((frame: Frame) => void)[] = [];
    for (const [{ slot }, load] of this.#loads) {
      if (load.kind === 'parameter') continue;
      if (load.kind === 'undefined') {
        actions.push((frame) => {
          frame.slots[slot] = undefined;
        });
      } else if (load.kind === 'resolve') {
        actions.push((frame) => {
          frame.slots[slot] = frame.rt.resolve(load.name);
        });
      } else {
        const read = readSlot(load.of, this.fn);
        actions.push((frame) => {
          frame.slots[slot] = read(frame);
        });
      }
    }
    if (actions.length === 0) return () => {};
    return (frame) => {
      for (const action of actions) action(frame);
    };
  }
}

/** Code in function `from` that reads a variable of it or of a function around it. */
export function readSlot({ fn, slot }: Ref, from: FunctionScope): (frame: Frame) => Value | undefined {
  const hops = from.depth - fn.depth;
  if (hops === 0) return (frame) => frame.slots[slot];
  return (frame) => {
    let owner = frame;
    for (let i = 0; i < hops; i++) owner = owner.outer!;
    return owner.slots[slot];
  };
}
