import { describe, expect, it } from 'vitest';
import type { ChildMessage, StepEvent } from '../protocol/messages.ts';
import { StepSender } from './sender.ts';

const event = (id: number): StepEvent => ({ id, type: 'tokens', text: `t${id}` });

describe('StepSender', () => {
  it('has one message under way and joins what comes meanwhile', () => {
    const sent: number[][] = [];
    const done: (() => void)[] = [];
    const sender = new StepSender((message: ChildMessage, whenDone) => {
      if (message.type === 'step') sent.push(message.events.map(({ id }) => id));
      done.push(whenDone);
    });
    sender.push([event(1), event(2)]);
    sender.push([event(3)]);
    sender.push([event(4)]);
    expect(sent).toEqual([[1, 2]]);
    done.shift()?.();
    expect(sent).toEqual([
      [1, 2],
      [3, 4],
    ]);
    done.shift()?.();
    expect(sent).toHaveLength(2);
    sender.push([]);
    expect(sent).toHaveLength(2);
    sender.push([event(5)]);
    expect(sent.at(-1)).toEqual([5]);
  });
});
