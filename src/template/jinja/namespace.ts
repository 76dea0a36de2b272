/** `namespace()`: the one object whose attributes templates can set. */
import type { Runtime } from './runtime.ts';
import { stringRepr, toRepr } from './text.ts';
import { Instance, type Value } from './values.ts';

export class Namespace extends Instance {
  override readonly typeName = 'Namespace';
  readonly #attributes: Map<string, Value>;

  constructor(attributes: Map<string, Value>) {
    super();
    this.#attributes = attributes;
  }

  set(name: string, value: Value): void {
    this.#attributes.set(name, value);
  }

  override attribute(_rt: Runtime, name: string): Value | undefined {
    return this.#attributes.get(name);
  }

  override repr(rt: Runtime): string {
    const items = [...this.#attributes].map(([name, value]) => `${stringRepr(name)}: ${toRepr(rt, value)}`);
    return `<Namespace {${items.join(', ')}}>`;
  }
}
