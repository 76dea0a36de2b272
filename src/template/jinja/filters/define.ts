/** Defining filters that take their arguments through `Parameters`. */
import { Parameters } from '../call-args.ts';
import type { Filter, Runtime } from '../runtime.ts';
import type { Value } from '../values.ts';

/** `filter` must call `p.done()` when it has read its arguments. */
export function define(
  name: string,
  filter: (rt: Runtime, input: Value, p: Parameters) => Value,
): [string, Filter] {
  return [name, (rt, input, args) => filter(rt, input, new Parameters(name, args))];
}
