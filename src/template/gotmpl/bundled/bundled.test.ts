/** Checks that bundled templates are found by their fingerprints and say what the models' own Jinja templates say. */
import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileJinja } from '../../jinja/index.ts';
import { renderGoTemplate } from '../render.ts';
import { parseGoTemplate } from '../template.ts';
import { editDistanceBelow } from './edit-distance.ts';
import { bundledTemplates, detectTemplate } from './index.ts';

const conversation = [
  { role: 'user', content: 'Why is the sky blue?' },
  { role: 'assistant', content: 'Because of scattering.' },
  { role: 'user', content: 'And the sea?' },
];
const endOfText = new Map([
  ['starcoder2-instruct', '<|endoftext|>'],
  ['magicoder', '<｜end▁of▁sentence｜>'],
]);
/** Families whose own template refuses a system message. */
const noSystem = new Set(['gemma-instruct', 'magicoder', 'mistral-instruct', 'starcoder2-instruct']);

describe.each(bundledTemplates)('$name', (bundled) => {
  const { name, template, fingerprints } = bundled;

  test('is the text whose renderings are compared with Go', () => {
    const file = new URL(`../testdata/families/${name}.gotmpl`, import.meta.url);
    expect(readFileSync(file, 'utf8')).toBe(template);
  });

  test.each(fingerprints)('is detected by %j', (fingerprint) => {
    const detected = { name, template, stop: bundled.stop };
    expect(detectTemplate(fingerprint)).toEqual(detected);
    expect(detectTemplate(`${fingerprint}\n{# a comment #}`)).toEqual(detected);
    expect(detectTemplate(fingerprint.replaceAll('\\n', '\n'))).toEqual(detected);
  });

  test.each(fingerprints.slice(0, 1))('says the same as %j', (fingerprint) => {
    const system = noSystem.has(name) ? [] : [{ role: 'system', content: 'Be brief.' }];
    const eos = endOfText.get(name) ?? '</s>';
    for (const messages of [conversation.slice(0, 1), [...system, ...conversation]]) {
      // Later turns of Llama 2 begin with a BOS, which the template writes out; the first one is the tokenizer's.
      const values = { messages, bos_token: '<s>', eos_token: eos, add_generation_prompt: true };
      const expected = compileJinja(fingerprint).render(values).replace(/^<s>/, '');
      expect(renderGoTemplate(parseGoTemplate(template), { messages })).toBe(expected);
    }
  });

  test('leaves a begun answer open', () => {
    const prompt = renderGoTemplate(parseGoTemplate(template), { messages: conversation.slice(0, 2) });
    expect(prompt.endsWith('Because of scattering.')).toBe(true);
  });
});

describe('detection', () => {
  test.each([
    ['', 'nothing'],
    ['{{ messages }}', 'a short template'],
    [`${bundledTemplates[0]?.fingerprints[0]}${'x'.repeat(100)}`, 'a hundred characters more'],
    ['{% for m in messages %}'.repeat(200_000), 'a very long template'],
  ])('finds none for %.20s (%s)', (chatTemplate) => {
    expect(detectTemplate(chatTemplate)).toBeUndefined();
  });

  test('prefers the nearer of two similar fingerprints', () => {
    for (const { name, fingerprints } of bundledTemplates) {
      for (const fingerprint of fingerprints) expect(detectTemplate(fingerprint.slice(1))?.name).toBe(name);
    }
  });
});

describe('edit distance', () => {
  /** The textbook recurrence. */
  function reference(a: string, b: string): number {
    if (a === '' || b === '') return a.length + b.length;
    let row = Array.from({ length: b.length + 1 }, (_, j) => j);
    for (let i = 1; i <= a.length; i++) {
      const next = [i];
      for (let j = 1; j <= b.length; j++) {
        const cost = a[i - 1] === b[j - 1] ? 0 : 1;
        next.push(Math.min(row[j - 1]! + cost, row[j]! + 1, next[j - 1]! + 1));
      }
      row = next;
    }
    return row[b.length]!;
  }

  test('equals the textbook recurrence below the limit', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 14 });
    fc.assert(
      fc.property(text, text, fc.integer({ min: 0, max: 12 }), (a, b, limit) => {
        const distance = reference(a, b);
        expect(editDistanceBelow(a, b, limit)).toBe(distance < limit ? distance : undefined);
      }),
      { numRuns: 1000 },
    );
  });
});
