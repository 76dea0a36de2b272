/** PARAMETER values of models: merging and printing. */
import type { JsonObject, JsonValue } from '../types/json.ts';

const keyColumns = 30;

/** A key of `changes` replaces the inherited value as a whole; lists are not joined. */
export function mergeParameters(inherited: Readonly<JsonObject>, changes: Readonly<JsonObject>): JsonObject {
  return { ...inherited, ...changes };
}

/**
 * Name and value of each parameter by name, one pair for every element of a list. Names that the Modelfile language
 * cannot say are no parameters and left out, so that none can forge a line.
 */
export function listParameters(parameters: Readonly<JsonObject>): readonly (readonly [string, JsonValue])[] {
  return Object.keys(parameters)
    .filter((key) => /^\w+$/.test(key))
    .sort()
    .flatMap((key) => {
      const value = parameters[key] ?? null;
      return Array.isArray(value) ? value.map((element) => [key, element] as const) : [[key, value] as const];
    });
}

/** One line a parameter, the value in a column of its own, texts quoted. */
export function formatParameters(parameters: Readonly<JsonObject>): string {
  return listParameters(parameters)
    .map(([key, value]) => `${key.padEnd(keyColumns)} ${JSON.stringify(value)}`)
    .join('\n');
}

/** As a Modelfile has it. */
export function parameterText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
