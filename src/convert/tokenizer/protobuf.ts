/** Reads the wire format of protocol buffers, as much of it as SentencePiece's models need; every length is checked. */
import { conversionError } from '../error.ts';

export interface ProtobufField {
  readonly number: number;
  /** Varints (wire type 0) as a number, fixed 32 bits as their bytes, and so length-delimited fields. */
  readonly value: number | Uint8Array;
}

/** The fields of a message in order. Throws `conversion_failed` when `bytes` is not a sound message. */
export function* readProtobuf(bytes: Uint8Array, what: string): Generator<ProtobufField> {
  let at = 0;
  const fail = (): Error => conversionError(`${what} is damaged`);
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw fail();
      value += (byte & 0x7f) * 2 ** shift; // beyond 2^53 it is inexact, but then it is no length or number of ours
      if (byte < 0x80) return value;
    }
    throw fail();
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.byteLength - at) throw fail();
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.byteLength) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        yield { number, value: take(8) };
        break;
      case 2:
        yield { number, value: take(varint()) };
        break;
      case 5:
        yield { number, value: take(4) };
        break;
      default:
        throw fail();
    }
  }
}
