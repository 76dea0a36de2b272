import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { any, anyObject, array, boolean, integer, map, object, string } from '../api/schema.ts';
import { CriaError } from '../errors.ts';
import type { JsonValue } from '../types/json.ts';
import { decode } from './decode.ts';

const schema = object('Thing', {
  name: string,
  isFine: boolean,
  count: integer,
  tags: array(string),
  sizes: map(integer),
  extra: any,
  options: anyObject,
  inner: object('Inner', { deep: array(object('Deep', { word: string })) }),
});

describe('decode', () => {
  it.each<[string, JsonValue, unknown]>([
    ['nothing', {}, {}],
    ['null', null, {}],
    ['unknown keys', { other: 1, __proto__x: 2 }, {}],
    ['null fields', { name: null, count: null, tags: null, inner: null }, {}],
    ['any case', { NAME: 'a', isfine: true, ISFINE: true }, { name: 'a', isFine: true }],
    ['the exact case first', { name: 'exact', NAME: 'other', Name: 'third' }, { name: 'exact' }],
    ['the exact case last', { NAME: 'other', name: 'exact' }, { name: 'exact' }],
    ['another case where the exact one is null', { name: null, NAME: 'other' }, { name: 'other' }],
    ['the last of other cases', { NAME: 'a', Name: 'b' }, { name: 'b' }],
    [
      'null in lists and maps',
      { tags: ['a', null], sizes: { x: null } },
      { tags: ['a', ''], sizes: { x: 0 } },
    ],
    ['anything', { extra: [1, { a: null }] }, { extra: [1, { a: null }] }],
    ['objects as they are', { options: { A: 1, b: null } }, { options: { A: 1, b: null } }],
    ['nested', { inner: { DEEP: [{ Word: 'x' }, null] } }, { inner: { deep: [{ word: 'x' }, {}] } }],
    ['whole floats', { count: 3.0 }, { count: 3 }],
  ])('takes %s', (_name, value, expected) => {
    expect(decode(schema, value)).toEqual(expected);
  });

  it.each<[JsonValue, string]>([
    [[], 'json: cannot unmarshal array into Go value of type api.Thing'],
    ['x', 'json: cannot unmarshal string into Go value of type api.Thing'],
    [{ name: 1 }, 'json: cannot unmarshal number into Go struct field Thing.name of type string'],
    [{ isFine: 'x' }, 'json: cannot unmarshal string into Go struct field Thing.isFine of type bool'],
    [{ count: 1.5 }, 'json: cannot unmarshal number 1.5 into Go struct field Thing.count of type int'],
    [{ count: 2 ** 60 }, 'Thing.count of type int'],
    [{ count: true }, 'json: cannot unmarshal bool into Go struct field Thing.count of type int'],
    [{ tags: {} }, 'json: cannot unmarshal object into Go struct field Thing.tags of type []string'],
    [{ tags: [1] }, 'json: cannot unmarshal number into Go struct field Thing.tags of type string'],
    [{ sizes: { a: 'x' } }, 'json: cannot unmarshal string into Go struct field Thing.sizes of type int'],
    [{ options: [] }, 'Thing.options of type map[string]interface {}'],
    [{ inner: { deep: [{ word: [] }] } }, 'Go struct field Thing.inner.deep.word of type string'],
  ])('refuses %j', (value, message) => {
    expect(() => decode(schema, value)).toThrow(message);
    expect(() => decode(schema, value)).toThrow(CriaError);
  });

  it('takes hostile keys as keys', () => {
    const hostile = JSON.parse(
      '{"__proto__":{"name":"x"},"constructor":1,"sizes":{"__proto__":1,"toString":2},"hasOwnProperty":3}',
    );
    const { sizes, ...rest } = decode(schema, hostile);
    expect(rest).toEqual({});
    expect(rest.name).toBeUndefined();
    expect(Object.entries(sizes ?? {})).toEqual([
      ['__proto__', 1],
      ['toString', 2],
    ]);
    expect(Object.getPrototypeOf(sizes)).toBe(Object.prototype);
  });

  it('gives an object of known keys or CriaError, for any JSON', () => {
    const known = fc.constantFrom(...Object.keys(schema.fields));
    const value = fc.dictionary(fc.oneof(known, fc.string()), fc.jsonValue());
    fc.assert(
      fc.property(fc.oneof(value, fc.jsonValue()), (json) => {
        try {
          const keys = Object.keys(decode(schema, json as JsonValue)); // fc.jsonValue makes JSON values
          expect(Object.keys(schema.fields)).toEqual(expect.arrayContaining(keys));
        } catch (error) {
          expect(error).toBeInstanceOf(CriaError);
        }
      }),
    );
  });
});
