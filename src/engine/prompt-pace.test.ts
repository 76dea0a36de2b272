import { describe, expect, it } from 'vitest';
import { PromptPace } from './prompt-pace.ts';

describe('PromptPace', () => {
  it('allows the most until it knows better', () => {
    expect(new PromptPace().limit(512)).toBe(512);
  });

  it('aims at short steps, within bounds', () => {
    const slow = new PromptPace();
    slow.note(100, 200); // 2 ms a token: 100 tokens in 200 ms
    expect(slow.limit(512)).toBe(100);
    expect(slow.limit(50)).toBe(50);
    const slower = new PromptPace();
    slower.note(100, 10_000);
    expect(slower.limit(512)).toBe(32);
    const fast = new PromptPace();
    fast.note(512, 10);
    expect(fast.limit(512)).toBe(512);
  });

  it('learns nothing from steps of a few tokens, and follows changes slowly', () => {
    const pace = new PromptPace();
    pace.note(8, 1000);
    expect(pace.limit(512)).toBe(512);
    pace.note(100, 100);
    pace.note(100, 200);
    expect(pace.limit(512)).toBe(153); // 1.3 ms a token
  });
});
