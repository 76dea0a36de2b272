/** Holds docs/create.md against what there is. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { adapterArchitectures } from '../../convert/adapter/families.ts';
import { architectureNames } from '../../convert/arch/index.ts';
import { quantizationNames } from './quantization.ts';

const page = readFileSync(new URL('../../../docs/create.md', import.meta.url), 'utf8');

function section(title: string): string {
  return page.split(/^##+ /m).find((part) => part.startsWith(title)) ?? '';
}

it('lists every architecture that can be converted, and no other', () => {
  const rows = section('Folders of safetensors').match(/^\| `.*$/gm) ?? [];
  const named = rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(named.filter((name) => name !== 'architectures').toSorted()).toEqual(architectureNames.toSorted());
});

it('lists every architecture that can have adapters', () => {
  const [, list = ''] = /must be one of ([\w,\s]+);/.exec(section('Adapters')) ?? [];
  expect(list.split(/,\s+/)).toEqual(adapterArchitectures.toSorted());
});

it('lists every quantization, and no other', () => {
  const list = section('Quantizing')
    .split('\n\n')
    .find((part) => part.startsWith('F32,'));
  expect(list?.split(/,\s+/).toSorted()).toEqual(quantizationNames.toSorted());
});
