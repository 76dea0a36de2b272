import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../types/message.ts';
import { fitHistory } from './fit-history.ts';

const render = (messages: readonly Message[]): string => messages.map((m) => `${m.content}\n`).join('');
/** One token a character, so that the counts can be read off. */
const countTokens = async (text: string): Promise<number> => text.length;

const message = (role: string, content: string): Message => ({ role, content });

async function fitted(messages: readonly Message[], maxTokens: number) {
  return fitHistory({ messages, render, countTokens, maxTokens });
}

describe('fitHistory', () => {
  const history = [
    message('system', 'sys'),
    message('user', 'aaaa'),
    message('assistant', 'bbbb'),
    message('user', 'cccc'),
  ];

  it('keeps everything that fits and does not count what is surely short', async () => {
    let counted = 0;
    const result = await fitHistory({
      messages: history,
      render,
      countTokens: async () => ++counted,
      maxTokens: 100,
    });
    expect(result).toMatchObject({ messages: history, truncation: undefined });
    expect(counted).toBe(0);
  });

  it('drops the oldest messages but the system message', async () => {
    const result = await fitted(history, 14);
    expect(result.text).toBe('sys\nbbbb\ncccc\n');
    expect(result.truncation).toEqual({ originalTokens: 19, keptTokens: 14 });
  });

  it('keeps the last message even when it does not fit', async () => {
    const result = await fitted(history, 2);
    expect(result.text).toBe('sys\ncccc\n');
  });

  it('leaves a single message alone', async () => {
    expect(await fitted([message('user', 'x'.repeat(50))], 5)).toMatchObject({ truncation: undefined });
  });

  it('finds the same start as trying one after the other', async () => {
    const role = fc.constantFrom('user', 'assistant', 'system');
    const messages = fc.array(fc.tuple(role, fc.string({ maxLength: 6 })), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(messages, fc.integer({ min: 1, max: 40 }), async (pairs, maxTokens) => {
        const all = pairs.map(([r, c]) => message(r, c));
        let expected = '';
        for (let start = 0; start < all.length; start++) {
          expected = render(all.filter((m, index) => index >= start || m.role === 'system'));
          if (expected.length <= maxTokens) break;
        }
        expect((await fitted(all, maxTokens)).text).toBe(expected);
      }),
    );
  });
});
