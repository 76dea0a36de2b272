/** The noun "model name": four parts, parsed and printed by `store/name.ts` only. */

/** A complete model name; every part has passed the grammar of `store/name.ts`. */
export interface ModelName {
  readonly host: string;
  readonly namespace: string;
  readonly model: string;
  readonly tag: string;
}
