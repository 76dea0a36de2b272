/** The noun "digest": parsed by `store/digest.ts` only. */

/** `sha256:` followed by 64 lower-case hexadecimal digits; only `parseDigest` and the hashers make one. */
export type Digest = string & { readonly __brand: 'Digest' };
