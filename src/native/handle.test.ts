import { describe, expect, it } from 'vitest';
import { Handle } from './handle.ts';
import type { Pointer } from './structs.ts';

function setUp() {
  const freed: Pointer[] = [];
  class Thing extends Handle {
    protected override free(pointer: Pointer): void {
      freed.push(pointer);
    }
  }
  return { freed, Thing };
}

describe('Handle', () => {
  it('frees once and is unusable afterwards', () => {
    const { freed, Thing } = setUp();
    const thing = new Thing(1n);
    expect(thing.pointer).toBe(1n);
    thing[Symbol.dispose]();
    thing[Symbol.dispose]();
    expect(freed).toEqual([1n]);
    expect(thing.isDisposed).toBe(true);
    expect(() => thing.pointer).toThrow('Thing was used after dispose');
  });

  it('outlives nobody: the parent goes after its children, whatever the order of disposing', () => {
    const { freed, Thing } = setUp();
    const parent = new Thing(1n);
    const child = new Thing(2n, parent);
    const grandchild = new Thing(3n, child);
    parent[Symbol.dispose]();
    child[Symbol.dispose]();
    expect(freed).toEqual([]);
    expect(() => parent.pointer).toThrow();
    grandchild[Symbol.dispose]();
    expect(freed).toEqual([3n, 2n, 1n]);
  });

  it('stays while children come and go', () => {
    const { freed, Thing } = setUp();
    {
      using parent = new Thing(1n);
      new Thing(2n, parent)[Symbol.dispose]();
      expect(freed).toEqual([2n]);
    }
    expect(freed).toEqual([2n, 1n]);
  });
});
