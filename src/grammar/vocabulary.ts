/** Which keywords of JSON Schema are honoured, refused, or say nothing about values; docs/generation.md lists them. */

/** What they ask for is kept exactly, or the schema is refused. */
export const honouredKeywords = {
  any: ['type', 'nullable', 'enum', 'const'],
  composition: ['allOf', 'anyOf', 'oneOf', 'not', '$ref', '$defs', 'definitions', '$anchor', '$id'],
  numbers: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  strings: ['minLength', 'maxLength', 'pattern', 'format'],
  arrays: ['items', 'prefixItems', 'additionalItems', 'minItems', 'maxItems', 'uniqueItems'],
  objects: [
    'properties',
    'required',
    'additionalProperties',
    'patternProperties',
    'propertyNames',
    'minProperties',
    'maxProperties',
    'unevaluatedProperties',
  ],
} as const;

/** Would have to be honoured and cannot. */
export const refusedKeywords = [
  'if',
  'contains',
  'dependencies',
  'dependentRequired',
  'dependentSchemas',
  'unevaluatedItems',
  '$dynamicRef',
  '$recursiveRef',
] as const;

/** Ask for nothing themselves. */
export const annotations: ReadonlySet<string> = new Set([
  '$anchor',
  '$comment',
  '$defs',
  '$id',
  '$schema',
  'default',
  'definitions',
  'deprecated',
  'description',
  'example',
  'examples',
  'readOnly',
  'title',
  'writeOnly',
]);
