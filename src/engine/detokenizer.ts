/** Token pieces to text: characters whose bytes lie in several tokens come out whole. */
/** Bytes of a token; `native/vocab.ts` has them. */
export interface PieceSource {
  piece(token: number): Uint8Array;
}

export interface Piece {
  readonly bytes: Uint8Array;
  /** The bytes as text when they are whole ASCII characters, which need no decoder. */
  readonly ascii: string | undefined;
}

/** Remembers the pieces of the tokens that were seen. */
export class PieceCache {
  readonly #source: PieceSource;
  readonly #pieces = new Map<number, Piece>();

  constructor(source: PieceSource) {
    this.#source = source;
  }

  get(token: number): Piece {
    let piece = this.#pieces.get(token);
    if (piece === undefined) {
      const bytes = this.#source.piece(token);
      const isAscii = bytes.every((byte) => byte < 0x80);
      piece = { bytes, ascii: isAscii ? toLatin1(bytes) : undefined };
      this.#pieces.set(token, piece);
    }
    return piece;
  }
}

/** Bytes as a string of one character each. */
export function toLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** Text of one sequence. Bytes that can never become a character turn into U+FFFD. */
export class Detokenizer {
  /** The first bytes of a character whose others have not come yet; at most 3. */
  #held: Uint8Array = none;

  /** The text that `piece` completes; may be empty. */
  add(piece: Piece): string {
    if (piece.ascii !== undefined && this.#held.length === 0) return piece.ascii;
    const bytes = this.#held.length === 0 ? piece.bytes : Buffer.concat([this.#held, piece.bytes]);
    const end = bytes.length - incompleteTail(bytes);
    this.#held = end === bytes.length ? none : bytes.slice(end);
    return toText(bytes.subarray(0, end));
  }

  /** What is left at the end: U+FFFD for an incomplete character. */
  end(): string {
    const text = toText(this.#held);
    this.#held = none;
    return text;
  }
}

const none = new Uint8Array(0);

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

/** How many bytes at the end begin a UTF-8 character that more bytes could complete. */
function incompleteTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!; // in range
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const length = byte >= 0xf8 ? 0 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? back : 0;
    }
  }
  return 0;
}
