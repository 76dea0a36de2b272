/** The terminal as readline sees it. */
import { Writable } from 'node:stream';
import type { OutputStream } from '../context.ts';

/** What readline writes while the gate is shut is dropped. */
export class Gate extends Writable {
  isOpen = false;
  readonly #output: OutputStream;

  constructor(output: OutputStream) {
    super({ decodeStrings: false });
    this.#output = output;
    output.on('resize', this.#onResize);
  }

  detach(): void {
    this.#output.off('resize', this.#onResize);
  }

  readonly #onResize = (): void => {
    this.emit('resize');
  };

  get columns(): number {
    return this.#output.columns ?? 80;
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.isOpen) this.#output.write(chunk);
    done();
  }
}
