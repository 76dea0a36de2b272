/** Sends step events to the parent: one message is under way at a time, what comes meanwhile is joined into the next. */
import type { ChildMessage, StepEvent } from '../protocol/messages.ts';

type Send = (message: ChildMessage, done: () => void) => void;

/** A parent that reads slowly makes messages larger, never the queue longer or the engine wait. */
export class StepSender {
  readonly #send: Send;
  #pending: StepEvent[] = [];
  #isUnderWay = false;

  constructor(send: Send) {
    this.#send = send;
  }

  push(events: readonly StepEvent[]): void {
    for (const event of events) this.#pending.push(event);
    this.#flush();
  }

  #flush(): void {
    if (this.#isUnderWay || this.#pending.length === 0) return;
    const events = this.#pending;
    this.#pending = [];
    this.#isUnderWay = true;
    this.#send({ type: 'step', events }, () => {
      this.#isUnderWay = false;
      this.#flush();
    });
  }
}
