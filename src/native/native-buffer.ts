/** A block of C memory that both sides see: JavaScript through views, llama.cpp through its address. */
import koffi from 'koffi';
import { Handle } from './handle.ts';
import type { Pointer } from './structs.ts';

export class NativeBuffer extends Handle {
  /** Do not touch after dispose: the memory is gone. */
  readonly bytes: ArrayBuffer;

  /** `sizeBytes` > 0; the memory is zeroed. */
  constructor(sizeBytes: number) {
    const pointer: Pointer = koffi.alloc('uint8_t', sizeBytes);
    super(pointer);
    this.bytes = koffi.view(pointer, sizeBytes);
    new Uint8Array(this.bytes).fill(0);
  }

  protected override free(pointer: Pointer): void {
    koffi.free(pointer);
  }
}
