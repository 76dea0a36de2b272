/** A place in a growing text whose moves tell whether they found, lack text, or cannot find. */

export type Found = 'found' | 'more' | 'none';

export class Cursor {
  text = '';
  position = 0;

  skipSpace(): void {
    while (/\s/.test(this.text[this.position] ?? '')) this.position++;
  }

  /** Skips white space and `literal`. */
  expect(literal: string): Found {
    this.skipSpace();
    if (literal === '') return 'found';
    if (this.text.startsWith(literal, this.position)) {
      this.position += literal.length;
      return 'found';
    }
    const length = this.text.length - this.position;
    return length < literal.length && literal.startsWith(this.text.slice(this.position)) ? 'more' : 'none';
  }

  /** Skips the first of the literals that is found. */
  expectOneOf(literals: readonly string[]): Found {
    const results = literals.map((literal) => {
      const { position } = this;
      const found = this.expect(literal);
      const end = this.position;
      this.position = position;
      return { found, end };
    });
    const hit = results.find(({ found }) => found === 'found');
    if (hit !== undefined) this.position = hit.end;
    return hit?.found ?? results.find(({ found }) => found === 'more')?.found ?? 'none';
  }

  /** Only white space follows. */
  get isAtEnd(): boolean {
    return this.text.slice(this.position).trim() === '';
  }

  /** The text up to `literal`, which is skipped; undefined when there is none. No `literal` begins before `from`. */
  until(literal: string, from = this.position): string | undefined {
    const end = this.text.indexOf(literal, from);
    if (end < 0) return undefined;
    const found = this.text.slice(this.position, end);
    this.position = end + literal.length;
    return found;
  }
}
