/** Assignment to names, tuples of names and namespace attributes. */
import type { Target } from '../ast.ts';
import { TemplateFailure } from '../errors.ts';
import { iterate, tryIterate } from '../iterate.ts';
import { Namespace } from '../namespace.ts';
import type { Frame, Runtime } from '../runtime.ts';
import { typeName } from '../type-name.ts';
import type { Value } from '../values.ts';
import { readSlot, type Scope } from './scope.ts';

export type Store = (frame: Frame, value: Value) => void;

/** Code that binds `target`; its names are known to `scope`. */
export function compileTarget(target: Target, scope: Scope): Store {
  if (target.kind === 'tuple') {
    const items = target.items.map((item) => compileTarget(item, scope));
    return (frame, value) => {
      const values = unpack(frame.rt, value, items.length);
      items.forEach((store, i) => {
        store(frame, values[i]!);
      });
    };
  }
  const ref = scope.find(target.name)!; // analysis has seen every target
  if (target.kind === 'name') {
    const { slot } = ref;
    return (frame, value) => {
      frame.slots[slot] = value;
    };
  }
  const read = readSlot(ref, scope.fn);
  const { attribute, at } = target;
  return (frame, value) => {
    const namespace = read(frame);
    if (!(namespace instanceof Namespace))
      throw new TemplateFailure('cannot assign attribute on non-namespace object', { offset: at });
    namespace.set(attribute, value);
  };
}

function unpack(rt: Runtime, value: Value, count: number): Value[] {
  if (tryIterate(rt, value) === undefined)
    throw new TemplateFailure(`cannot unpack non-iterable ${typeName(value)} object`);
  const values: Value[] = [];
  for (const item of iterate(rt, value)) {
    if (values.length === count) throw new TemplateFailure(`too many values to unpack (expected ${count})`);
    values.push(item);
  }
  if (values.length < count)
    throw new TemplateFailure(`not enough values to unpack (expected ${count}, got ${values.length})`);
  return values;
}
